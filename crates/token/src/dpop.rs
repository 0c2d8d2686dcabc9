//! Tokens that are bound to a key (RFC 9449).

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{AUTHORIZATION, HeaderName, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode, Uri};
use proofkey_authorize::AuthorizationServer;
use zeroize::Zeroizing;

use crate::assertion::check_listed;
use crate::authentication::sensitive;
use crate::challenge::parameter;
use crate::error::TokenRequestError;
use crate::response::{BODY_LIMIT, Members};
use crate::secret::AccessToken;
use crate::signer::{Fresh, InvalidKeyHeader, Signer};

mod nonces;
mod proof;

use nonces::{Nonces, Side, nonce_of};
pub use proof::{DpopProof, UnsignedProof};

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// A key that tokens are bound to, and the DPoP nonces received from servers. Clones share both.
///
/// With [`ClientAuthentication::with_dpop`](crate::ClientAuthentication::with_dpop) every request to the authorization
/// server carries a proof, and a token that is not bound is refused. [`authorize`](Self::authorize) puts a bound token and
/// its proof into a request to an API:
///
/// ```
/// # use proofkey_token::{AccessToken, Dpop, TokenRequestError};
/// # fn send(_: &http::Request<()>) -> http::Response<()> { http::Response::new(()) }
/// fn call(dpop: &Dpop, token: &AccessToken) -> Result<http::Response<()>, Box<dyn std::error::Error>> {
///     let mut request = http::Request::get("https://api.example/notes?page=2").body(())?;
///     dpop.authorize(&mut request, token)?;
///     let mut response = send(&request);
///     if dpop.asks_again(request.uri(), &response) {
///         dpop.authorize(&mut request, token)?; // a new proof, with the nonce
///         response = send(&request);
///     }
///     Ok(response)
/// }
/// ```
///
/// Keep the key as long as the tokens: those of a public client, refresh tokens included, cannot be used without it.
#[derive(Clone)]
pub struct Dpop(Arc<Inner>);

struct Inner {
    signer: Box<dyn Signer>,
    fresh: Box<FreshSource>,
    nonces: Mutex<Nonces>,
}

type FreshSource = dyn Fn() -> Result<Fresh, Box<dyn Error + Send + Sync>> + Send + Sync;

impl Dpop {
    /// Binds tokens to the key of `signer`, whose header has the public key. `fresh` reads the clock and a cryptographic
    /// random source, once for each proof.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyHeader::NoJwk`] when the signer's header has no public key.
    pub fn new<E: Into<Box<dyn Error + Send + Sync>>>(
        signer: impl Signer + 'static,
        fresh: impl Fn() -> Result<Fresh, E> + Send + Sync + 'static,
    ) -> Result<Self, InvalidKeyHeader> {
        if signer.header().public_jwk().is_none() {
            return Err(InvalidKeyHeader::NoJwk);
        }
        let fresh = Box::new(move || fresh().map_err(Into::into));
        Ok(Self(Arc::new(Inner { signer: Box::new(signer), fresh, nonces: Mutex::default() })))
    }

    /// Returns the thumbprint of the key: the `dpop_jkt` of an authorization request (RFC 9449 section 10).
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        self.0.signer.header().thumbprint().unwrap_or_default()
    }

    /// Puts the token and a new proof for it into a request to an API (RFC 9449 section 7.1), replacing any that the
    /// request has. For an HTTP client with requests of its own, authorize a `Request<()>` of the same method and URI,
    /// and copy its headers `authorization` and `dpop`.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::ProofTarget`] when the request has no absolute URI, [`TokenRequestError::Credential`] when the
    /// key cannot sign.
    pub fn authorize<B>(&self, request: &mut Request<B>, access_token: &AccessToken) -> Result<(), TokenRequestError> {
        self.prove(request, Side::Resource, Some(access_token))?;
        let text = Zeroizing::new(format!("DPoP {}", access_token.expose()));
        request.headers_mut().insert(AUTHORIZATION, sensitive(&text));
        Ok(())
    }

    /// Stores the nonce in the response of an API, which arrived from `uri`, and returns whether the API demands it (RFC
    /// 9449 section 9). If so, call [`authorize`](Self::authorize) again and retry **once**.
    ///
    /// Call it for each response: an API gives new nonces with a success as well.
    #[must_use]
    pub fn asks_again<B>(&self, uri: &Uri, response: &Response<B>) -> bool {
        let has_nonce = self.keep_nonce(Side::Resource, uri, response);
        let mut fields = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|field| field.to_str().ok());
        let is_asked = |field| parameter(field, "dpop", "error").as_deref() == Some("use_dpop_nonce");
        response.status() == StatusCode::UNAUTHORIZED && has_nonce && fields.any(is_asked)
    }

    /// The same for a response of the authorization server (RFC 9449 section 8).
    pub(crate) fn server_asks_again(&self, uri: &Uri, response: &Response<impl AsRef<[u8]>>) -> bool {
        let body = response.body().as_ref();
        let has_nonce = self.keep_nonce(Side::Authorization, uri, response);
        let is_asked = || {
            let members = Members::parse(body).ok()?;
            Some(members.word("error").ok()??.as_ref() == "use_dpop_nonce")
        };
        let is_refusal = matches!(response.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
        is_refusal && has_nonce && body.len() <= BODY_LIMIT && is_asked() == Some(true)
    }

    /// Puts a new proof into a request to the authorization server.
    pub(crate) fn prove_to_server<B>(
        &self,
        request: &mut Request<B>,
        server: &AuthorizationServer,
    ) -> Result<(), TokenRequestError> {
        check_listed(self.0.signer.header(), server, "dpop_signing_alg_values_supported")?;
        self.prove(request, Side::Authorization, None)
    }

    fn prove<B>(
        &self,
        request: &mut Request<B>,
        side: Side,
        access_token: Option<&AccessToken>,
    ) -> Result<(), TokenRequestError> {
        let Inner { signer, fresh, .. } = &*self.0;
        let nonce = self.nonces().get(side, request.uri()).map(str::to_owned);
        let fresh = fresh().map_err(TokenRequestError::Credential)?;
        let proof = UnsignedProof::new(
            signer.header(),
            request.method(),
            request.uri(),
            access_token,
            nonce.as_deref(),
            fresh,
        )?;
        let signature = signer.sign(proof.signing_input()).map_err(TokenRequestError::Credential)?;
        proof.finish(&signature).put_into(request);
        Ok(())
    }

    /// Keeps the nonce of a response, if it has one.
    fn keep_nonce<B>(&self, side: Side, uri: &Uri, response: &Response<B>) -> bool {
        let nonce = nonce_of(response.headers());
        if let Some(nonce) = nonce {
            self.nonces().keep(side, uri, nonce);
        }
        nonce.is_some()
    }

    fn nonces(&self) -> MutexGuard<'_, Nonces> {
        self.0.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the nonces.
impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dpop").field("thumbprint", &self.thumbprint()).finish_non_exhaustive()
    }
}
