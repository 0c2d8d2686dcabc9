//! One public key as JSON (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).

use std::fmt;
use std::sync::OnceLock;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::edwards;
use crate::jwk_members::JwkMembers;
use crate::signature::{Crypto, Curve, PublicKey, VerifyingKey};
use crate::skipped::SkipReason;
use crate::value::Value;

/// A public key of a [`JwkSet`](crate::JwkSet), whose form and strength were checked.
///
/// Whether its numbers are a valid key, such as a point that is on its curve, is checked when a token first needs the key.
/// If they are not, the error is [`SignatureError::KeySkipped`](crate::SignatureError::KeySkipped).
///
/// `Debug` shows the kind of key, the algorithm and the length of the `kid`, and no numbers.
pub struct Jwk {
    index: usize,
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    issuer: Option<String>,
    material: PublicKey,
    ready: OnceLock<Option<Box<dyn VerifyingKey>>>,
}

/// A key did not verify a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotVerified {
    BadSignature,
    InvalidKey,
}

impl Jwk {
    /// Reads the entry at `index` of a set.
    pub(crate) fn read(index: usize, entry: Value<'_>) -> Result<Self, SkipReason> {
        let members = JwkMembers::read(entry)?;
        let material = read_material(&members)?;
        if !permits(&members, "verify")? {
            return Err(SkipReason::NotForSignatures);
        }
        let kid = members.text("kid")?.map(str::to_owned);
        let algorithm = match members.text("alg")? {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or(SkipReason::UnsupportedAlgorithm)?),
        };
        if algorithm.is_some_and(|algorithm| !fits(algorithm, &material)) {
            return Err(SkipReason::AlgorithmMismatch);
        }
        // Not a registered member, so one of another type is not a fault of the key; it matches no issuer.
        let issuer = members.get("issuer").map(|value| value.as_str().unwrap_or_default().to_owned());
        Ok(Self { index, kid, algorithm, issuer, material, ready: OnceLock::new() })
    }

    /// Returns `kid`: the identifier of the key.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns `alg`: the only algorithm that the key is for. `None` when it serves every algorithm of its kind.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Returns `issuer`: the issuer that the key is for. Key sets of many tenants have this member. It is compared only
    /// if [`RelyingParty::issuer_template`](crate::RelyingParty::issuer_template) was called.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns the key's numbers.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.material
    }

    pub(crate) fn serves(&self, algorithm: Algorithm) -> bool {
        fits(algorithm, &self.material) && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// The place of the key in the document, from 0.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn verify(
        &self,
        crypto: &dyn Crypto,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), NotVerified> {
        let ready = self.ready.get_or_init(|| self.make_ready(crypto)).as_ref().ok_or(NotVerified::InvalidKey)?;
        let length = match &self.material {
            PublicKey::Rsa { n, .. } => n.len(),
            PublicKey::Ec { curve, .. } => 2 * curve.coordinate_length(),
            PublicKey::Ed25519 { .. } => 64,
        };
        if signature.len() != length {
            return Err(NotVerified::BadSignature);
        }
        ready.verify(algorithm, message, signature).map_err(|_| NotVerified::BadSignature)
    }

    fn make_ready(&self, crypto: &dyn Crypto) -> Option<Box<dyn VerifyingKey>> {
        match &self.material {
            // aws-lc-rs would take it, and then verify nothing without saying why.
            PublicKey::Ed25519 { x } if !edwards::is_on_curve(*x) => None,
            material => crypto.public_key(material).ok(),
        }
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

fn read_material(members: &JwkMembers<'_>) -> Result<PublicKey, SkipReason> {
    match members.required("kty")? {
        "RSA" => refuse_private(members, &["d", "p", "q", "dp", "dq", "qi", "oth"])?,
        "EC" | "OKP" => refuse_private(members, &["d"])?,
        _ => {}
    }
    read_public(members)
}

/// Reads the numbers of the public key, whatever else there is.
pub(crate) fn read_public(members: &JwkMembers<'_>) -> Result<PublicKey, SkipReason> {
    match members.required("kty")? {
        "RSA" => read_rsa(members),
        "EC" => {
            let curve = Curve::from_name(members.required("crv")?).ok_or(SkipReason::UnsupportedCurve)?;
            let (x, y) = (bytes(members, "x")?, bytes(members, "y")?);
            for (name, coordinate) in [("x", &x), ("y", &y)] {
                if coordinate.len() != curve.coordinate_length() {
                    return Err(SkipReason::BadLength(name));
                }
            }
            Ok(PublicKey::Ec { curve, x, y })
        }
        "OKP" => {
            if members.required("crv")? != "Ed25519" {
                return Err(SkipReason::UnsupportedCurve);
            }
            let x: [u8; 32] = bytes(members, "x")?.try_into().map_err(|_| SkipReason::BadLength("x"))?;
            if edwards::is_weak(x) {
                return Err(SkipReason::SmallOrderPoint);
            }
            Ok(PublicKey::Ed25519 { x })
        }
        "oct" => Err(SkipReason::SymmetricKey),
        _ => Err(SkipReason::UnsupportedKeyType),
    }
}

fn read_rsa(members: &JwkMembers<'_>) -> Result<PublicKey, SkipReason> {
    let (n, e) = (number(members, "n")?, number(members, "e")?);
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

/// Whether `use` and `key_ops` permit an operation: `verify`, or `sign`.
pub(crate) fn permits(members: &JwkMembers<'_>, operation: &str) -> Result<bool, SkipReason> {
    if members.text("use")?.is_some_and(|purpose| purpose != "sig") {
        return Ok(false);
    }
    let Some(operations) = members.get("key_ops") else { return Ok(true) };
    let mut operations = operations.items().ok_or(SkipReason::WrongType("key_ops"))?;
    Ok(operations.any(|own| own.as_str() == Some(operation)))
}

pub(crate) fn fits(algorithm: Algorithm, material: &PublicKey) -> bool {
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

fn refuse_private(members: &JwkMembers<'_>, names: &[&str]) -> Result<(), SkipReason> {
    if names.iter().any(|name| members.get(name).is_some()) {
        return Err(SkipReason::PrivateKey);
    }
    Ok(())
}

/// A big-endian number without the zeros before it, which do not change it.
fn number(members: &JwkMembers<'_>, name: &'static str) -> Result<Vec<u8>, SkipReason> {
    let mut number = bytes(members, name)?;
    let zeros = number.iter().position(|byte| *byte != 0).ok_or(SkipReason::BadLength(name))?;
    number.drain(..zeros);
    Ok(number)
}

fn bytes(members: &JwkMembers<'_>, name: &'static str) -> Result<Vec<u8>, SkipReason> {
    base64url::decode(members.required(name)?).map_err(|_| SkipReason::BadBase64Url(name))
}
