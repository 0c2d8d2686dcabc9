//! Requests to an API.

use http::header::{AUTHORIZATION, HeaderName, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode, Uri};

use crate::access_token_type::AccessTokenType;
use crate::challenge::parameter;
use crate::dpop::Dpop;
use crate::error::TokenRequestError;
use crate::origin::Origin;
use crate::step_up::StepUp;
use crate::token_set::TokenSet;

/// An API that access tokens are sent to, and the DPoP key of this client if it has one.
///
/// [`authorize`](Self::authorize) puts an access token into any `http::Request` to the API, and into no request to another
/// scheme, host or port. [`call`](Self::call) also says when to send a request again:
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
        let origin = Origin::of(request.uri());
        if origin.as_ref() != Some(&self.origin) {
            return Err(TokenRequestError::AnotherOrigin {
                expected: self.origin.to_string(),
                received: origin.map_or_else(|| "no address of a server".to_owned(), |origin| origin.to_string()),
            });
        }
        let token = tokens.access_token().ok_or(TokenRequestError::NoAccessToken)?;
        match tokens.token_type() {
            AccessTokenType::Dpop => self.dpop.as_ref().ok_or(TokenRequestError::ProofKey)?.authorize(request, token),
            AccessTokenType::Bearer => {
                request.headers_mut().remove(HeaderName::from_static("dpop"));
                request.headers_mut().insert(AUTHORIZATION, token.authorization());
                Ok(())
            }
        }
    }

    /// Begins a call: one request, and what it may be sent again for.
    pub fn call(&self) -> ApiCall<'_> {
        ApiCall { api: self, had_nonce: false, had_new_tokens: false }
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

    /// Judges a response from `uri`. Each reason to send the request again counts once in a call, so that there is no loop.
    ///
    /// A redirect is final. So is a refusal for which a new token is no remedy: an insufficient scope (403), a stronger
    /// authentication of the user ([`StepUp`]), or a bad proof.
    pub fn retry<B>(&mut self, uri: &Uri, response: &Response<B>) -> Retry {
        let is_asked = self.api.dpop.as_ref().is_some_and(|dpop| dpop.asks_again(uri, response));
        if is_asked {
            return if std::mem::replace(&mut self.had_nonce, true) { Retry::No } else { Retry::WithNonce };
        }
        let is_refused = response.status() == StatusCode::UNAUTHORIZED
            && StepUp::from_response(response).is_none()
            && !is_proof_refused(response);
        if is_refused && !std::mem::replace(&mut self.had_new_tokens, true) {
            return Retry::WithNewTokens;
        }
        Retry::No
    }
}

/// RFC 9449 section 7.1.
fn is_proof_refused<B>(response: &Response<B>) -> bool {
    let mut fields = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|field| field.to_str().ok());
    fields.any(|field| {
        matches!(parameter(field, "dpop", "error").as_deref(), Some("invalid_dpop_proof" | "use_dpop_nonce"))
    })
}
