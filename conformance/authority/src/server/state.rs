//! The records of a server.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::encoding::random_text;
use crate::setup::{Client, User};

/// A login at the authorization endpoint in which the user has not signed in yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredRequest {
    /// The client that sent the request.
    pub client_id: String,
    /// The redirect URI of the response.
    pub redirect_uri: String,
    /// The challenge that the code will be bound to.
    pub challenge: Option<String>,
    /// The challenge's method.
    pub method: Option<String>,
    /// The requested scope.
    pub scope: String,
    /// The state to be returned.
    pub state: Option<String>,
    /// The nonce for the ID token.
    pub nonce: Option<String>,
}

/// An issued code, with what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredCode {
    /// The code.
    pub code: String,
    /// The client that it belongs to.
    pub client_id: String,
    /// The redirect URI that it was sent to.
    pub redirect_uri: String,
    /// The S256 challenge that it is bound to.
    pub challenge: Option<String>,
    /// The challenge's method.
    pub method: Option<String>,
    /// The scope that was granted.
    pub scope: String,
    /// The nonce for the ID token.
    pub nonce: Option<String>,
    /// The state that was returned with it.
    pub state: Option<String>,
    /// The `sub` of the user who signed in.
    pub sub: String,
    /// The authentication context that was requested and reached.
    pub acr: Option<String>,
    /// The time when the user signed in, in seconds since 1970, for the ID token, if `max_age` was sent.
    pub auth_time: Option<i64>,
    /// The time when it was issued, in seconds since 1970.
    pub issued_at: i64,
    /// The time when it expires, in seconds since 1970.
    pub expires_at: i64,
    /// Whether it was presented at the token endpoint, with any outcome.
    pub redeemed: bool,
}

/// An authorization request, as far as later answers need it.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) scope: String,
    pub(crate) challenge: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) max_age: Option<i64>,
    pub(crate) acr_values: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) login_hint: Option<String>,
    pub(crate) form_post: bool,
    /// The thumbprint of the key that the code is to be bound to.
    pub(crate) dpop_jkt: Option<String>,
    /// Set when a code was issued for it.
    pub(crate) code: Option<String>,
}

impl From<AuthorizationRequest> for StoredRequest {
    fn from(request: AuthorizationRequest) -> Self {
        let AuthorizationRequest { client_id, redirect_uri, challenge, method, scope, state, nonce, .. } = request;
        Self { client_id, redirect_uri, challenge, method, scope, state, nonce }
    }
}

/// What a person allowed a client: what stands behind its tokens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) sub: String,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    pub(crate) acr: Option<String>,
    pub(crate) auth_time: Option<i64>,
    /// The code that the grant began with.
    pub(crate) code: String,
    /// The thumbprint of the key that its tokens are bound to.
    pub(crate) jkt: Option<String>,
}

impl Grant {
    /// One that no authorization code began: its tokens share a name that only they have.
    pub(crate) fn without_code(client_id: String, sub: String, scope: String, jkt: Option<String>) -> Self {
        Self { client_id, sub, scope, code: random_text(), jkt, ..Self::default() }
    }
}

pub(crate) struct AccessToken {
    pub(crate) text: String,
    pub(crate) grant: Grant,
    pub(crate) expires_at: i64,
    pub(crate) revoked: bool,
}

pub(crate) struct RefreshToken {
    pub(crate) text: String,
    pub(crate) grant: Grant,
    /// Replaced by a newer one, or revoked.
    pub(crate) spent: bool,
}

/// A person between the authorization request and the code.
#[derive(Debug, Clone)]
pub(crate) struct PendingLogin {
    /// Known to the browser by a cookie and by the form; of no use alone.
    pub(crate) id: String,
    pub(crate) request: AuthorizationRequest,
    /// The authority's own state, verifier and redirect URI of its login at the upstream provider.
    pub(crate) upstream: Option<(String, String)>,
}

/// A browser that has signed in.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) sub: String,
    pub(crate) since: i64,
}

/// An authorization request that came before the browser.
pub(crate) struct PushedRequest {
    pub(crate) request_uri: String,
    pub(crate) client_id: String,
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) expires_at: i64,
    pub(crate) used: bool,
}

/// A device that waits for its user.
pub(crate) struct WaitingDevice {
    pub(crate) code: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) expires_at: i64,
    /// How many polls were answered.
    pub(crate) polls: usize,
    /// When it was last heard of, and how long it has to wait from then.
    pub(crate) heard: Instant,
    pub(crate) interval: Duration,
    pub(crate) used: bool,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) pushed: Vec<PushedRequest>,
    pub(crate) devices: Vec<WaitingDevice>,
    pub(crate) clients: Vec<Client>,
    pub(crate) users: Vec<User>,
    pub(crate) requests: Vec<AuthorizationRequest>,
    pub(crate) codes: Vec<StoredCode>,
    pub(crate) access_tokens: Vec<AccessToken>,
    pub(crate) refresh_tokens: Vec<RefreshToken>,
    pub(crate) logins: Vec<PendingLogin>,
    pub(crate) sessions: Vec<Session>,
    /// How many requests came, and how many ID tokens and JWK sets went out.
    pub(crate) counts: Vec<(crate::wire::Endpoint, usize)>,
    pub(crate) id_tokens: usize,
    /// The ID tokens that were issued, for the hints of logouts.
    pub(crate) issued_id_tokens: Vec<String>,
    /// The identifiers of assertions and proofs.
    pub(crate) jwt_ids: Vec<String>,
    /// The newest nonces for proofs.
    pub(crate) nonces: Vec<(super::dpop::Side, String)>,
}

impl State {
    /// The grant of an access token that is known, not revoked, and has not expired at `now`.
    pub(crate) fn good_grant(&self, access_token: &str, now: i64) -> Option<&Grant> {
        let mut tokens = self.access_tokens.iter();
        let good = tokens.find(|token| token.text == access_token && !token.revoked && now < token.expires_at);
        good.map(|token| &token.grant)
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    pub(crate) fn user(&self, sub: &str) -> Option<&User> {
        self.users.iter().find(|user| user.sub == sub)
    }

    /// Whether the identifier of an assertion or proof came before; from now on it did.
    pub(crate) fn seen(&mut self, jti: &str) -> bool {
        let is_known = self.jwt_ids.iter().any(|known| known == jti);
        if !is_known {
            self.jwt_ids.push(jti.into());
        }
        is_known
    }

    /// Counts a request and answers how many came before.
    pub(crate) fn count(&mut self, endpoint: crate::wire::Endpoint) -> usize {
        for (counted, number) in &mut self.counts {
            if *counted == endpoint {
                *number += 1;
                return *number - 1;
            }
        }
        self.counts.push((endpoint, 1));
        0
    }

    /// Makes every token that began with this code useless (RFC 6749 section 4.1.2, RFC 7009 section 2.1).
    pub(crate) fn revoke_grant(&mut self, code: &str) {
        for token in self.access_tokens.iter_mut().filter(|token| token.grant.code == code) {
            token.revoked = true;
        }
        for token in self.refresh_tokens.iter_mut().filter(|token| token.grant.code == code) {
            token.spent = true;
        }
    }
}

/// What a lie can speak about where it is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    /// The place in the log of authorization requests of the one that is answered.
    pub(crate) request: Option<usize>,
    pub(crate) code: Option<String>,
    pub(crate) access_token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
    pub(crate) sub: Option<String>,
}
