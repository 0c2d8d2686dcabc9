use std::time::SystemTime;

use crate::callback::CallbackError;
use crate::{CodeGrant, Pending};

/// Several logins of **one browser session** that wait for their callbacks, so that two tabs do not overwrite each
/// other's.
///
/// Keep one per session, never one per server: in a store that all browsers share, an attacker's own `state` is
/// found as well, and a victim who follows the attacker's callback is logged in as the attacker (login CSRF).
///
/// The number is bounded: a new login pushes the oldest out. Expired ones are dropped on the way.
#[derive(Debug)]
pub struct PendingLogins {
    /// The oldest first.
    logins: Vec<Pending>,
    most: usize,
}

impl PendingLogins {
    /// A store for at most `most` logins at a time; at least one.
    pub fn new(most: usize) -> Self {
        Self { logins: Vec::new(), most: most.max(1) }
    }

    /// Keeps a login that begins at `now`.
    pub fn insert(&mut self, pending: Pending, now: SystemTime) {
        self.logins.retain(|login| !login.is_expired(now));
        if self.logins.len() >= self.most {
            self.logins.remove(0);
        }
        self.logins.push(pending);
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.logins.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.logins.is_empty()
    }

    /// Takes a callback for the login whose `state` it carries. That login is used up; the others, and all of them
    /// when no `state` matches, go on waiting.
    ///
    /// # Errors
    /// [`CallbackError`], as [`Pending::receive`] gives it; [`CallbackError::StateMismatch`] when the callback
    /// belongs to none.
    pub fn receive(&mut self, callback: &str, now: SystemTime) -> Result<CodeGrant, CallbackError> {
        let mut nearest = CallbackError::StateMismatch;
        let mut found = None;
        for (at, login) in self.logins.iter().enumerate() {
            match login.look(callback, now) {
                Ok(()) => found = Some(at),
                Err(CallbackError::Expired | CallbackError::StateMismatch) => {}
                Err(error) => nearest = error,
            }
        }
        match found {
            Some(at) => self.logins.remove(at).receive(callback, now),
            None => Err(nearest),
        }
    }
}
