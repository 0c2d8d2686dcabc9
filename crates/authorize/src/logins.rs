use std::time::SystemTime;

use crate::Pending;

/// Several logins of **one browser session** that wait for their callbacks, so that two tabs do not overwrite each
/// other's.
///
/// Keep one per session, never one per server: in a store that all browsers share, an attacker's own `state` is found as
/// well, and a victim who follows the attacker's callback is logged in as the attacker (login CSRF).
///
/// The number is bounded: a new login replaces the oldest. Expired ones are dropped on the way. It is stored with the
/// session by [`to_json`](Self::to_json), or by serde.
#[derive(Debug)]
pub struct PendingLogins {
    /// The oldest first.
    pub(crate) logins: Vec<Pending>,
    pub(crate) limit: usize,
}

impl PendingLogins {
    /// Creates a store for at most `limit` logins at a time; at least one.
    pub fn new(limit: usize) -> Self {
        Self { logins: Vec::new(), limit: limit.max(1) }
    }

    /// Adds a login that begins at `now`.
    pub fn insert(&mut self, pending: Pending, now: SystemTime) {
        self.logins.retain(|login| !login.is_expired(now));
        if self.logins.len() >= self.limit {
            self.logins.remove(0);
        }
        self.logins.push(pending);
    }

    /// Returns how many logins wait.
    pub fn len(&self) -> usize {
        self.logins.len()
    }

    /// Returns whether no login waits.
    pub fn is_empty(&self) -> bool {
        self.logins.is_empty()
    }
}
