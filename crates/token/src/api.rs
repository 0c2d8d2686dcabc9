//! Requests to an API.

mod error;
#[cfg(feature = "tower")]
mod layer;
pub(crate) mod send;
mod source;

use http::header::{AUTHORIZATION, HeaderName, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode, Uri};

use crate::access_token_type::AccessTokenType;
use crate::challenge::parameter;
use crate::dpop::Dpop;
use crate::error::TokenRequestError;
use crate::origin::Origin;
use crate::secret::AccessToken;
use crate::token_set::TokenSet;

pub use error::ApiCallError;
#[cfg(feature = "tower")]
pub use layer::{ApiLayer, ApiService};
pub use source::{ApiToken, BlockingTokenSource, TokenSource};

/// An API that access tokens are sent to, and the DPoP key of this client if it has one.
///
/// [`send`](Self::send) sends a request to the API with an access token, and again if a nonce or a new token is the remedy for
/// a refusal. A token goes to no other scheme, host or port:
///
/// ```
/// # use proofkey_token::{Api, ApiCallError, TokenSet, Transport};
/// # async fn example(http: &impl Transport, tokens: &TokenSet) -> Result<(), Box<dyn std::error::Error>> {
/// let api = Api::new("https://api.example")?;
/// let request = http::Request::get("https://api.example/notes").body(Vec::new())?;
/// let response = api.send(http, tokens, request).await?;
/// # drop(response);
/// # Ok(())
/// # }
/// ```
///
/// Tokens come from a [`TokenSource`]: a `TokenSet`, which stays as it is, or what renews tokens, such as `MachineLogin` of
/// `proofkey` and `Session` of `proofkey-native`. [`send_blocking`](Self::send_blocking) does the same without a runtime,
/// `Http::execute` (feature `reqwest`) with requests of reqwest, and `ApiLayer` (feature `tower`) around a service of tower.
///
/// # An HTTP client of another kind
///
/// [`authorize`](Self::authorize) puts an access token into any `http::Request`. [`call`](Self::call) also says when to send a
/// request again:
///
/// ```
/// # use proofkey_token::{Api, Retry, TokenSet};
/// # fn send(_: http::Request<Vec<u8>>) -> http::Response<Vec<u8>> { http::Response::new(Vec::new()) }
/// # fn renew() -> Result<TokenSet, Box<dyn std::error::Error>> { Err("no refresh token".into()) }
/// fn notes(api: &Api, mut tokens: TokenSet) -> Result<http::Response<Vec<u8>>, Box<dyn std::error::Error>> {
///     let request = http::Request::get("https://api.example/notes").body(Vec::new())?;
///     let mut call = api.call();
///     loop {
///         let mut attempt = request.clone();
///         call.authorize(&mut attempt, &tokens)?;
///         let response = send(attempt);
///         match call.retry(request.uri(), &response) {
///             Retry::No => return Ok(response),
///             Retry::WithNonce => {}
///             Retry::WithNewTokens => tokens = renew()?, // or return the response
///         }
///     }
/// }
/// # let api = Api::new("https://api.example")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Send the request with an HTTP client that follows no redirect, as `Http` does: a client that follows one sends the token
/// to wherever the API says.
#[derive(Clone, Debug)]
pub struct Api {
    origin: Origin,
    dpop: Option<Dpop>,
}

impl Api {
    /// Names an API by its address, of which scheme, host and port count. Only https is accepted.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::ApiAddress`] unless this is an absolute URL without user name, [`TokenRequestError::PlainHttp`] if
    /// it is not https.
    pub fn new(address: impl AsRef<str>) -> Result<Self, TokenRequestError> {
        Self::permitting(address.as_ref(), |_| false)
    }

