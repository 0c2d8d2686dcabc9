//! The context of every step: the switches, the HTTP client, the clock, standard error.

use std::sync::{Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::defects::Defects;
use crate::dpop::Dpop;
use crate::http::Http;
use crate::provider::Ways;

/// Handed to every step.
pub(crate) struct Context<'a> {
    pub(crate) defects: &'a Defects,
    pub(crate) http: Http,
    pub(crate) clock: Clock,
    /// Seconds by which the clocks of client and server may differ.
    pub(crate) skew: u64,
    pub(crate) allow_http_loopback: bool,
    pub(crate) notes: &'a Notes,
    /// What of the server's ways is gone along with.
    pub(crate) ways: Ways,
    /// The key that tokens have to be bound to.
    pub(crate) dpop: Option<Dpop>,
    /// The first client assertion, for a switch.
    pub(crate) assertion: OnceLock<String>,
}

/// Seconds since 1970: the system's, or those that the runner named, where the clock then stands;
/// moved by `advance`.
pub(crate) struct Clock {
    stands: Option<u64>,
    advanced: u64,
}

impl Clock {
    pub(crate) fn new(now: Option<u64>) -> Self {
        Self { stands: now, advanced: 0 }
    }

    pub(crate) fn now(&self) -> u64 {
        let system = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.stands.unwrap_or_else(system).saturating_add(self.advanced)
    }

    pub(crate) fn advance(&mut self, seconds: u64) {
        self.advanced = self.advanced.saturating_add(seconds);
    }
}

/// What goes to standard error when the client has ended.
#[derive(Default)]
pub(crate) struct Notes(Mutex<String>);

impl Notes {
    pub(crate) fn write(&self, line: &str) {
        if let Ok(mut text) = self.0.lock() {
            text.push_str(line);
            text.push('\n');
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.0.into_inner().unwrap_or_default()
    }
}
