//! The switches: what this client can be told to get wrong, one thing each.
//!
//! Each switch is read at exactly the check that it removes, so that check and switch stand side
//! by side, and read last: `if state != expected && !defects.has("skip-state")`. So a switch that was
//! not looked at would have changed nothing, and the suite need not try it there. A test reads the
//! sources and finds every name of the list used, and every name used in the list.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

pub use list::Defect;

mod api_list;
mod list;

/// Every switch. The order is that of the steps of a login, with those of an API behind them.
pub static DEFECTS: LazyLock<Vec<Defect>> = LazyLock::new(|| [list::OF_CLIENTS, api_list::OF_APIS].concat());

/// The set of switches that are on. The empty set is the correct client.
#[derive(Clone, Debug, Default)]
pub struct Defects {
    on: Vec<&'static str>,
    asked: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Defects {
    /// No switch: the client does everything right.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The named switches.
    ///
    /// # Errors
    ///
    /// [`UnknownDefect`] for a name that is not in [`DEFECTS`].
    pub fn named<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, UnknownDefect> {
        names
            .into_iter()
            .map(|name| {
                let name = name.as_ref();
                let known = DEFECTS.iter().find(|defect| defect.name == name);
                known.map(|defect| defect.name).ok_or_else(|| UnknownDefect(name.to_owned()))
            })
            .collect::<Result<_, _>>()
            .map(|on| Self { on, ..Self::default() })
    }

    /// The names that are on.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.on.iter().copied()
    }

    /// The switches that this client and its clones have looked at so far, on or off. One that is not among them could
    /// not have changed what happened.
    #[must_use]
    pub fn asked(&self) -> Vec<&'static str> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// Whether the switch `name` is on.
    pub(crate) fn has(&self, name: &'static str) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        self.on.contains(&name)
    }
}

/// A switch was asked for that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDefect(pub String);

impl fmt::Display for UnknownDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no defect called {:?}; --list prints them all", self.0)
    }
}

impl std::error::Error for UnknownDefect {}
