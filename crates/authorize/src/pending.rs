use std::fmt;
use std::time::{Duration, SystemTime};

use proofkey_pkce::CodeVerifier;

use crate::{ClientId, Issuer, Nonce, RedirectUri, Scope, State};

/// The part of a login that is not secret: what was requested, and from which issuer.
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

/// A login that waits for its callback. Created by [`AuthorizationRequest::begin`](crate::AuthorizationRequest::begin)
/// and consumed by [`receive`](Self::receive).
///
/// It holds `code_verifier`, `state`, `nonce`, the redirect URI, the expected issuer, and the requested scope, `max_age`
/// and resources. Store it ([`to_json`](Self::to_json)) in the session of the browser that is sent to the server, where
/// no other browser's request finds it: only then is `state` bound to the user agent (RFC 6749 section 10.12).
///
/// `Debug` shows no secret. The secrets are stored inline and overwritten when the value is dropped; a move can leave a
/// copy, as described at [`CodeVerifier`].
pub struct Pending {
    pub(crate) terms: Terms,
    /// Absent at a server that refuses PKCE, by [`PkceRefused`](crate::Deviation::PkceRefused).
    pub(crate) verifier: Option<CodeVerifier>,
    pub(crate) state: State,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) created: SystemTime,
    pub(crate) lifetime: Duration,
}

impl Pending {
    /// Returns the `state` that the callback must repeat.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the issuer that the login began at. Only its token endpoint may receive the code.
    pub fn issuer(&self) -> &Issuer {
        &self.terms.issuer
    }

    /// Returns the identifier of the client that the login is for.
    pub fn client_id(&self) -> &ClientId {
        &self.terms.client_id
    }

    /// Returns the redirect URI, where the callback must arrive.
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.terms.redirect_uri
    }

    /// Returns the time at which the login began.
    pub fn created_at(&self) -> SystemTime {
        self.created
    }

    /// Returns whether the login took longer than it may ([`expires_in`](crate::AuthorizationRequest::expires_in)). It
    /// also counts as expired when `now` is more than a minute before [`created_at`](Self::created_at): the clock was
    /// set back, and the age is unknown.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        is_over(self.created, self.lifetime, now)
    }
}

/// Whether `lifetime` is over at `now`, or `now` lies more than a minute before its beginning.
pub(crate) fn is_over(created: SystemTime, lifetime: Duration, now: SystemTime) -> bool {
    match now.duration_since(created) {
        Ok(age) => age > lifetime,
        Err(before) => before.duration() > Duration::from_secs(60),
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
