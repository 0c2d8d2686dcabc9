//! The one door around the signature check.

use std::fmt;

use crate::algorithm::HeaderAlgorithm;
use crate::claims::Claims;
use crate::compact::Parts;
use crate::decode_error::DecodeError;
use crate::header::Header;

/// Decodes a compact token **without checking its signature or any claim**.
///
/// Anybody can write such a token. Use this to look at one (in a debugger, or to choose between
/// issuers before the real validation), never to decide who someone is. What comes out is a type
/// of its own that nothing else in this crate accepts.
///
/// The caps, the base64url rules and the header rules hold here as well, so an unsigned token
/// (`alg` of `none`) is refused here too.
///
/// # Errors
/// [`DecodeError`] for a text that is no signed compact token with an object of claims.
///
/// ```
/// use proofkey_jwt::danger;
///
/// // Header {"alg":"RS256"}, claims {"sub":"anybody"}, and a signature that was never made.
/// let token = danger::decode_unverified("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbnlib2R5In0.AAAA")?;
/// assert_eq!(token.unverified_claims().subject(), Some("anybody"));
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

/// A token that nobody vouches for. `Debug` shows the algorithm and the number of claims.
#[derive(Clone)]
pub struct UnverifiedJwt {
    header: Header,
    claims: Claims,
}

impl UnverifiedJwt {
    /// The claims as somebody wrote them.
    #[must_use]
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The header's `alg`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.header.algorithm {
            HeaderAlgorithm::Signature(algorithm) => algorithm.name(),
            HeaderAlgorithm::Mac(algorithm) => algorithm.name(),
        }
    }

    /// The header's `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.claims.json().text(self.header.kid?)
    }

    /// The header's `typ`.
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
