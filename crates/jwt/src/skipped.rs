//! The entries of a key set that are not used.

use std::fmt;

use crate::shown::shown;

/// An entry of a key set that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The position of the entry in `keys`, from 0.
    pub index: usize,
    /// The `kid` of the entry, shortened, and reduced to printable ASCII.
    pub key_id: Option<String>,
    /// The reason why it is not used.
    pub reason: SkipReason,
}

impl Skipped {
    pub(crate) fn new(index: usize, key_id: Option<&str>, reason: SkipReason) -> Self {
        Self { index, key_id: key_id.map(shown), reason }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} of the set", self.index)?;
        if let Some(key_id) = &self.key_id {
            write!(f, " (kid \"{key_id}\")")?;
        }
        write!(f, ", which cannot be used: {}", self.reason)
    }
}

/// The reason why an entry of a key set is not used. A member whose value is `null` counts as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// `jwk_not_an_object`: the entry is not a JSON object.
    NotAnObject,
    /// `jwk_duplicate_member`: two members of the entry have the same name.
    DuplicateMember,
    /// `jwk_unsupported_key_type`: `kty` is none of RSA, EC and OKP.
    UnsupportedKeyType,
    /// `jwk_symmetric_key`: `kty` is `oct`. A published key is not secret, so anyone can sign with it.
    SymmetricKey,
    /// `jwk_private_key`: the entry has a private member, so anyone can sign with it.
    PrivateKey,
    /// `jwk_unsupported_curve`: `crv` is none of P-256, P-384, P-521 and Ed25519.
    UnsupportedCurve,
    /// `jwk_missing_member`: a member that `kty` requires is absent. Holds its name.
    MissingMember(&'static str),
    /// `jwk_wrong_type`: a member has another JSON type than its definition. Holds its name.
    WrongType(&'static str),
    /// `jwk_bad_base64url`: a number is not strict base64url. Holds the name of the member.
    BadBase64Url(&'static str),
    /// `jwk_bad_length`: a number of an EC or Ed25519 key has the wrong length, or an RSA number is zero. Holds the name of
    /// the member.
    BadLength(&'static str),
    /// `jwk_weak_rsa_modulus`: the RSA modulus has fewer than 2048 bits (RFC 7518 section 3.3).
    WeakRsaModulus,
    /// `jwk_large_rsa_modulus`: the RSA modulus has more than 8192 bits.
    LargeRsaModulus,
    /// `jwk_even_rsa_modulus`: the RSA modulus is even.
    EvenRsaModulus,
    /// `jwk_bad_rsa_exponent`: the RSA exponent is even, less than 3, or longer than four bytes.
    BadRsaExponent,
    /// `jwk_small_order_point`: the Ed25519 key is of small order, or not in its canonical form.
    SmallOrderPoint,
    /// `jwk_not_for_signatures`: `use` is not `sig`, or `key_ops` lacks `verify`.
    NotForSignatures,
    /// `jwk_unsupported_algorithm`: `alg` is not a signature algorithm of this crate.
    UnsupportedAlgorithm,
    /// `jwk_algorithm_mismatch`: `alg` does not fit `kty` or `crv`.
    AlgorithmMismatch,
    /// `jwk_refused_by_crypto`: the numbers are not a valid key, such as a point that is not on its curve. This is found
    /// when a token first needs the key.
    RefusedByCrypto,
}

impl SkipReason {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnObject => "jwk_not_an_object",
            Self::DuplicateMember => "jwk_duplicate_member",
            Self::UnsupportedKeyType => "jwk_unsupported_key_type",
            Self::SymmetricKey => "jwk_symmetric_key",
            Self::PrivateKey => "jwk_private_key",
            Self::UnsupportedCurve => "jwk_unsupported_curve",
            Self::MissingMember(_) => "jwk_missing_member",
            Self::WrongType(_) => "jwk_wrong_type",
            Self::BadBase64Url(_) => "jwk_bad_base64url",
            Self::BadLength(_) => "jwk_bad_length",
            Self::WeakRsaModulus => "jwk_weak_rsa_modulus",
            Self::LargeRsaModulus => "jwk_large_rsa_modulus",
            Self::EvenRsaModulus => "jwk_even_rsa_modulus",
            Self::BadRsaExponent => "jwk_bad_rsa_exponent",
            Self::SmallOrderPoint => "jwk_small_order_point",
            Self::NotForSignatures => "jwk_not_for_signatures",
            Self::UnsupportedAlgorithm => "jwk_unsupported_algorithm",
            Self::AlgorithmMismatch => "jwk_algorithm_mismatch",
            Self::RefusedByCrypto => "jwk_refused_by_crypto",
        }
    }

    /// Returns whether the entry was meant to check signatures with an algorithm that this crate has.
    pub(crate) fn is_a_defect(self) -> bool {
        !matches!(
            self,
            Self::UnsupportedKeyType
                | Self::SymmetricKey
                | Self::UnsupportedCurve
                | Self::NotForSignatures
                | Self::UnsupportedAlgorithm
        )
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnObject => "it is not a JSON object",
            Self::DuplicateMember => "it has two members of the same name",
            Self::UnsupportedKeyType => "its kty is none of RSA, EC and OKP",
            Self::SymmetricKey => "it is a symmetric key, which must not be published",
            Self::PrivateKey => "it publishes a private key, so anyone can sign with it",
            Self::UnsupportedCurve => "its crv is none of P-256, P-384, P-521 and Ed25519",
            Self::MissingMember(name) => return write!(f, "its member {name} is missing"),
            Self::WrongType(name) => return write!(f, "its member {name} has the wrong JSON type"),
            Self::BadBase64Url(name) => return write!(f, "its member {name} is not base64url without padding"),
            Self::BadLength(name) => return write!(f, "its member {name} has a wrong length"),
            Self::WeakRsaModulus => "its RSA modulus has fewer than 2048 bits",
            Self::LargeRsaModulus => "its RSA modulus has more than 8192 bits",
            Self::EvenRsaModulus => "its RSA modulus is even",
            Self::BadRsaExponent => "its RSA exponent is even, under 3, or longer than four bytes",
            Self::SmallOrderPoint => "its Ed25519 point is of small order, or not in canonical form",
            Self::NotForSignatures => "its use or key_ops says that it is not for verifying signatures",
            Self::UnsupportedAlgorithm => "its alg is not a signature algorithm of this crate",
            Self::AlgorithmMismatch => "its alg does not fit its kty or crv",
            Self::RefusedByCrypto => "its numbers are not a valid key, such as a point that is not on its curve",
        })
    }
}
