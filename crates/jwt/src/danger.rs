//! Decoding without verifying.

use std::fmt;

use crate::algorithm::HeaderAlgorithm;
use crate::claims::Claims;
use crate::compact::Parts;
use crate::decode_error::DecodeError;
use crate::header::Header;

/// Decodes a compact token **without checking its signature or any claim**.
///
/// Anyone can write such a token. Use this for debugging, or to choose between issuers before the
/// validation; never to identify a user. The result is of a type of its own, which nothing else in
/// this crate accepts.
///
/// The size limits, the base64url rules and the header rules hold here as well, so an unsigned token
/// (`alg` of `none`) is refused here too.
///
/// # Errors
/// [`DecodeError`] for a text that is not a signed compact token with an object of claims.
///
/// ```
/// use proofkey_jwt::danger;
///
/// // Header {"alg":"RS256"}, claims {"sub":"user-17"}, and an invalid signature.
/// let token = danger::decode_unverified("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyLTE3In0.AAAA")?;
/// assert_eq!(token.unverified_claims().subject(), Some("user-17"));
/// # Ok::<(), proofkey_jwt::DecodeError>(())
/// ```
pub fn decode_unverified(token: &str) -> Result<UnverifiedJwt, DecodeError> {
    let parts = Parts::split(token)?;
    let mut json = parts.document();
    let header = parts.header(&mut json)?;
    let claims = parts.claims(json)?;
    parts.signature()?;
    Ok(UnverifiedJwt { header, claims })
}

/// A token that was not verified. `Debug` shows the algorithm and the number of claims.
#[derive(Clone)]
pub struct UnverifiedJwt {
    header: Header,
    claims: Claims,
}

impl UnverifiedJwt {
    /// Returns the claims, which anyone may have written.
    #[must_use]
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// Returns the header's `alg`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.header.algorithm {
            HeaderAlgorithm::Signature(algorithm) => algorithm.name(),
            HeaderAlgorithm::Mac(algorithm) => algorithm.name(),
        }
    }

    /// Returns the header's `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.claims.json().text(self.header.kid?)
    }

    /// Returns the header's `typ`.
    #[must_use]
    pub fn token_type(&self) -> Option<&str> {
        self.claims.json().text(self.header.typ?)
    }
}

impl fmt::Debug for UnverifiedJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedJwt").field("algorithm", &self.algorithm()).field("claims", &self.claims).finish()
    }
}
