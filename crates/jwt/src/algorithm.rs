//! The signature algorithms, by their names in RFC 7518 section 3.1, RFC 8037 and RFC 9864.

use std::fmt;

/// A signature algorithm with a private and a public key.
///
/// Neither `none` nor an HMAC algorithm is a variant, so no list of accepted algorithms can hold one.
/// HMAC has a type of its own, [`MacAlgorithm`], which belongs to an [`HmacKey`](crate::HmacKey).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// `RS256`: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// `RS384`: RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// `RS512`: RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// `PS256`: RSASSA-PSS with SHA-256.
    Ps256,
    /// `PS384`: RSASSA-PSS with SHA-384.
    Ps384,
    /// `PS512`: RSASSA-PSS with SHA-512.
    Ps512,
    /// `ES256`: ECDSA on P-256 with SHA-256.
    Es256,
    /// `ES384`: ECDSA on P-384 with SHA-384.
    Es384,
    /// `ES512`: ECDSA on P-521 with SHA-512.
    Es512,
    /// `EdDSA` and `Ed25519` (RFC 9864): Ed25519 in both cases. Ed448 is not supported.
    EdDsa,
}

impl Algorithm {
    /// Returns the algorithm called `name`, compared byte for byte. `None` for every other name,
    /// including `none` and those of the HMAC algorithms.
    ///
    /// ```
    /// use proofkey_jwt::Algorithm;
    /// assert_eq!(Algorithm::from_name("RS256"), Some(Algorithm::Rs256));
    /// assert_eq!(Algorithm::from_name("none"), None);
    /// assert_eq!(Algorithm::from_name("HS256"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }

    /// Returns the registered name. `EdDSA` for [`Algorithm::EdDsa`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Returns the hash of the algorithm, which also makes `at_hash` and `c_hash`
    /// (OpenID Connect Core section 3.1.3.6). SHA-512 for EdDSA with Ed25519.
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => Hash::Sha256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => Hash::Sha384,
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => Hash::Sha512,
        }
    }
}

/// An HMAC algorithm of RFC 7518 section 3.2. It belongs to an [`HmacKey`](crate::HmacKey).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MacAlgorithm {
    /// `HS256`: HMAC with SHA-256.
    Hs256,
    /// `HS384`: HMAC with SHA-384.
    Hs384,
    /// `HS512`: HMAC with SHA-512.
    Hs512,
}

impl MacAlgorithm {
    /// Returns the registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// Returns the hash of the HMAC.
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::Hs256 => Hash::Sha256,
            Self::Hs384 => Hash::Sha384,
            Self::Hs512 => Hash::Sha512,
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "HS256" => Self::Hs256,
            "HS384" => Self::Hs384,
            "HS512" => Self::Hs512,
            _ => return None,
        })
    }
}

/// A hash of the SHA-2 family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hash {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Hash {
    /// Returns the length of the hash, in bytes.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for MacAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What the header of a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderAlgorithm {
    Signature(Algorithm),
    Mac(MacAlgorithm),
}

impl HeaderAlgorithm {
    pub(crate) fn hash(self) -> Hash {
        match self {
            Self::Signature(algorithm) => algorithm.hash(),
            Self::Mac(algorithm) => algorithm.hash(),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Signature(algorithm) => algorithm.name(),
            Self::Mac(algorithm) => algorithm.name(),
        }
    }
}
