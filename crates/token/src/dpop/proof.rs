//! One proof (RFC 9449 section 4.2).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method, Request, Uri};
use sha2::{Digest as _, Sha256};

use super::DPOP;
use crate::authentication::sensitive;
use crate::error::TokenRequestError;
use crate::secret::AccessToken;
use crate::signer::{Fresh, KeyHeader};
use crate::unsigned::{Object, Unsigned, jti};

/// A DPoP proof without its signature, for a key held by a device or a service. [`Dpop`](crate::Dpop) builds and signs
/// one for each request.
#[must_use = "a proof has to be signed"]
pub struct UnsignedProof(Unsigned);

impl UnsignedProof {
    /// Creates the proof for one request to `uri`. Pass the access token if the request is to an API, and the newest
    /// nonce of that server if there is one.
    ///
    /// `htu` is the URI without query and fragment, `jti` has 128 bits.
    ///
    /// # Errors
    ///
    /// [`TokenRequestError::ProofKey`] when the header has no public key, [`TokenRequestError::ProofTarget`] when the URI is
    /// not absolute.
    pub fn new(
        key: &KeyHeader,
        method: &Method,
        uri: &Uri,
        access_token: Option<&AccessToken>,
        nonce: Option<&str>,
        fresh: Fresh,
    ) -> Result<Self, TokenRequestError> {
        let jwk = key.public_jwk().ok_or(TokenRequestError::ProofKey)?;
        let claims = Object::new()
            .text("jti", &jti(&fresh.entropy))
            .text("htm", method.as_str())
            .text("htu", &target(uri)?)
            .time("iat", fresh.now);
        let claims = match access_token {
            Some(token) => claims.text("ath", &URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose().as_bytes()))),
            None => claims,
        };
        let claims = match nonce {
            Some(nonce) => claims.text("nonce", nonce),
            None => claims,
        };
        // Without `kid`: the key is there itself.
        let header = Object::new().text("typ", "dpop+jwt").text("alg", key.algorithm()).json("jwk", jwk);
        Ok(Self(Unsigned::new(header, claims)))
    }

    /// Returns the bytes to sign.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.0.signing_input()
    }

    /// Adds the signature of [`signing_input`](Self::signing_input). An ECDSA signature is the concatenation of R
    /// and S (RFC 7518 section 3.4).
    pub fn finish(self, signature: &[u8]) -> DpopProof {
        DpopProof(sensitive(&self.0.finish(signature)))
    }
}

impl fmt::Debug for UnsignedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsignedProof(..)")
    }
}

/// A signed proof, for one request. `Debug` does not show it.
#[derive(Clone)]
#[must_use = "a proof belongs into a request"]
pub struct DpopProof(HeaderValue);

impl DpopProof {
    /// Puts the proof into the request's `DPoP` header, replacing any that is there.
    pub fn put_into<B>(self, request: &mut Request<B>) {
        request.headers_mut().insert(DPOP, self.0);
    }
}

impl fmt::Debug for DpopProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DpopProof(..)")
    }
}

/// The URI without query and fragment, and without the userinfo that no request line has.
fn target(uri: &Uri) -> Result<String, TokenRequestError> {
    let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or(TokenRequestError::ProofTarget)?;
    let authority = authority.as_str();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Ok(format!("{scheme}://{host}{}", uri.path()))
}
