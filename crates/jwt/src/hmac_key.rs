//! The key of HS256, HS384 and HS512: a client secret, and nothing else (OpenID Connect Core 3.1.3.7, rule 8).

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use crate::algorithm::MacAlgorithm;
use crate::signature::{BadSignature, Crypto};

/// A key for HMAC, for one algorithm, made by the caller from a secret.
///
/// A [`JwkSet`](crate::JwkSet) never makes one, and no public key turns into one: a token cannot
/// talk the validation into checking an HMAC with a key that everybody knows. `Debug` is redacted.
pub struct HmacKey {
    algorithm: MacAlgorithm,
    secret: Vec<u8>,
    crypto: Arc<dyn Crypto>,
}

impl HmacKey {
    /// Takes the octets of a client secret.
    ///
    /// # Errors
    /// [`HmacKeyError`] when there are fewer octets than the hash has (RFC 7518 section 3.2).
    #[cfg(feature = "aws-lc-rs")]
    pub fn new(algorithm: MacAlgorithm, secret: &[u8]) -> Result<Self, HmacKeyError> {
        Self::with(algorithm, secret, Arc::new(crate::aws_lc::AwsLc))
    }

    /// The same with a library of cryptography that the caller brings.
    ///
    /// # Errors
    /// [`HmacKeyError`] when there are fewer octets than the hash has (RFC 7518 section 3.2).
    pub fn with(algorithm: MacAlgorithm, secret: &[u8], crypto: Arc<dyn Crypto>) -> Result<Self, HmacKeyError> {
        if secret.len() < algorithm.hash().length() {
            return Err(HmacKeyError::TooShort { octets: secret.len(), due: algorithm.hash().length() });
        }
        Ok(Self { algorithm, secret: secret.to_vec(), crypto })
    }

    /// The one algorithm that the key is for.
    #[must_use]
    pub fn algorithm(&self) -> MacAlgorithm {
        self.algorithm
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

/// The secret cannot be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HmacKeyError {
    /// `hmac_key_too_short`: fewer octets than the hash has.
    #[non_exhaustive]
    TooShort {
        /// How many octets the secret has.
        octets: usize,
        /// How many are due.
        due: usize,
    },
}

impl HmacKeyError {
    /// The stable name of the failure, as given with each variant.
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
            Self::TooShort { octets, due } => write!(
                f,
                "the secret has {octets} octets, and the algorithm asks for {due}; have the provider issue a longer one"
            ),
        }
    }
}

impl std::error::Error for HmacKeyError {}
