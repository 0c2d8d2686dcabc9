use std::time::SystemTime;

use crate::Pending;

/// The pending logins of **one browser session**, so that a login in one tab does not overwrite that of another.
///
/// Keep one value for each session, never one for all. In a store that all browsers share, the `state` of an attacker's
/// login is found as well: a user who follows a link to the attacker's callback is then logged in as the attacker (login
/// CSRF).
///
/// The number of logins is bounded. Store the value with the session by [`to_json`](Self::to_json) or by serde. `&mut`
/// does not protect a value that two requests read from a store: lock the session.
///
/// ```
/// # use std::time::SystemTime;
/// # use proofkey_authorize::{CallbackError, CodeGrant, Pending, PendingLogins, StoredLoginError};
/// # fn begin(pending: Pending, session: &mut String) -> Result<(), StoredLoginError> {
/// // GET /login, with the `pending` of this login:
/// let mut logins = match session.as_str() {
///     "" => PendingLogins::new(8),
///     stored => PendingLogins::from_json(stored)?,
/// };
/// logins.insert(pending, SystemTime::now());
/// *session = logins.to_json().to_string();
/// # Ok(())
/// # }
/// # fn callback(mut logins: PendingLogins, session: &mut String, query: &str) -> Result<CodeGrant, CallbackError> {
///
/// // GET /callback, with the stored `logins`:
/// let grant = logins.receive(query, SystemTime::now());
/// *session = logins.to_json().to_string();
/// # grant
/// # }
/// ```
#[derive(Debug)]
pub struct PendingLogins {
    /// The oldest first.
    pub(crate) logins: Vec<Pending>,
    pub(crate) limit: usize,
}

impl PendingLogins {
    /// Creates an empty set that holds at most `limit` logins. A `limit` of 0 counts as 1.
    pub fn new(limit: usize) -> Self {
        Self { logins: Vec::new(), limit: limit.max(1) }
    }

    /// Adds a login that begins at `now`. Expired logins are removed; if `limit` logins are left, so is the oldest one.
    pub fn insert(&mut self, pending: Pending, now: SystemTime) {
        self.logins.retain(|login| !login.is_expired(now));
        if self.logins.len() >= self.limit {
            self.logins.remove(0);
        }
        self.logins.push(pending);
    }

    /// Returns the number of logins.
    pub fn len(&self) -> usize {
        self.logins.len()
    }

    /// Returns whether there are no logins.
    pub fn is_empty(&self) -> bool {
        self.logins.is_empty()
    }
}
