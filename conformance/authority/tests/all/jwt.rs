//! Reading and verifying tokens, apart from the code that makes them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256K1_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

#[track_caller]
pub(crate) fn decode(segment: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(segment).expect("strict base64url")
}

/// One segment of a token, as JSON.
#[track_caller]
pub(crate) fn part(token: &str, segment: usize) -> Value {
    serde_json::from_slice(&decode(token.split('.').nth(segment).expect("a segment"))).expect("JSON")
}

pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

pub(crate) fn signature(token: &str) -> Vec<u8> {
    decode(token.split('.').nth(2).expect("a signature"))
}

fn member(jwk: &Value, name: &str) -> Vec<u8> {
    decode(jwk[name].as_str().unwrap_or_default())
}

/// Whether the set's key of the header's `kid` verifies the token by the header's `alg`.
pub(crate) fn verifies(token: &str, jwks: &str) -> bool {
    let set: Value = serde_json::from_str(jwks).expect("a JWK set");
    let kid = header(token)["kid"].clone();
    let keys = set["keys"].as_array().expect("keys").iter();
    keys.filter(|jwk| jwk["kid"] == kid)
        .any(|jwk| verifies_by(token, jwk, header(token)["alg"].as_str().unwrap_or_default()))
}

pub(crate) fn verifies_by(token: &str, jwk: &Value, alg: &str) -> bool {
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let signature = decode(signature);
    let rsa = |parameters: &'static RsaParameters| {
        let key = RsaPublicKeyComponents { n: member(jwk, "n"), e: member(jwk, "e") };
        key.verify(parameters, message.as_bytes(), &signature).is_ok()
    };
    let raw = |algorithm: &'static dyn VerificationAlgorithm, key: Vec<u8>| {
        UnparsedPublicKey::new(algorithm, key).verify(message.as_bytes(), &signature).is_ok()
    };
    let point = || [vec![4], member(jwk, "x"), member(jwk, "y")].concat();
    match (alg, jwk["crv"].as_str()) {
        ("RS256", None) if member(jwk, "n").len() < 256 => rsa(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        ("RS256", None) => rsa(&RSA_PKCS1_2048_8192_SHA256),
        ("RS384", None) => rsa(&RSA_PKCS1_2048_8192_SHA384),
        ("RS512", None) => rsa(&RSA_PKCS1_2048_8192_SHA512),
        ("PS256", None) => rsa(&RSA_PSS_2048_8192_SHA256),
        ("PS384", None) => rsa(&RSA_PSS_2048_8192_SHA384),
        ("PS512", None) => rsa(&RSA_PSS_2048_8192_SHA512),
        ("ES256", Some("P-256")) => raw(&ECDSA_P256_SHA256_FIXED, point()),
        ("ES256", Some("secp256k1")) => raw(&ECDSA_P256K1_SHA256_FIXED, point()),
        ("ES384", Some("P-384")) => raw(&ECDSA_P384_SHA384_FIXED, point()),
        ("ES512", Some("P-521")) => raw(&ECDSA_P521_SHA512_FIXED, point()),
        ("EdDSA", Some("Ed25519")) => raw(&ED25519, member(jwk, "x")),
        _ => false,
    }
}
