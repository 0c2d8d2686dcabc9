//! Ending a token's validity (RFC 7009).

use http::{Request, Response, StatusCode};
use proofkey_authorize::{AuthorizationServer, ClientId, Compat, Deviations};

use crate::authentication::ClientAuthentication;
use crate::error::{RevocationError, TokenRequestError};
use crate::request::{self, Parameters};
use crate::response::Answer;
use crate::rules::Rules;
use crate::secret::{AccessToken, RefreshToken};

/// A token to be revoked. At most servers, revoking the refresh token ends the whole grant (RFC 7009
/// section 2.1).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
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

/// The request that revokes a token, finished by [`build`](Self::build) (RFC 7009 section 2.1).
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct RevocationRequest<'a> {
    token: Revocable<'a>,
    server: &'a AuthorizationServer,
    client_id: &'a ClientId,
    parameters: Parameters,
}

impl<'a> RevocationRequest<'a> {
    /// Creates a request to revoke `token`, which `server` issued to `client_id`.
    pub fn new(token: impl Into<Revocable<'a>>, server: &'a AuthorizationServer, client_id: &'a ClientId) -> Self {
        Self { token: token.into(), server, client_id, parameters: Parameters::default() }
    }

    /// Adds a parameter that no specification defines, as
    /// [`ExchangeRequest::parameter`](crate::ExchangeRequest::parameter) does.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(name, value);
        self
    }

    /// Builds the request, a form POST with the client's authentication, and the [`Revocation`] that
    /// reads its response. Its body and its `Authorization` header are secret.
    ///
    /// # Errors
    ///
    /// [`RevocationError::Request`] with [`TokenRequestError::NoEndpoint`] when the server has no
    /// `revocation_endpoint`; also when the name of a parameter is reserved, or the client's credential
    /// could not be created.
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
        parameters.push_to(&mut pairs, &[])?;
        // The deviations of the request were listed when the token came.
        let mut noted = Deviations::NONE;
        let request = request::post(server, endpoint, client_id, authentication, pairs, &mut noted)?;
        Ok((request, Revocation { compat: server.compat().clone() }))
    }
}

/// A revocation that waits for its response. Created by [`RevocationRequest::build`].
#[derive(Debug)]
#[must_use = "a token is revoked only when the server says so"]
pub struct Revocation {
    compat: Compat,
}

impl Revocation {
    /// Reads the response. Status 200 and 204 mean that the token is not valid, whatever the body says.
    /// A server also responds so to a token that it does not know (RFC 7009 section 2.2).
    ///
    /// # Errors
    ///
    /// [`RevocationError::Response`] for every other status, also for another success such as 202: the
    /// token still counts as valid. Status 503 is [retryable](RevocationError::is_retryable).
    /// `unsupported_token_type` is an [error response](RevocationError::error_response).
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>) -> Result<(), RevocationError> {
        if matches!(response.status(), StatusCode::OK | StatusCode::NO_CONTENT) {
            return Ok(());
        }
        let rules = Rules::new(&self.compat);
        let answer = Answer::new(response, &rules);
        Err(answer.error(answer.failure()).into())
    }
}
