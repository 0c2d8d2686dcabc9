//! Ending a token's validity (RFC 7009).

use http::{Request, Response, StatusCode};
use proofkey_authorize::{AuthorizationServer, ClientId, Compat, Deviations};

use crate::authentication::ClientAuthentication;
use crate::error::{RevocationError, TokenRequestError};
use crate::request::{self, Parameters};
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

/// The request that revokes a token, ended by [`build`](Self::build).
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct RevocationRequest<'a> {
    token: Revocable<'a>,
    server: &'a AuthorizationServer,
    client_id: &'a ClientId,
    parameters: Parameters,
}

impl<'a> RevocationRequest<'a> {
    /// Starts the revocation of `token`, which `server` issued to `client_id`.
    pub fn new(token: impl Into<Revocable<'a>>, server: &'a AuthorizationServer, client_id: &'a ClientId) -> Self {
        Self { token: token.into(), server, client_id, parameters: Parameters::default() }
    }

    /// Adds a parameter that no specification has, as
    /// [`ExchangeRequest::parameter`](crate::ExchangeRequest::parameter) does.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(name, value);
        self
    }

    /// Makes the request, and the value that reads its response: a POST with the client's
    /// authentication as at the token endpoint (RFC 7009 section 2.1).
    ///
    /// # Errors
    ///
    /// [`RevocationError::Request`] with [`TokenRequestError::NoEndpoint`] when the server's metadata
    /// has no `revocation_endpoint`, for a reserved parameter, or for a credential that could not be
    /// made.
    pub fn build(
        self,
        authentication: &ClientAuthentication,
    ) -> Result<(Request<Vec<u8>>, Revocation), RevocationError> {
        let Self { token, server, client_id, parameters } = self;
        let missing = TokenRequestError::NoEndpoint { endpoint: "revocation_endpoint" };
        let endpoint = server.revocation_endpoint().ok_or(missing)?;
        let (text, hint) = match token {
            Revocable::Access(token) => (token.expose(), "access_token"),
            Revocable::Refresh(token) => (token.expose(), "refresh_token"),
        };
        let mut pairs = vec![("token", text), ("token_type_hint", hint)];
        parameters.push_to(&mut pairs)?;
        // The deviations of the request were listed when the token came.
        let mut noted = Deviations::NONE;
        let request = request::post(server, endpoint, client_id, authentication, pairs, &mut noted)?;
        Ok((request, Revocation { compat: server.compat().clone() }))
    }
}

/// A revocation that waits for its response.
#[derive(Debug)]
#[must_use = "a token is revoked only when the server says so"]
pub struct Revocation {
    compat: Compat,
}

impl Revocation {
    /// Reads the response. Status 200 says that the token is no longer valid, whatever the body, and
    /// also when the server never knew the token (RFC 7009 section 2.2: "the content of the response
    /// body is ignored"). Status 204 says the same, and that there is no body.
    ///
    /// # Errors
    ///
    /// [`RevocationError::Response`]: the token still counts as valid. Any other status of success is
    /// one, since 202, for instance, means "not yet". Status 503 is
    /// [retryable](RevocationError::is_retryable); `unsupported_token_type` is a
    /// [refusal](RevocationError::error_response).
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>) -> Result<(), RevocationError> {
        if matches!(response.status(), StatusCode::OK | StatusCode::NO_CONTENT) {
            return Ok(());
        }
        let rules = Rules::new(&self.compat);
        let answer = Answer::new(response, &rules);
        Err(answer.error(answer.failure()).into())
    }
}
