//! Client authentication for requests that the caller builds.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, Uri};
use proofkey_authorize::{AuthorizationServer, ClientId, Deviations, form};
use zeroize::Zeroize;

use crate::authentication::ClientAuthentication;
use crate::error::TokenRequestError;
use crate::request::room_for;

/// What a client's authentication puts into a body.
pub(crate) const CREDENTIALS: [&str; 4] = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// The media type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

impl ClientAuthentication {
    /// Adds this authentication to a request that the caller has built: a form POST to an endpoint of `server`.
    ///
    /// It replaces any authentication in the body and in the `Authorization` header, so that the request has exactly one
    /// (RFC 6749 section 2.3). Call it again before the request is sent again: a client assertion is then built anew.
    ///
    /// ```
    /// # use proofkey_authorize::{AuthorizationServer, ClientId, Endpoint, Issuer};
    /// # use proofkey_token::{ClientAuthentication, ClientSecret};
    /// # let (issuer, endpoint) = (Issuer::new("https://as.example")?, Endpoint::new("https://as.example/token")?);
    /// # let server = AuthorizationServer::new(issuer, endpoint.clone(), endpoint);
    /// # let client_id = ClientId::new("client-id")?;
    /// let mut request = http::Request::post("https://as.example/backchannel")
    ///     .header("content-type", "application/x-www-form-urlencoded")
    ///     .body(b"login_hint=user".to_vec())?;
    /// let authentication = ClientAuthentication::post(ClientSecret::new("7Fjfp0ZBr1KtDRbnfVdmIw")?);
    /// authentication.authenticate(&mut request, &server, &client_id)?;
    /// assert_eq!(request.body(), b"login_hint=user&client_id=client-id&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::NotAForm`] when the request is not a form POST; [`TokenRequestError::Credential`] or
    /// [`TokenRequestError::SigningAlgorithm`] when the credential cannot be created.
    pub fn authenticate(
        &self,
        request: &mut Request<Vec<u8>>,
        server: &AuthorizationServer,
        client_id: &ClientId,
    ) -> Result<(), TokenRequestError> {
        let own = own_parameters(request, client_id).ok_or(TokenRequestError::NotAForm)?;
        let made = self.make(server, client_id)?;
        let mut pairs = Vec::new();
        // The deviations of a request are noted where it is built.
        let mut noted = Deviations::NONE;
        let authorization = made.as_ref().unwrap_or(self).apply(server, client_id, &mut pairs, &mut noted);
        // A pushed authorization request names the client whatever the authentication is (RFC 9126 section 2.1).
        if own.iter().any(|(name, _)| *name == "client_id") {
            pairs.retain(|(name, _)| *name != "client_id");
        }
        let mut body = String::with_capacity(request.body().len() + room_for(&pairs));
        for (name, value) in own {
            body.push_str(if body.is_empty() { "" } else { "&" });
            body.extend([name, "=", value]);
        }
        for (name, value) in pairs {
            form::append_pair(&mut body, name, value);
        }
        let mut old = std::mem::replace(request.body_mut(), body.into_bytes());
        old.as_mut_slice().zeroize();
        let headers = request.headers_mut();
        headers.remove(AUTHORIZATION);
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(FORM));
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value);
        }
        self.prove(request, server)
    }

    /// Stores the DPoP nonce of a response of the authorization server, which arrived from `uri`, and returns whether the
    /// server refused the request because the nonce was missing (RFC 9449 section 8). If so, call
    /// [`authenticate`](Self::authenticate) again and retry **once**: whatever the second response is, it is final. Such a
    /// refusal does not use up the code or the refresh token.
    ///
    /// Call it for each response: a server gives new nonces with a success as well.
    ///
    /// ```
    /// # use http::{Request, Response};
    /// # use proofkey_authorize::{AuthorizationServer, ClientId};
    /// # use proofkey_token::{ClientAuthentication, TokenRequestError};
    /// fn send_with_nonce(
    ///     send: impl Fn(Request<Vec<u8>>) -> Response<Vec<u8>>,
    ///     mut request: Request<Vec<u8>>,
    ///     authentication: &ClientAuthentication,
    ///     server: &AuthorizationServer,
    ///     client_id: &ClientId,
    /// ) -> Result<Response<Vec<u8>>, TokenRequestError> {
    ///     let mut response = send(request.clone());
    ///     if authentication.asks_again(request.uri(), &response) {
    ///         authentication.authenticate(&mut request, server, client_id)?; // a new proof, a new assertion
    ///         response = send(request);
    ///     }
    ///     Ok(response)
    /// }
    /// ```
    #[must_use]
    pub fn asks_again(&self, uri: &Uri, response: &Response<impl AsRef<[u8]>>) -> bool {
        self.dpop().is_some_and(|dpop| dpop.server_asks_again(uri, response))
    }
}

/// The raw pairs of a form, without those of an authentication, and of another client; `None` for another request.
fn own_parameters<'r>(request: &'r Request<Vec<u8>>, client_id: &ClientId) -> Option<Vec<(&'r str, &'r str)>> {
    let media_type = request.headers().get(CONTENT_TYPE).map(HeaderValue::to_str);
    let is_form = match media_type {
        None => true,
        Some(Ok(value)) => value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM),
        Some(Err(_)) => false,
    };
    if request.method() != Method::POST || !is_form {
        return None;
    }
    let text = str::from_utf8(request.body()).ok()?;
    let is_credential = |name: &str| form::decode(name).is_ok_and(|name| CREDENTIALS.contains(&&*name));
    let is_client = |value: &str| form::decode(value).is_ok_and(|value| value == client_id.as_str());
    let is_kept = |(name, value): &(&str, &str)| !is_credential(name) || *name == "client_id" && is_client(value);
    Some(form::raw_pairs(text).filter(is_kept).collect())
}
