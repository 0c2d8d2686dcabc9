//! Checking a callback against the login that waits for it.

use std::time::SystemTime;

use crate::callback::Callback;
use crate::{AuthorizationCode, CallbackError, CodeGrant, Pending, PendingLogins};

impl Pending {
    /// Checks the callback that arrived at `now`, and returns its code. This consumes the login, since one request has
    /// one response.
    ///
    /// `callback` is one of:
    ///
    /// - the query of the request, with or without the `?`;
    /// - a path with a query, as web frameworks pass it on. Its path is not compared;
    /// - the whole URL at which the callback arrived. Its address must be equivalent to the redirect URI by RFC 3986
    ///   sections 6.2.2 and 6.2.3: `HTTP://localhost:8080/` arrives at `http://localhost:8080`;
    /// - the body of a form POST.
    ///
    /// The checks are made in this order, before any network call: size, address, `state`, age, repeated parameters,
    /// `iss`, `error`, `code`. The server's `error` is reported only after `state` and `iss` matched.
    ///
    /// A web application reads the login from the session for each callback. It removes the login from the session when
    /// this succeeds, and when it fails with an error that is not [unrelated](CallbackError::is_unrelated). A loopback
    /// listener, which any page can reach, calls [`check`](Self::check) first, so that a forged callback does not consume
    /// the login.
    ///
    /// # Errors
    /// [`CallbackError`] for the first check that fails.
    pub fn receive(self, callback: &str, now: SystemTime) -> Result<CodeGrant, CallbackError> {
        let callback = Callback::parse(callback)?;
        self.check_parsed(&callback, now)?;
        self.accept(&callback)
    }

    /// Checks whether a callback belongs to this login, by the checks of [`receive`](Self::receive) up to `state` and
    /// age, and does not consume the login. Respond to every other callback with the same page, whatever the error, so
    /// that an attacker learns nothing from it.
    ///
    /// # Errors
    /// [`CallbackError`] for the first check that fails.
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
    /// Checks the callback that arrived at `now` as [`Pending::receive`] does, for the login whose `state` it has, and
    /// returns its code. That login is removed once its `state`, address and age are right; the others are kept.
    ///
    /// # Errors
    /// [`CallbackError`], as from [`Pending::receive`]; [`CallbackError::StateMismatch`] when the callback belongs to
    /// none of the logins.
    pub fn receive(&mut self, callback: &str, now: SystemTime) -> Result<CodeGrant, CallbackError> {
        let callback = Callback::parse(callback)?;
        let state = callback.state()?;
        let found = self.logins.iter().position(|login| login.state.matches(&state));
        let at = found.ok_or(CallbackError::StateMismatch)?;
        self.logins[at].check_parsed(&callback, now)?;
        self.logins.remove(at).accept(&callback)
    }
}
