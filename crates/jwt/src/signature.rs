//! The interface to a cryptography backend.

use std::fmt;

use crate::algorithm::{Algorithm, Hash, MacAlgorithm};

/// A cryptography backend.
///
/// `AwsLc` (feature `aws-lc-rs`) implements it; implement it for another library or a device. There is no process-wide
/// backend. Before a call, this crate has checked the sizes that RFC 7518 requires, and that an Ed25519 key is on its
/// curve. The implementation checks everything else about a key or signature.
pub trait Crypto: fmt::Debug + Send + Sync {
    /// Prepares a public key for verifying. Called once for each key, when a token first needs it.
    ///
    /// # Errors
    /// [`KeyRefused`] for an invalid key, such as a point that is not on its curve.
    fn public_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyRefused>;

    /// Verifies an HMAC, in time that does not depend on where it differs.
    ///
    /// # Errors
    /// [`BadSignature`] when `tag` is not the whole HMAC of `message` under `key`.
    fn verify_mac(&self, algorithm: MacAlgorithm, key: &[u8], message: &[u8], tag: &[u8]) -> Result<(), BadSignature>;

    /// Returns the HMAC of `message` under `key`.
    fn mac(&self, algorithm: MacAlgorithm, key: &[u8], message: &[u8]) -> Digest;

    /// Returns the hash of `message`.
    fn digest(&self, hash: Hash, message: &[u8]) -> Digest;
}

/// A public key ready for use.
pub trait VerifyingKey: fmt::Debug + Send + Sync {
    /// Verifies one signature. An ECDSA signature is the concatenation of R and S (RFC 7518 section 3.4), of the right
    /// length.
    ///
    /// # Errors
    /// [`BadSignature`] when the signature is not of `message`, or `algorithm` does not fit the key.
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature>;
}

/// The numbers of a public key, each big-endian unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// RSA: 2048 to 8192 bits, both numbers without leading zero bytes.
    Rsa {
        /// The modulus, odd.
        n: Vec<u8>,
        /// The exponent: odd, at least 3, at most four bytes.
        e: Vec<u8>,
    },
    /// A point of a NIST curve, each coordinate as long as the field.
    Ec {
        /// The curve.
        curve: Curve,
        /// The first coordinate.
        x: Vec<u8>,
        /// The second coordinate.
        y: Vec<u8>,
    },
    /// An Ed25519 key: 32 bytes, little-endian, not of small order.
    Ed25519 {
        /// The encoded point.
        x: [u8; 32],
    },
}

/// A curve of RFC 7518 section 6.2.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Curve {
    /// `P-256`
    P256,
    /// `P-384`
    P384,
    /// `P-521`
    P521,
}

impl Curve {
    /// Returns the registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Returns the length of a coordinate, in bytes.
    #[must_use]
    pub fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.name() == name)
    }
}

/// The result of a hash function, at most 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    bytes: [u8; 64],
    length: usize,
}

impl Digest {
    /// Creates a digest from the first 64 bytes of `bytes`.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let mut kept = [0; 64];
        let length = bytes.len().min(kept.len());
        for (to, from) in kept.iter_mut().zip(bytes) {
            *to = *from;
        }
        Self { bytes: kept, length }
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The error for a signature or an HMAC that is not valid. It does not say why, since that would help a forger only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSignature;

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature is not valid for the message and the key")
    }
}

impl std::error::Error for BadSignature {}

/// The error of [`Crypto::public_key`]: the numbers are not a valid key of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRefused;

impl fmt::Display for KeyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the numbers are not a public key of that kind")
    }
}

impl std::error::Error for KeyRefused {}
