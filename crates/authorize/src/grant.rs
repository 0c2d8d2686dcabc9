use std::fmt;
use std::time::SystemTime;

use proofkey_pkce::CodeVerifier;

use crate::{AuthorizationCode, ClientId, Issuer, Nonce, Pending, RedirectUri, Scope, State};

/// An authorization code whose callback passed every check, with everything that its exchange needs.
///
/// Only [`Pending::receive`] and [`PendingLogins::receive`](crate::PendingLogins::receive) create one, and nothing else
/// can be exchanged. It is not `Clone`, because a code is sent to the token endpoint at most once (RFC 6749 section
/// 4.1.2).
#[must_use = "a code is valid for a few minutes: exchange it"]
pub struct CodeGrant {
    code: AuthorizationCode,
    pending: Pending,
}

impl CodeGrant {
    pub(crate) fn new(code: AuthorizationCode, pending: Pending) -> Self {
        Self { code, pending }
    }

    /// Returns the code.
    pub fn code(&self) -> &AuthorizationCode {
        &self.code
    }

    /// Returns the `code_verifier` that belongs to the code. `None` only when the authorization request had no challenge,
    /// because the server [refuses PKCE](crate::Deviation::PkceRefused).
    pub fn verifier(&self) -> Option<&CodeVerifier> {
        self.pending.verifier.as_ref()
    }

    /// Returns the `redirect_uri` of the authorization request, which the token request must repeat byte for byte (RFC
    /// 6749 section 4.1.3).
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.pending.terms.redirect_uri
    }

    /// Returns the `state` of the login, the same as [`Pending::state`]. An application uses it to find what it stored
    /// alongside the [`Pending`], such as the page that the user wanted to see.
    pub fn state(&self) -> &State {
        &self.pending.state
    }

    /// Returns the issuer of the code. The code must not be sent to the token endpoint of another issuer (RFC 9207).
    pub fn issuer(&self) -> &Issuer {
        &self.pending.terms.issuer
    }

    /// Returns the identifier of the client that the code was issued to.
    pub fn client_id(&self) -> &ClientId {
        &self.pending.terms.client_id
    }

    /// Returns the nonce that the ID token must repeat; `None` when `openid` was not in the scope.
    pub fn nonce(&self) -> Option<&Nonce> {
        self.pending.nonce.as_ref()
    }

    /// Returns the requested scope. The token response says what was granted.
    pub fn scope(&self) -> Option<&Scope> {
        self.pending.terms.scope.as_ref()
    }

    /// Returns the requested `max_age`, in seconds.
    pub fn max_age(&self) -> Option<u64> {
        self.pending.terms.max_age
    }

    /// Returns the requested `resource` values, which the token request repeats (RFC 8707 section 2.2).
    pub fn resources(&self) -> &[String] {
        &self.pending.terms.resources
    }

    /// Returns the time at which the login began.
    pub fn created_at(&self) -> SystemTime {
        self.pending.created
    }
}

impl fmt::Debug for CodeGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeGrant").field("issuer", self.issuer()).finish_non_exhaustive()
    }
}
