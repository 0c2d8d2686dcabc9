//! The key of HS256, HS384 and HS512: a client secret, and nothing else (OpenID Connect Core 3.1.3.7, rule 8).

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use crate::algorithm::MacAlgorithm;
use crate::signature::{BadSignature, Crypto};

/// A key for one HMAC algorithm, created by the caller from a client secret.
///
/// No [`JwkSet`](crate::JwkSet) creates one, and no public key becomes one: an HMAC is never verified with a public
/// key. `Debug` does not show the secret, and each copy is overwritten when dropped.
#[derive(Clone)]
pub struct HmacKey {
    algorithm: MacAlgorithm,
    secret: Vec<u8>,
    crypto: Arc<dyn Crypto>,
}

impl HmacKey {
    /// Creates a key from the bytes of a client secret.
    ///
    /// # Errors
    /// [`HmacKeyError`] when there are fewer bytes than the hash has (RFC 7518 section 3.2).
    #[cfg(feature = "aws-lc-rs")]
    pub fn new(algorithm: MacAlgorithm, secret: &[u8]) -> Result<Self, HmacKeyError> {
        Self::new_with(algorithm, secret, Arc::new(crate::aws_lc::AwsLc))
    }

    /// [`HmacKey::new`] with a cryptography backend of the caller.
    ///
    /// # Errors
    /// [`HmacKeyError`] when there are fewer bytes than the hash has (RFC 7518 section 3.2).
    pub fn new_with(algorithm: MacAlgorithm, secret: &[u8], crypto: Arc<dyn Crypto>) -> Result<Self, HmacKeyError> {
        if secret.len() < algorithm.hash().length() {
            return Err(HmacKeyError::TooShort { length: secret.len(), required: algorithm.hash().length() });
        }
        Ok(Self { algorithm, secret: secret.to_vec(), crypto })
    }

    /// Returns the one algorithm that the key is for.
    #[must_use]
    pub fn algorithm(&self) -> MacAlgorithm {
        self.algorithm
    }

    /// Returns the HMAC of `message`, for the JWT that a client signs with its secret (`client_secret_jwt`, OpenID
    /// Connect Core section 9).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.crypto.mac(self.algorithm, &self.secret, message).as_ref().to_vec()
    }

    pub(crate) fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), BadSignature> {
        if tag.len() != self.algorithm.hash().length() {
            return Err(BadSignature);
        }
        self.crypto.verify_mac(self.algorithm, &self.secret, message, tag)
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.secret.fill(0);
        black_box(&self.secret);
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({}, ..)", self.algorithm.name())
    }
}

/// The error for a client secret that cannot be the key of an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HmacKeyError {
    /// `hmac_key_too_short`: fewer bytes than the hash has.
    #[non_exhaustive]
    TooShort {
        /// The length of the secret, in bytes.
        length: usize,
        /// The length of the hash, in bytes.
        required: usize,
    },
}

impl HmacKeyError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "hmac_key_too_short",
        }
    }
}

impl fmt::Display for HmacKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { length, required } => write!(
                f,
                "the secret has {length} bytes, and the algorithm requires {required}; have the provider issue a longer one"
            ),
        }
    }
}

impl std::error::Error for HmacKeyError {}
