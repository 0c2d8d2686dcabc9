use std::fmt;
use std::time::{Duration, SystemTime};

use proofkey_pkce::CodeVerifier;

use crate::callback::{self, CallbackError};
use crate::{AuthorizationCode, ClientId, CodeGrant, Issuer, Nonce, RedirectUri, Scope, State};

/// What was asked of whom: the part of a login that is no secret.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) issuer: Issuer,
    pub(crate) iss_required: bool,
    pub(crate) client_id: ClientId,
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) scope: Option<Scope>,
    pub(crate) max_age: Option<u64>,
    pub(crate) resources: Vec<String>,
}

/// A login that waits for its callback: `code_verifier`, `state`, `nonce`, the redirect URI, the expected issuer and
/// what was asked.
///
/// Keep it in the session of the browser that was sent away ([`to_json`](Self::to_json)), and nowhere that another
/// browser's request can reach: `state` is only then bound to the user agent (RFC 6749 section 10.12). It is
/// used up by [`receive`](Self::receive). `Debug` shows no secret; the secrets are overwritten when it is dropped.
pub struct Pending {
    pub(crate) terms: Terms,
    pub(crate) verifier: CodeVerifier,
    pub(crate) state: State,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) created: SystemTime,
    pub(crate) lifetime: Duration,
}

impl Pending {
    pub(crate) fn new(
        terms: Terms,
        verifier: CodeVerifier,
        state: State,
        nonce: Option<Nonce>,
        created: SystemTime,
        lifetime: Duration,
    ) -> Self {
        Self { terms, verifier, state, nonce, created, lifetime }
    }

    /// The `state` that the callback must repeat.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The issuer that was asked; a code is only good there.
    pub fn issuer(&self) -> &Issuer {
        &self.terms.issuer
    }

    /// Where the callback must arrive.
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.terms.redirect_uri
    }

    /// When the login began.
    pub fn created(&self) -> SystemTime {
        self.created
    }

    /// Whether its time is over at `now`, or `now` lies before it began by more than a minute, which is a clock that
    /// cannot be trusted with the question.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        match now.duration_since(self.created) {
            Ok(age) => age > self.lifetime,
            Err(before) => before.duration() > Duration::from_secs(60),
        }
    }

    /// Takes the callback, and with it this login: there is one answer to a request, so there is one call of this.
    ///
    /// `callback` is the query of the request (with or without the `?`), the whole URL on which it arrived (its
    /// address is then compared with the redirect URI as well), or the body of a form POST. `now` is the time of
    /// its arrival.
    ///
    /// The checks come in this order, and before any network call: size, address, encoding, repeated parameters,
    /// age, `state`, `iss`, `error`, `code`. What the server says is believed only after `state` and `iss` matched.
    ///
    /// Consuming is the default because a login kept in a session is read out of it for the callback, and the
    /// copy in the session decides what happens next: remove it there once this returns anything but
    /// [`CallbackError::is_unrelated`]. Where the waiting value itself is at stake, as in a loopback listener that
    /// any page can reach, ask [`look`](Self::look) first: a forged callback then burns nothing.
    ///
    /// # Errors
    /// [`CallbackError`], by the first check that fails.
    pub fn receive(self, callback: &str, now: SystemTime) -> Result<CodeGrant, CallbackError> {
        let code = callback::accept(&self, callback, now)?;
        Ok(CodeGrant::new(AuthorizationCode::new(code), self))
    }

    /// Looks whether a callback belongs to this login, by reference: the checks of [`receive`](Self::receive) up to
    /// `state`. It hands nothing out and uses nothing up. Answer a callback that does not belong here with one and
    /// the same page, whatever the error: an attacker learns nothing from it.
    ///
    /// # Errors
    /// [`CallbackError`], by the first check that fails.
    pub fn look(&self, callback: &str, now: SystemTime) -> Result<(), CallbackError> {
        callback::belonging(self, callback, now).map(drop)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("terms", &self.terms)
            .field("created", &self.created)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
