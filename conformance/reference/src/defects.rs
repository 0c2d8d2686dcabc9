//! The switches: each makes this client wrong in one respect.
//!
//! Each switch is queried at exactly the check that it removes, so that check and switch are side by side, and queried
//! last: `if state != expected && !defects.has("skip-state")`. So a switch that was not queried would have changed
//! nothing, and the suite need not try it there. A test reads the sources and checks that every name in the list is
//! used, and every used name is in the list.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

pub use list::Defect;

mod api_list;
mod list;

/// Every switch, in the order of the steps of a login, followed by those of an API.
pub static DEFECTS: LazyLock<Vec<Defect>> = LazyLock::new(|| [list::OF_CLIENTS, api_list::OF_APIS].concat());

/// The set of switches that are on. The empty set is the correct client.
#[derive(Clone, Debug, Default)]
pub struct Defects {
    on: Vec<&'static str>,
    asked: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Defects {
    /// Returns the empty set: the correct client.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns the set of the named switches.
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

    /// Returns the names of the switches that are on.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.on.iter().copied()
    }

    /// Returns the switches that this client and its clones have queried so far, on or off. No other switch could have
    /// changed anything.
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

/// The named switch does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDefect(pub String);

impl fmt::Display for UnknownDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no defect called {:?}; --list prints them all", self.0)
    }
}

impl std::error::Error for UnknownDefect {}
