//! A compact JWS with any payload (RFC 7515), for signed data that has no type of its own in this crate.

use std::fmt;

use crate::algorithm::{Algorithm, HeaderAlgorithm};
use crate::compact::Parts;
use crate::decode_error::DecodeError;
use crate::hmac_key::HmacKey;
use crate::jwk_set::JwkSet;
use crate::signature_error::SignatureError;

/// The payload of a compact JWS whose signature was verified (RFC 7515 section 5.2). The content of the payload was not
/// checked: for an ID token, use [`IdToken::validate`](crate::IdToken::validate).
#[derive(Clone)]
pub struct Jws {
    payload: Vec<u8>,
    token_type: Option<String>,
}

impl Jws {
    /// Verifies the signature with a key of `keys`. Only `algorithms` are accepted, whatever the header says. The payload
    /// may have any content, or none.
    ///
    /// # Errors
    /// [`JwsError::Decode`] when the text is not a compact JWS, [`JwsError::Signature`] when no key verifies it.
    pub fn verify(token: &str, keys: &JwkSet, algorithms: &[Algorithm]) -> Result<Self, JwsError> {
        Self::open(token, |parts, algorithm, kid| {
            let accepted = match algorithm {
                HeaderAlgorithm::Signature(algorithm) if algorithms.contains(&algorithm) => algorithm,
                other => {
                    let accepted = algorithms.iter().map(|algorithm| algorithm.name());
                    return Err(SignatureError::algorithm_not_accepted(other.name(), accepted).into());
                }
            };
            let signature = parts.signature()?;
            Ok(keys.verify(accepted, kid, parts.signing_input.as_bytes(), signature.as_bytes(), |_| true)?)
        })
    }

    /// Verifies the HMAC with `key`. Only the algorithm of `key` is accepted.
    ///
    /// # Errors
    /// As [`Jws::verify`].
    pub fn verify_mac(token: &str, key: &HmacKey) -> Result<Self, JwsError> {
        Self::open(token, |parts, algorithm, _| {
            if algorithm != HeaderAlgorithm::Mac(key.algorithm()) {
                let accepted = [key.algorithm().name()];
                return Err(SignatureError::algorithm_not_accepted(algorithm.name(), accepted).into());
            }
            key.verify(parts.signing_input.as_bytes(), parts.signature()?.as_bytes())
                .map_err(|_| SignatureError::BadSignature(None).into())
        })
    }

    /// Returns the payload that was signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the header's `typ`. Compare it with the expected kind of token (RFC 8725 section 3.11).
    #[must_use]
    pub fn token_type(&self) -> Option<&str> {
        self.token_type.as_deref()
    }

    fn open(
        token: &str,
        check: impl FnOnce(&Parts<'_>, HeaderAlgorithm, Option<&str>) -> Result<(), JwsError>,
    ) -> Result<Self, JwsError> {
        let parts = Parts::split(token)?;
        let mut json = parts.document();
        let header = parts.header(&mut json)?;
        let payload = parts.payload()?;
        check(&parts, header.algorithm, header.kid.and_then(|node| json.text(node)))?;
        let token_type = header.typ.and_then(|node| json.text(node)).map(str::to_owned);
        Ok(Self { payload, token_type })
    }
}

impl fmt::Debug for Jws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jws({} bytes)", self.payload.len())
    }
}

/// The error of [`Jws::verify`] and [`Jws::verify_mac`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwsError {
    /// The text is not a compact JWS. The code is that of the [`DecodeError`].
    Decode(DecodeError),
    /// The signature was not accepted. The code is that of the [`SignatureError`].
    Signature(SignatureError),
}

impl JwsError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.code(),
            Self::Signature(error) => error.code(),
        }
    }
}

impl From<DecodeError> for JwsError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<SignatureError> for JwsError {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

impl fmt::Display for JwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for JwsError {}
