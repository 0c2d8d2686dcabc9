//! One public key as JSON (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).

use std::fmt;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::signature::{BadSignature, Crypto, Curve, PublicKey, VerifyingKey};
use crate::value::Value;

/// A public key that can check signatures: parsed, checked, and ready.
///
/// `Debug` shows kind, `kid` length and algorithm, and no numbers.
pub struct Jwk {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    issuer: Option<String>,
    material: PublicKey,
    key: Box<dyn VerifyingKey>,
}

impl Jwk {
    pub(crate) fn read(entry: Value<'_>, crypto: &dyn Crypto) -> Result<Self, SkipReason> {
        if entry.members().is_none() {
            return Err(SkipReason::NotAnObject);
        }
        if entry.json.has_duplicates(entry.node) {
            return Err(SkipReason::DuplicateMember);
        }
        let material = read_material(entry)?;
        check_purpose(entry)?;
        let kid = text(entry, "kid")?.map(str::to_owned);
        let algorithm = match text(entry, "alg")? {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or(SkipReason::UnsupportedAlgorithm)?),
        };
        if algorithm.is_some_and(|algorithm| !fits(algorithm, &material)) {
            return Err(SkipReason::AlgorithmMismatch);
        }
        let key = crypto.public_key(&material).map_err(|_| SkipReason::RefusedByCrypto)?;
        // No registered member, so one of another type is not a fault of the key; it is nobody's.
        let issuer = entry.get("issuer").map(|value| value.as_str().unwrap_or_default().to_owned());
        Ok(Self { kid, algorithm, issuer, material, key })
    }

    /// The name its issuer gave the key.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm that the key says it is for.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// The issuer that the key says it is for: a member of its own of issuers with many tenants, compared only with
    /// [`Expected::issuer_template`](crate::Expected::issuer_template).
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The key's numbers.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.material
    }

    pub(crate) fn serves(&self, algorithm: Algorithm) -> bool {
        fits(algorithm, &self.material) && self.algorithm.is_none_or(|only| only == algorithm)
    }

    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let length = match &self.material {
            PublicKey::Rsa { n, .. } => n.len(),
            PublicKey::Ec { curve, .. } => 2 * curve.coordinate_length(),
            PublicKey::Ed25519 { .. } => 64,
        };
        if signature.len() != length {
            return Err(BadSignature);
        }
        self.key.verify(algorithm, message, signature)
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.material {
            PublicKey::Rsa { .. } => "RSA",
            PublicKey::Ec { curve, .. } => curve.name(),
            PublicKey::Ed25519 { .. } => "Ed25519",
        };
        f.debug_struct("Jwk")
            .field("kind", &kind)
            .field("algorithm", &self.algorithm)
            .field("kid_length", &self.kid.as_ref().map(String::len))
            .finish_non_exhaustive()
    }
}