    /// [`new`](Self::new), which also accepts plain http to `127.0.0.0/8`, `[::1]` and `localhost`, for tests and
    /// development.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn allowing_http_loopback(address: impl AsRef<str>) -> Result<Self, TokenRequestError> {
        Self::permitting(address.as_ref(), Origin::is_loopback)
    }

    fn permitting(address: &str, permits: fn(&Origin) -> bool) -> Result<Self, TokenRequestError> {
        let origin = address.parse().ok().and_then(|uri| Origin::of(&uri)).ok_or(TokenRequestError::ApiAddress)?;
        if !origin.is_https() && !permits(&origin) {
            return Err(TokenRequestError::PlainHttp { origin: origin.to_string() });
        }
        Ok(Self { origin, dpop: None })
    }

    /// Sets the key that tokens are bound to: the one of
    /// [`ClientAuthentication::with_dpop`](crate::ClientAuthentication::with_dpop).
    #[must_use]
    pub fn with_dpop(self, dpop: Dpop) -> Self {
        Self { dpop: Some(dpop), ..self }
    }

    /// Puts the access token into a request: as `Authorization: Bearer` (RFC 6750 section 2.1), or, if it is bound to a key,
    /// as `Authorization: DPoP` with a new proof for this request (RFC 9449 section 7.1). It replaces what the request has
    /// there. Without a request to change, as in an HTTP client with requests of its own, authorize a `Request<()>` of the
    /// same method and URI, and copy its headers `authorization` and `dpop`.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::AnotherOrigin`] for a request that is not to this API,
    /// [`TokenRequestError::NoAccessToken`], [`TokenRequestError::ProofKey`] for a bound token without a key, or
    /// [`TokenRequestError::Credential`] when the key cannot sign.
    pub fn authorize<B>(&self, request: &mut Request<B>, tokens: &TokenSet) -> Result<(), TokenRequestError> {
        let token = tokens.access_token().ok_or(TokenRequestError::NoAccessToken)?;
        self.put(request, token, tokens.token_type())
    }

    fn put<B>(
        &self,
        request: &mut Request<B>,
        token: &AccessToken,
        token_type: AccessTokenType,
    ) -> Result<(), TokenRequestError> {
        self.check(request.uri())?;
        match token_type {
            AccessTokenType::Dpop => self.dpop.as_ref().ok_or(TokenRequestError::ProofKey)?.authorize(request, token),
            AccessTokenType::Bearer => {
                request.headers_mut().remove(HeaderName::from_static("dpop"));
                request.headers_mut().insert(AUTHORIZATION, token.authorization());
                Ok(())
            }
        }
    }

    /// Refuses another origin.
    fn check(&self, uri: &Uri) -> Result<(), TokenRequestError> {
        let origin = Origin::of(uri);
        if origin.as_ref() == Some(&self.origin) {
            return Ok(());
        }
        Err(TokenRequestError::AnotherOrigin {
            expected: self.origin.to_string(),
            received: origin.map_or_else(|| "no address of a server".to_owned(), |origin| origin.to_string()),
        })
    }

    /// Begins a call: one request, and what it may be sent again for.
    pub fn call(&self) -> ApiCall<'_> {
        ApiCall { api: self, had_nonce: false, had_new_tokens: false }
    }

    /// Begins a call whose request cannot be sent again.
    #[cfg(feature = "reqwest")]
    pub(crate) fn call_once(&self) -> ApiCall<'_> {
        ApiCall { api: self, had_nonce: true, had_new_tokens: true }
    }
}

/// One request to an API, which may have to be sent up to three times. Made by [`Api::call`].
#[derive(Debug)]
#[must_use]
pub struct ApiCall<'a> {
    api: &'a Api,
    had_nonce: bool,
    had_new_tokens: bool,
}

/// Whether to send a request to an API again. Returned by [`ApiCall::retry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Retry {
    /// The response is final.
    No,
    /// The API demands a nonce in the DPoP proof, which it gave. Authorize the request again with the same token, and send
    /// it.
    WithNonce,
    /// The API refused the token. Refresh it, authorize the request with the new one, and send it. If there is no new one, the
    /// response is final.
    WithNewTokens,
}

impl ApiCall<'_> {
    /// [`Api::authorize`], for each attempt.
    ///
    /// # Errors
    ///
    /// As [`Api::authorize`].
    pub fn authorize<B>(&self, request: &mut Request<B>, tokens: &TokenSet) -> Result<(), TokenRequestError> {
        self.api.authorize(request, tokens)
    }

    /// A copy of the request, with the token.
    fn attempt<B: Clone>(&self, request: &Request<B>, token: &ApiToken) -> Result<Request<B>, ApiCallError> {
        let mut attempt = request.clone();
        self.api.put(&mut attempt, token.access_token(), token.token_type())?;
        Ok(attempt)
    }

    /// Judges a response from `uri`. Each reason to send the request again counts once in a call, so that there is no loop.
    ///
    /// A new token is the remedy for a 401 with the error `invalid_token`, or with none: many APIs give none. Other refusals
    /// are final: an insufficient scope (403), a stronger authentication of the user ([`StepUp`](crate::StepUp)), a bad proof.
    /// So is a redirect.
    pub fn retry<B>(&mut self, uri: &Uri, response: &Response<B>) -> Retry {
        let is_asked = self.api.dpop.as_ref().is_some_and(|dpop| dpop.asks_again(uri, response));
        if is_asked {
            return if std::mem::replace(&mut self.had_nonce, true) { Retry::No } else { Retry::WithNonce };
        }
        if is_token_refused(response) && !std::mem::replace(&mut self.had_new_tokens, true) {
            return Retry::WithNewTokens;
        }
        Retry::No
    }
}

/// RFC 6750 section 3.1, RFC 9449 section 7.1: the API names no other reason.
fn is_token_refused<B>(response: &Response<B>) -> bool {
    let fields = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|field| field.to_str().ok());
    let errors = fields.flat_map(|field| ["bearer", "dpop"].map(|scheme| parameter(field, scheme, "error")));
    response.status() == StatusCode::UNAUTHORIZED && errors.flatten().all(|error| error == "invalid_token")
}
