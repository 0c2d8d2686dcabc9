//! The algorithms that a client signs with.

use std::fmt;

use crate::algorithm::Algorithm;

/// An algorithm that a [`SigningKey`](crate::SigningKey) signs with, by its name in the `alg` of a JWT. The other
/// algorithms of [`Algorithm`] are for verifying only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// `ES256`: ECDSA on P-256 with SHA-256.
    Es256,
    /// `ES384`: ECDSA on P-384 with SHA-384.
    Es384,
    /// `EdDSA`: Ed25519 by its older name (RFC 8037).
    EdDsa,
    /// `Ed25519`: Ed25519 by its newer name (RFC 9864), for a server that announces this one.
    Ed25519,
    /// `RS256`: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// `PS256`: RSASSA-PSS with SHA-256.
    Ps256,
}

impl SigningAlgorithm {
    /// All algorithms, the recommended one first.
    pub const ALL: &'static [Self] = &[Self::Es256, Self::Es384, Self::EdDsa, Self::Ed25519, Self::Ps256, Self::Rs256];

    /// Returns the algorithm called `name`, compared byte for byte; `None` for every other name.
    ///
    /// ```
    /// use proofkey_jwt::SigningAlgorithm;
    /// assert_eq!(SigningAlgorithm::from_name("ES256"), Some(SigningAlgorithm::Es256));
    /// assert_eq!(SigningAlgorithm::from_name("none"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// Returns the registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            other => other.verified_by().name(),
        }
    }

    /// Returns the algorithm that verifies the signatures.
    #[must_use]
    pub fn verified_by(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::Es256,
            Self::Es384 => Algorithm::Es384,
            Self::EdDsa | Self::Ed25519 => Algorithm::EdDsa,
            Self::Rs256 => Algorithm::Rs256,
            Self::Ps256 => Algorithm::Ps256,
        }
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
