//! Ending a token's validity (RFC 7009).

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId, Deviations, form};

use crate::authentication::ClientAuthentication;
use crate::error::{RequestError, RevocationError};
use crate::response::Answer;
use crate::rules::Rules;
use crate::secret::{AccessToken, RefreshToken};

/// A token to be revoked. Revoking the refresh token ends the whole grant at most servers (RFC 7009
/// section 2.1).
#[derive(Clone, Copy, Debug)]
pub enum Revocable<'a> {
    /// An access token.
    Access(&'a AccessToken),
    /// A refresh token.
    Refresh(&'a RefreshToken),
}

impl<'a> From<&'a AccessToken> for Revocable<'a> {
    fn from(token: &'a AccessToken) -> Self {
        Self::Access(token)
    }
}

impl<'a> From<&'a RefreshToken> for Revocable<'a> {
    fn from(token: &'a RefreshToken) -> Self {
        Self::Refresh(token)
    }
}

/// Makes the request that revokes a token, and what reads its response: a POST with the client's
/// authentication as at the token endpoint (RFC 7009 section 2.1).
///
/// # Errors
///
/// [`RequestError::NoEndpoint`] when the server's metadata has no `revocation_endpoint`.
pub fn revoke<'a>(
    token: impl Into<Revocable<'a>>,
    server: &AuthorizationServer,
    client_id: &ClientId,
    authentication: &ClientAuthentication,
) -> Result<(Request<Vec<u8>>, Revocation), RevocationError> {
    let endpoint = server.revocation_endpoint().ok_or(RequestError::NoEndpoint { endpoint: "revocation_endpoint" })?;
    let (text, hint) = match token.into() {
        Revocable::Access(token) => (token.expose(), "access_token"),
        Revocable::Refresh(token) => (token.expose(), "refresh_token"),
    };
    // As in an exchange: room for every escape, and 64 octets for the names.
    let mut body = String::with_capacity(64 + 3 * text.len() + authentication.room(client_id));
    form::append_pair(&mut body, "token", text);
    form::append_pair(&mut body, "token_type_hint", hint);
    // What the request goes along with was listed when the token came.
    let mut noted = Deviations::NONE;
    let request = crate::request::post(server, endpoint, client_id, authentication, body, &mut noted)?;
    Ok((request, Revocation { allowed: server.compat().allowed() }))
}

/// A revocation whose response is awaited.
#[derive(Debug)]
#[must_use = "a token is revoked only when the server says so"]
pub struct Revocation {
    allowed: Deviations,
}

impl Revocation {
    /// Reads the response. Status 200 says that the token is not valid any more, whatever the body,
    /// and also when the server never knew the token (RFC 7009 section 2.2).
    ///
    /// # Errors
    ///
    /// [`RevocationError`]: the token still counts as valid. Status 503 is
    /// [retryable](RevocationError::is_retryable); `unsupported_token_type` is a
    /// [refusal](RevocationError::refusal).
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>) -> Result<(), RevocationError> {
        let rules = Rules::of_refusals(self.allowed);
        let answer = Answer::new(response, &rules);
        if answer.is_success() { Ok(()) } else { Err(answer.failure().into()) }
    }
}
