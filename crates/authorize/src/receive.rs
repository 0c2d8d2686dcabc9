//! The callback meets the login that waits for it.

use std::time::SystemTime;

use crate::callback::Callback;
use crate::{AuthorizationCode, CallbackError, CodeGrant, Pending, PendingLogins};

impl Pending {
    /// Checks the callback and gives its code. It consumes the login: one request has one response.
    ///
    /// `callback` is one of: the query of the request, with or without its `?`; a path with a query, as web frameworks
    /// hand it out; the whole URL on which it arrived; the body of a form POST. The address of a whole URL is compared
    /// with the redirect URI in the sense of RFC 3986 sections 6.2.2 and 6.2.3, so `http://localhost:8080` and
    /// `HTTP://localhost:8080/` are one. `now` is the time of its arrival.
    ///
    /// The checks come in this order, and before any network call: size, address, `state`, age, repeated parameters,
    /// `iss`, `error`, `code`. What the server says is believed only after `state` and `iss` matched.
    ///
    /// A login that is kept in a session is read from it for the callback. Remove it there once this returns anything
    /// but an error that [is unrelated](CallbackError::is_unrelated). Where the waiting value itself is at stake, as in
    /// a loopback listener that any page can reach, call [`check`](Self::check) first, so that a forged callback does
    /// not consume the login.
    ///
    /// # Errors
    /// [`CallbackError`], by the first check that fails.
    pub fn receive(self, callback: &str, now: SystemTime) -> Result<CodeGrant, CallbackError> {
        let callback = Callback::parse(callback)?;
        self.check_parsed(&callback, now)?;
        self.accept(&callback)
    }

    /// Checks whether a callback belongs to this login: the checks of [`receive`](Self::receive) up to `state` and age.
    /// It consumes nothing. Respond to every callback that does not belong here with the same page, whatever the error,
    /// so that an attacker learns nothing from it.
    ///
    /// # Errors
    /// [`CallbackError`], by the first check that fails.
    pub fn check(&self, callback: &str, now: SystemTime) -> Result<(), CallbackError> {
        self.check_parsed(&Callback::parse(callback)?, now)
    }

    fn check_parsed(&self, callback: &Callback<'_>, now: SystemTime) -> Result<(), CallbackError> {
        callback.check_address(self.terms.redirect_uri.as_str())?;
        if !self.state.matches(&callback.state()?) {
            return Err(CallbackError::StateMismatch);
        }
        if self.is_expired(now) { Err(CallbackError::Expired) } else { Ok(()) }
    }

    fn accept(self, callback: &Callback<'_>) -> Result<CodeGrant, CallbackError> {
        let code = callback.code(&self.terms)?;
        Ok(CodeGrant::new(AuthorizationCode::new(code), self))
    }
}

impl PendingLogins {
    /// Checks a callback against the login whose `state` it carries, and gives its code. The callback is parsed once,
    /// however many logins wait. That login is consumed; the others, and all of them when no `state` matches, go on
    /// waiting.
    ///
    /// # Errors
    /// [`CallbackError`], as from [`Pending::receive`]; [`CallbackError::StateMismatch`] when the callback belongs to
    /// none.
    pub fn receive(&mut self, callback: &str, now: SystemTime) -> Result<CodeGrant, CallbackError> {
        let callback = Callback::parse(callback)?;
        let state = callback.state()?;
        let found = self.logins.iter().position(|login| login.state.matches(&state));
        let at = found.ok_or(CallbackError::StateMismatch)?;
        self.logins[at].check_parsed(&callback, now)?;
        self.logins.remove(at).accept(&callback)
    }
}
