//! Why a private key cannot be used.

use std::error::Error;
use std::fmt;

use crate::signing_algorithm::SigningAlgorithm;
use crate::signing_key::MAX_PRIVATE_KEY_BYTES;
use crate::skipped::SkipReason;

/// The error for a private key that cannot be loaded. It shows nothing of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// `signing_key_too_large`: the document has more than [`MAX_PRIVATE_KEY_BYTES`] bytes.
    TooLarge {
        /// The length of the document, in bytes.
        length: usize,
    },
    /// `signing_key_pem_missing`: the text has no `PRIVATE KEY` block.
    PemMissing,
    /// `signing_key_pem_label`: the private key has another format, or is encrypted.
    PemLabel {
        /// The label of the block.
        label: &'static str,
    },
    /// `signing_key_pem_several`: the text has more than one private key.
    PemSeveral,
    /// `signing_key_pem_malformed`: the block has no end, or is not base64.
    PemMalformed,
    /// `signing_key_der`: the bytes are not an unencrypted PKCS#8 key for the algorithm.
    Der {
        /// The algorithm that the key was loaded for.
        algorithm: SigningAlgorithm,
    },
    /// `signing_key_jwk_malformed`: the text is not one JSON object.
    JwkMalformed,
    /// The JWK is invalid for a reason that also applies to public keys. The code is that of the [`SkipReason`].
    Jwk(SkipReason),
    /// `signing_key_jwk_public`: the JWK has no `d`, so it is a public key.
    JwkPublic,
    /// `signing_key_jwk_not_for_signing`: `use` is not `sig`, or `key_ops` lacks `sign`.
    JwkNotForSigning,
    /// `signing_key_jwk_algorithm`: `kty`, `crv` or `alg` of the JWK is for another algorithm.
    JwkAlgorithm {
        /// The algorithm that the key was loaded for.
        algorithm: SigningAlgorithm,
    },
    /// `signing_key_refused`: the key is invalid, or its private and public parts do not belong together.
    Refused,
}

impl SigningKeyError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "signing_key_too_large",
            Self::PemMissing => "signing_key_pem_missing",
            Self::PemLabel { .. } => "signing_key_pem_label",
            Self::PemSeveral => "signing_key_pem_several",
            Self::PemMalformed => "signing_key_pem_malformed",
            Self::Der { .. } => "signing_key_der",
            Self::JwkMalformed => "signing_key_jwk_malformed",
            Self::Jwk(reason) => reason.code(),
            Self::JwkPublic => "signing_key_jwk_public",
            Self::JwkNotForSigning => "signing_key_jwk_not_for_signing",
            Self::JwkAlgorithm { .. } => "signing_key_jwk_algorithm",
            Self::Refused => "signing_key_refused",
        }
    }
}

impl fmt::Display for SigningKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the private key cannot be used: ")?;
        match self {
            Self::TooLarge { length } => {
                write!(f, "the document has {length} bytes; the limit is {MAX_PRIVATE_KEY_BYTES}")
            }
            Self::PemMissing => f.write_str("the text has no block \"-----BEGIN PRIVATE KEY-----\""),
            Self::PemLabel { label } => write!(
                f,
                "its block is \"{label}\", and \"PRIVATE KEY\" (PKCS#8, not encrypted) was expected; convert it with \
                 `openssl pkcs8 -topk8 -nocrypt`"
            ),
            Self::PemSeveral => f.write_str("the text has more than one private key; keep one"),
            Self::PemMalformed => f.write_str("its PEM block has no end, or is not base64"),
            Self::Der { algorithm } => {
                write!(f, "it is not an unencrypted PKCS#8 key of the kind and size that {algorithm} needs")
            }
            Self::JwkMalformed => f.write_str("the JWK is not one JSON object"),
            Self::Jwk(reason) => write!(f, "the JWK is invalid: {reason}"),
            Self::JwkPublic => f.write_str("the JWK has no member d: it is the public key"),
            Self::JwkNotForSigning => f.write_str("the JWK's use or key_ops says that it is not for signing"),
            Self::JwkAlgorithm { algorithm } => {
                write!(f, "the JWK's kty, crv or alg is for another algorithm than {algorithm}")
            }
            Self::Refused => f.write_str("its numbers are not a valid pair of a private and a public key"),
        }
    }
}

impl Error for SigningKeyError {}

/// The error of a cryptography library that could not create a signature or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningError;

impl SigningError {
    /// Returns the stable code, `signing_failed`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "signing_failed"
    }
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cryptography library could not create a signature or a key")
    }
}

impl Error for SigningError {}
