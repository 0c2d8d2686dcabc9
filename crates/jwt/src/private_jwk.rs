//! A private key as JSON (RFC 7518 section 6, RFC 8037 section 2).

use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair};

use crate::base64url;
use crate::json::Json;
use crate::jwk::{fits, permits, read_public};
use crate::jwk_members::JwkMembers;
use crate::secret_bytes::SecretBytes;
use crate::signature::PublicKey;
use crate::signing_algorithm::SigningAlgorithm;
use crate::signing_key::{KeyPair, curve_of};
use crate::signing_key_error::SigningKeyError;
use crate::skipped::SkipReason;
use crate::value::Value;

/// Reads the key, and its `kid`.
pub(crate) fn read(
    algorithm: SigningAlgorithm,
    text: &[u8],
) -> Result<(KeyPair, PublicKey, Option<String>), SigningKeyError> {
    let mut json = Json::never_growing(text.len());
    let root = json.read(|bytes| {
        bytes.extend_from_slice(text);
        Ok::<_, std::convert::Infallible>(())
    });
    let read = match root {
        Ok(Ok(node)) => read_entry(algorithm, Value { json: &json, node }),
        _ => Err(SigningKeyError::JwkMalformed),
    };
    json.wipe();
    read
}

fn read_entry(
    algorithm: SigningAlgorithm,
    entry: Value<'_>,
) -> Result<(KeyPair, PublicKey, Option<String>), SigningKeyError> {
    let members = JwkMembers::read(entry).map_err(|reason| match reason {
        SkipReason::NotAnObject => SigningKeyError::JwkMalformed,
        reason => reason.into(),
    })?;
    let public = read_public(&members)?;
    let is_for = |name: &str| name == algorithm.name() || (name == "EdDSA" && algorithm == SigningAlgorithm::Ed25519);
    if !fits(algorithm.verified_by(), &public) || !members.text("alg")?.is_none_or(is_for) {
        return Err(SigningKeyError::JwkAlgorithm { algorithm });
    }
    if !permits(&members, "sign")? {
        return Err(SigningKeyError::JwkNotForSigning);
    }
    if members.get("d").is_none() {
        return Err(SigningKeyError::JwkPublic);
    }
    let kid = members.text("kid")?.map(str::to_owned);
    Ok((key_pair(algorithm, &members, &public)?, public, kid))
}

fn key_pair(
    algorithm: SigningAlgorithm,
    members: &JwkMembers<'_>,
    public: &PublicKey,
) -> Result<KeyPair, SigningKeyError> {
    let refused = |_| SigningKeyError::Refused;
    let d = secret(members, "d")?;
    match public {
        PublicKey::Ec { curve, x, y } => {
            let signing = curve_of(algorithm).ok_or(SigningKeyError::JwkAlgorithm { algorithm })?;
            if d.len() != curve.coordinate_length() {
                return Err(SkipReason::BadLength("d").into());
            }
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            EcdsaKeyPair::from_private_key_and_public_key(signing, &d, &point).map(KeyPair::Ec).map_err(refused)
        }
        PublicKey::Ed25519 { x } => {
            if d.len() != 32 {
                return Err(SkipReason::BadLength("d").into());
            }
            Ed25519KeyPair::from_seed_and_public_key(&d, x).map(KeyPair::Ed25519).map_err(refused)
        }
        PublicKey::Rsa { n, e } => {
            if members.get("oth").is_some() {
                return Err(SigningKeyError::Refused);
            }
            let components = KeyPairComponents {
                public_key: PublicKeyComponents { n: n.as_slice(), e: e.as_slice() },
                d: &*d,
                p: &*secret(members, "p")?,
                q: &*secret(members, "q")?,
                dP: &*secret(members, "dp")?,
                dQ: &*secret(members, "dq")?,
                qInv: &*secret(members, "qi")?,
            };
            RsaKeyPair::from_components(&components).map(KeyPair::Rsa).map_err(refused)
        }
    }
}

fn secret(members: &JwkMembers<'_>, name: &'static str) -> Result<SecretBytes, SkipReason> {
    let text = members.required(name)?;
    let mut bytes = SecretBytes::zeros(text.len().div_ceil(4) * 3);
    let length = base64url::into_slice(text, &mut bytes).map_err(|_| SkipReason::BadBase64Url(name))?;
    bytes.truncate(length);
    Ok(bytes)
}

impl From<SkipReason> for SigningKeyError {
    fn from(reason: SkipReason) -> Self {
        Self::Jwk(reason)
    }
}
