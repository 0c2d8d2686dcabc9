use std::future::Future;

use http::{Request, Response};

use super::error::ApiCallError;
use super::source::{ApiToken, BlockingTokenSource, TokenSource};
use super::{Api, ApiCall, Retry};
use crate::error::TokenRequestError;
use crate::transport::{BlockingTransport, Transport};

impl Api {
    /// Sends a request to the API with a token of `source`, and returns the response. Of any status: a refusal is no error.
    ///
    /// The request is sent again with a nonce for its DPoP proof if the API demands one, and with another token if the API
    /// refuses the first: once each ([`ApiCall::retry`]). A request to another origin is an error, before a token is asked
    /// for. A redirect is returned. [`StepUp::from_response`](crate::StepUp::from_response) says whether the API wants the user
    /// authenticated again.
    ///
    /// # Errors
    ///
    /// That of `source`, also for an [`ApiCallError`].
    pub async fn send<S: TokenSource>(
        &self,
        http: &impl Transport,
        source: &S,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, S::Error> {
        let token = |refused: Option<ApiToken>| async move { source.token(http, refused.as_ref()).await };
        let send = |attempt| async move { Ok(http.send(attempt).await?) };
        run(self.call(), request, token, send).await
    }

    /// [`send`](Self::send) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_blocking<S: BlockingTokenSource>(
        &self,
        http: &impl BlockingTransport,
        source: &S,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, S::Error> {
        let mut call = self.call();
        self.check(request.uri()).map_err(ApiCallError::from)?;
        let mut token = any(source.token(http, None)?)?;
        loop {
            let response = http.send(call.attempt(&request, &token)?).map_err(ApiCallError::from)?;
            match call.retry(request.uri(), &response) {
                Retry::WithNonce => {}
                Retry::WithNewTokens => match source.token(http, Some(&token))? {
                    Some(other) => token = other,
                    None => return Ok(response),
                },
                Retry::No => return Ok(response),
            }
        }
    }
}

/// Sends a request until the response is final.
pub(crate) async fn run<B, R, E, T, S>(
    mut call: ApiCall<'_>,
    request: Request<B>,
    source: impl Fn(Option<ApiToken>) -> T,
    mut send: impl FnMut(Request<B>) -> S,
) -> Result<Response<R>, E>
where
    B: Clone,
    E: From<ApiCallError>,
    T: Future<Output = Result<Option<ApiToken>, E>>,
    S: Future<Output = Result<Response<R>, ApiCallError>>,
{
    call.api.check(request.uri()).map_err(ApiCallError::from)?;
    let mut token = any(source(None).await?)?;
    loop {
        let response = send(call.attempt(&request, &token)?).await?;
        match call.retry(request.uri(), &response) {
            Retry::WithNonce => {}
            Retry::WithNewTokens => match source(Some(token)).await? {
                Some(other) => token = other,
                None => return Ok(response),
            },
            Retry::No => return Ok(response),
        }
    }
}

fn any(token: Option<ApiToken>) -> Result<ApiToken, ApiCallError> {
    Ok(token.ok_or(TokenRequestError::NoAccessToken)?)
}
