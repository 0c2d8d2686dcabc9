//! Requests to an API by a program that logs in as itself.

use std::error::Error;
use std::fmt;

use http::{Request, Response};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Api, ApiCall, Retry, TokenRequestError, TokenSet, Transport, TransportError};

use crate::error::LoginError;
use crate::machine::MachineLogin;

impl MachineLogin {
    /// Sends a request to `api` with an access token, which is fetched if necessary, and returns the response. A
    /// request that [`Api::authorize`] refuses is not sent.
    ///
    /// The request is sent again with a nonce for its DPoP proof if the API demands one, and with a new token if the
    /// API responds with status 401: once each ([`ApiCall::retry`]). All calls together replace at most one refused
    /// token in 10 seconds, so that an API which refuses every token does not cause a token request for each call. A
    /// response is never an error, whatever its status.
    ///
    /// # Errors
    ///
    /// As [`tokens`](Self::tokens), or [`LoginError::Api`].
    pub async fn call(
        &self,
        http: &impl Transport,
        api: &Api,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, LoginError> {
        let (mut call, mut tokens) = (api.call(), self.tokens(http).await?);
        loop {
            let response = http.send(authorized(&call, &request, &tokens)?).await.map_err(ApiCallError::Transport)?;
            match call.retry(request.uri(), &response) {
                Retry::WithNonce => {}
                Retry::WithNewTokens if self.replace(&tokens) => tokens = self.tokens(http).await?,
                Retry::No | Retry::WithNewTokens => return Ok(response),
            }
        }
    }

    /// [`call`](Self::call) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    #[cfg(not(target_family = "wasm"))]
    pub fn call_blocking(
        &self,
        http: &impl BlockingTransport,
        api: &Api,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, LoginError> {
        let (mut call, mut tokens) = (api.call(), self.tokens_blocking(http)?);
        loop {
            let response = http.send(authorized(&call, &request, &tokens)?).map_err(ApiCallError::Transport)?;
            match call.retry(request.uri(), &response) {
                Retry::WithNonce => {}
                Retry::WithNewTokens if self.replace(&tokens) => tokens = self.tokens_blocking(http)?,
                Retry::No | Retry::WithNewTokens => return Ok(response),
            }
        }
    }
}

fn authorized(
    call: &ApiCall<'_>,
    request: &Request<Vec<u8>>,
    tokens: &TokenSet,
) -> Result<Request<Vec<u8>>, ApiCallError> {
    let mut attempt = request.clone();
    call.authorize(&mut attempt, tokens).map_err(ApiCallError::Request)?;
    Ok(attempt)
}

/// The error for a request to an API that got no response.
#[derive(Debug)]
#[non_exhaustive]
pub enum ApiCallError {
    /// The request must not be sent, or its DPoP proof cannot be created. The code is that of the
    /// [`TokenRequestError`].
    Request(TokenRequestError),
    /// No complete response. The code is that of the [`TransportError`].
    Transport(TransportError),
}

impl ApiCallError {
    /// Returns the stable code: that of the error in the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(error) => error.code(),
            Self::Transport(error) => error.code(),
        }
    }

    /// Returns whether the same request can be sent again: it certainly did not reach the API.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transport(error) if error.is_transient() && !error.may_have_been_sent())
    }
}

impl fmt::Display for ApiCallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Transport(error) => error.fmt(f),
        }
    }
}

impl Error for ApiCallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Request(error) => error.source(),
            Self::Transport(error) => error.source(),
        }
    }
}
