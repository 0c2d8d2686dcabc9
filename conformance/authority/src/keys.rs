//! The test keys, as JWKs and as signers.

mod key;
mod signer;
mod weak;

use serde_json::{Map, Value, json};

pub(crate) use self::key::{Key, key_of, named};
pub(crate) use self::signer::hmac;
pub(crate) use self::weak::{exponent_one_signature, small_order_signature, small_rsa_signature};
use crate::algorithm::{Algorithm, KeySet};
use crate::encoding::base64url;
use crate::lie::TestKey;

/// Returns the ES256 private key of the client that authenticates by `private_key_jwt`, as a JWK. Like every test key,
/// it is published.
#[must_use]
pub fn client_key() -> Value {
    let mut jwk = named(CLIENT).jwk.clone();
    jwk.remove("name");
    jwk.insert("alg".into(), "ES256".into());
    Value::Object(jwk)
}

/// The public part of [`client_key`].
pub(crate) fn client_public_key() -> Map<String, Value> {
    named(CLIENT).public()
}

/// Returns the public ES256 key of a set. [`Authority::sign_proof`](crate::Authority::sign_proof) signs with that of
/// `KeySet::Second`, or with that of `KeySet::Foreign` if the proof is signed by
/// [`Signing::Foreign`](crate::lie::Signing::Foreign).
#[must_use]
pub fn proof_key(set: KeySet) -> Value {
    let mut jwk = key_of(set, Algorithm::Es256).public();
    jwk.remove("kid");
    Value::Object(jwk)
}

const CLIENT: &str = "client P-256";

/// The JWK of a key that an honest authority would not publish, or not there.
pub(crate) fn test_jwk(key: &TestKey, own: KeySet) -> Value {
    let jwk = match key {
        TestKey::Own(algorithm) => key_of(own, *algorithm).signing_jwk(algorithm.as_str()),
        TestKey::Foreign(algorithm) => key_of(KeySet::Foreign, *algorithm).signing_jwk(algorithm.as_str()),
        TestKey::Encryption => {
            let mut jwk = named("encryption").public();
            jwk.insert("use".into(), "enc".into());
            jwk.insert("alg".into(), "RSA-OAEP".into());
            jwk
        }
        TestKey::Symmetric => {
            return json!({"kty": "oct", "kid": "symmetric", "alg": "HS256", "k": base64url(SYMMETRIC)});
        }
        TestKey::SmallRsa => named("small RSA").signing_jwk("RS256"),
        TestKey::ExponentOne => {
            let mut jwk = key_of(KeySet::Foreign, Algorithm::Rs256).signing_jwk("RS256");
            jwk.insert("kid".into(), "exponent-one".into());
            jwk.insert("e".into(), "AQ".into());
            jwk
        }
        TestKey::Secp256k1 => named("secp256k1").signing_jwk("ES256"),
        TestKey::X25519 => named("X25519").signing_jwk("EdDSA"),
        TestKey::SmallOrder => {
            return json!({"kty": "OKP", "crv": "Ed25519", "kid": "small-order", "alg": "EdDSA", "use": "sig", "x": base64url(&weak::IDENTITY)});
        }
        TestKey::Private => {
            let key = key_of(own, Algorithm::Rs256);
            let mut jwk = key.signing_jwk("RS256");
            for name in ["d", "p", "q", "dp", "dq", "qi"] {
                jwk.insert(name.into(), key.jwk.get(name).cloned().unwrap_or_default());
            }
            jwk
        }
        TestKey::Json(value) => return value.clone(),
    };
    Value::Object(jwk)
}

/// The symmetric key that a careless authority publishes: 32 octets.
pub(crate) const SYMMETRIC: &[u8; 32] = b"a symmetric key for all to read.";