/// Why an entry of a key set is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// `not_an_object`: the entry is no JSON object.
    NotAnObject,
    /// `duplicate_member`: the entry has a name twice.
    DuplicateMember,
    /// `unsupported_key_type`: `kty` is none of RSA, EC and OKP.
    UnsupportedKeyType,
    /// `symmetric_key`: `kty` is `oct`. A secret in a public set is no secret.
    SymmetricKey,
    /// `private_key`: the entry publishes a private member; anybody can sign with it.
    PrivateKey,
    /// `unsupported_curve`: `crv` is none of P-256, P-384, P-521 and Ed25519.
    UnsupportedCurve,
    /// `missing_member`: a member that `kty` demands is absent; its name.
    MissingMember(&'static str),
    /// `wrong_type`: a member has another JSON type than its definition; its name.
    WrongType(&'static str),
    /// `bad_base64url`: a number is not strict base64url; its name.
    BadBase64Url(&'static str),
    /// `bad_length`: a number has too many or too few octets, or leading zeros; its name.
    BadLength(&'static str),
    /// `weak_rsa_modulus`: under 2048 bits (RFC 7518 section 3.3).
    WeakRsaModulus,
    /// `large_rsa_modulus`: over 8192 bits.
    LargeRsaModulus,
    /// `even_rsa_modulus`: the modulus is even.
    EvenRsaModulus,
    /// `bad_rsa_exponent`: the exponent is even, under 3, or longer than four octets.
    BadRsaExponent,
    /// `small_order_point`: the Ed25519 key is of small order, or not in its canonical form.
    SmallOrderPoint,
    /// `not_for_signatures`: `use` is not `sig`, or `key_ops` lacks `verify`.
    NotForSignatures,
    /// `unsupported_algorithm`: `alg` is no signature algorithm of this crate.
    UnsupportedAlgorithm,
    /// `algorithm_mismatch`: `alg` does not go with `kty` or `crv`.
    AlgorithmMismatch,
    /// `refused_by_crypto`: the arithmetic says it is no key: a point that is not on its curve, say.
    RefusedByCrypto,
}

impl SkipReason {
    /// The stable name of the reason, as given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::DuplicateMember => "duplicate_member",
            Self::UnsupportedKeyType => "unsupported_key_type",
            Self::SymmetricKey => "symmetric_key",
            Self::PrivateKey => "private_key",
            Self::UnsupportedCurve => "unsupported_curve",
            Self::MissingMember(_) => "missing_member",
            Self::WrongType(_) => "wrong_type",
            Self::BadBase64Url(_) => "bad_base64url",
            Self::BadLength(_) => "bad_length",
            Self::WeakRsaModulus => "weak_rsa_modulus",
            Self::LargeRsaModulus => "large_rsa_modulus",
            Self::EvenRsaModulus => "even_rsa_modulus",
            Self::BadRsaExponent => "bad_rsa_exponent",
            Self::SmallOrderPoint => "small_order_point",
            Self::NotForSignatures => "not_for_signatures",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::AlgorithmMismatch => "algorithm_mismatch",
            Self::RefusedByCrypto => "refused_by_crypto",
        }
    }
}

fn read_material(entry: Value<'_>) -> Result<PublicKey, SkipReason> {
    match required(entry, "kty")? {
        "RSA" => {
            refuse_private(entry, &["d", "p", "q", "dp", "dq", "qi", "oth"])?;
            read_rsa(entry)
        }
        "EC" => {
            refuse_private(entry, &["d"])?;
            let curve = Curve::from_name(required(entry, "crv")?).ok_or(SkipReason::UnsupportedCurve)?;
            let (x, y) = (octets(entry, "x")?, octets(entry, "y")?);
            for (name, coordinate) in [("x", &x), ("y", &y)] {
                if coordinate.len() != curve.coordinate_length() {
                    return Err(SkipReason::BadLength(name));
                }
            }
            Ok(PublicKey::Ec { curve, x, y })
        }
        "OKP" => {
            refuse_private(entry, &["d"])?;
            if required(entry, "crv")? != "Ed25519" {
                return Err(SkipReason::UnsupportedCurve);
            }
            let x: [u8; 32] = octets(entry, "x")?.try_into().map_err(|_| SkipReason::BadLength("x"))?;
            if is_weak_point(x) {
                return Err(SkipReason::SmallOrderPoint);
            }
            Ok(PublicKey::Ed25519 { x })
        }
        "oct" => Err(SkipReason::SymmetricKey),
        _ => Err(SkipReason::UnsupportedKeyType),
    }
}

fn read_rsa(entry: Value<'_>) -> Result<PublicKey, SkipReason> {
    let (n, e) = (octets(entry, "n")?, octets(entry, "e")?);
    for (name, number) in [("n", &n), ("e", &e)] {
        if matches!(number.first(), None | Some(0)) {
            return Err(SkipReason::BadLength(name));
        }
    }
    let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
    if bits < 2048 {
        return Err(SkipReason::WeakRsaModulus);
    }
    if bits > 8192 {
        return Err(SkipReason::LargeRsaModulus);
    }
    if n.last().is_some_and(|last| last % 2 == 0) {
        return Err(SkipReason::EvenRsaModulus);
    }
    let is_even = e.last().is_none_or(|last| last % 2 == 0);
    if is_even || e == [1] || e.len() > 4 {
        return Err(SkipReason::BadRsaExponent);
    }
    Ok(PublicKey::Rsa { n, e })
}

fn check_purpose(entry: Value<'_>) -> Result<(), SkipReason> {
    if text(entry, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(SkipReason::NotForSignatures);
    }
    let Some(operations) = entry.get("key_ops") else {
        return Ok(());
    };
    let mut operations = operations.items().ok_or(SkipReason::WrongType("key_ops"))?;
    if operations.any(|operation| operation.as_str() == Some("verify")) {
        Ok(())
    } else {
        Err(SkipReason::NotForSignatures)
    }
}

fn fits(algorithm: Algorithm, material: &PublicKey) -> bool {
    match algorithm {
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512 => matches!(material, PublicKey::Rsa { .. }),
        Algorithm::Es256 => matches!(material, PublicKey::Ec { curve: Curve::P256, .. }),
        Algorithm::Es384 => matches!(material, PublicKey::Ec { curve: Curve::P384, .. }),
        Algorithm::Es512 => matches!(material, PublicKey::Ec { curve: Curve::P521, .. }),
        Algorithm::EdDsa => matches!(material, PublicKey::Ed25519 { .. }),
    }
}

/// Whether the point is one of the eight of small order, for which a signature that fits any
/// message can be made, or is written in another way than RFC 8032 demands.
fn is_weak_point(mut point: [u8; 32]) -> bool {
    // The highest bit is the sign of the other coordinate.
    if let Some(last) = point.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER.contains(&point) || !point.iter().rev().lt(PRIME.iter().rev())
}

fn refuse_private(entry: Value<'_>, names: &[&str]) -> Result<(), SkipReason> {
    if names.iter().any(|name| entry.get(name).is_some()) {
        return Err(SkipReason::PrivateKey);
    }
    Ok(())
}

fn octets(entry: Value<'_>, name: &'static str) -> Result<Vec<u8>, SkipReason> {
    base64url::decode(required(entry, name)?).map_err(|_| SkipReason::BadBase64Url(name))
}

fn required<'a>(entry: Value<'a>, name: &'static str) -> Result<&'a str, SkipReason> {
    text(entry, name)?.ok_or(SkipReason::MissingMember(name))
}

fn text<'a>(entry: Value<'a>, name: &'static str) -> Result<Option<&'a str>, SkipReason> {
    match entry.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(SkipReason::WrongType(name)),
    }
}

/// 2^255 - 19, little-endian.
const PRIME: [u8; 32] = {
    let mut prime = [0xff; 32];
    prime[0] = 0xed;
    prime[31] = 0x7f;
    prime
};

/// The second coordinates of the points of order 1, 2, 4 and 8, little-endian.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = PRIME;
        minus_one[0] = 0xec;
        minus_one
    },
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];
