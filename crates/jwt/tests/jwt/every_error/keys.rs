//! A document is no key set, an entry no key, a secret no HMAC key, a text no private key.

use proofkey_jwt::{
    Algorithm, AwsLc, BadSignature, Crypto as _, Curve, HmacKey, HmacKeyError, JwkSet, JwkSetError, Jws, JwsError,
    KeyRefused, MAX_JWK_SET_BYTES, MAX_KEYS, MAX_PRIVATE_KEY_BYTES, MacAlgorithm, PublicKey, SignatureError,
    SigningAlgorithm, SigningError, SigningKey, SigningKeyError, SkipReason,
};
use serde_json::{Value, json};

use super::{Row, check, check_with};
use crate::support::{ED, P256, RSA, decode, encode, with};

pub(crate) const TYPES: [&str; 7] =
    ["JwkSetError", "SkipReason", "HmacKeyError", "SigningKeyError", "SigningError", "BadSignature", "KeyRefused"];

#[test]
fn every_jwk_set_error() {
    let rows: [Row<JwkSetError>; 8] = [
        ("jwks_too_large", || refused(&[b' '; MAX_JWK_SET_BYTES + 1])),
        ("jwks_not_utf8", || refused(b"\xff")),
        ("jwks_bad_json", || refused(b"<html>")),
        ("jwks_not_an_object", || refused(b"[]")),
        ("jwks_duplicate_keys", || refused(br#"{"keys":[],"keys":[]}"#)),
        ("jwks_keys_missing", || refused(b"{}")),
        ("jwks_keys_not_an_array", || refused(br#"{"keys":{}}"#)),
        ("jwks_too_many_keys", || refused(json!({"keys": vec![0; MAX_KEYS + 1]}).to_string().as_bytes())),
    ];
    check("JwkSetError", &rows, JwkSetError::code);
}

#[test]
fn every_skip_reason() {
    let rows: [Row<SkipReason>; 19] = [
        ("jwk_not_an_object", || skipped("7")),
        ("jwk_duplicate_member", || skipped(r#"{"kty":"RSA","kty":"RSA"}"#)),
        ("jwk_unsupported_key_type", || skipped(r#"{"kty":"AKP"}"#)),
        ("jwk_symmetric_key", || skipped(r#"{"kty":"oct","k":"AAAA"}"#)),
        ("jwk_private_key", || bent(ED.jwk(), "d", json!("AAAA"))),
        ("jwk_unsupported_curve", || bent(P256.jwk(), "crv", json!("secp256k1"))),
        ("jwk_missing_member", || bent(P256.jwk(), "y", None)),
        ("jwk_wrong_type", || bent(P256.jwk(), "x", json!(7))),
        ("jwk_bad_base64url", || bent(P256.jwk(), "x", json!("a+b/"))),
        ("jwk_bad_length", || bent(P256.jwk(), "x", json!("AAAA"))),
        ("jwk_weak_rsa_modulus", || bent(RSA.jwk(), "n", json!(encode(&[0xff; 128])))),
        ("jwk_large_rsa_modulus", || bent(RSA.jwk(), "n", json!(encode(&[0xff; 1025])))),
        ("jwk_even_rsa_modulus", || bent(RSA.jwk(), "n", json!(encode(&[0xfe; 256])))),
        ("jwk_bad_rsa_exponent", || bent(RSA.jwk(), "e", json!("AQ"))),
        ("jwk_small_order_point", || bent(ED.jwk(), "x", json!(encode(&[0; 32])))),
        ("jwk_not_for_signatures", || bent(RSA.jwk(), "use", json!("enc"))),
        ("jwk_unsupported_algorithm", || bent(RSA.jwk(), "alg", json!("RSA-OAEP"))),
        ("jwk_algorithm_mismatch", || bent(RSA.jwk(), "alg", json!("ES256"))),
        ("jwk_refused_by_crypto", || on_first_use(with(P256.jwk(), "x", json!(encode(&[0; 32]))))),
    ];
    check_with("SkipReason", &rows, SkipReason::code, |reason| reason.code().to_owned());
}

#[test]
fn every_hmac_key_error() {
    let rows: [Row<HmacKeyError>; 1] =
        [("hmac_key_too_short", || HmacKey::new(MacAlgorithm::Hs256, &[7; 31]).unwrap_err())];
    check("HmacKeyError", &rows, HmacKeyError::code);
    HmacKey::new(MacAlgorithm::Hs256, &[7; 32]).unwrap();
}

#[test]
fn every_signing_key_error() {
    let rows: [Row<SigningKeyError>; 12] = [
        ("signing_key_too_large", || not_pem(&" ".repeat(MAX_PRIVATE_KEY_BYTES + 1))),
        ("signing_key_pem_missing", || not_pem("-----BEGIN CERTIFICATE-----\n")),
        ("signing_key_pem_label", || not_pem(&pem("RSA PRIVATE KEY", "AAAA"))),
        ("signing_key_pem_several", || not_pem(&pem("PRIVATE KEY", "AAAA").repeat(2))),
        ("signing_key_pem_malformed", || not_pem(&pem("PRIVATE KEY", "A-_A"))),
        ("signing_key_der", || not_pem(&pem("PRIVATE KEY", "AAAA"))),
        ("signing_key_jwk_malformed", || not_jwk("[]")),
        ("jwk_missing_member", || not_jwk("{}")),
        ("signing_key_jwk_public", || not_jwk(&P256.jwk().to_string())),
        ("signing_key_jwk_not_for_signing", || not_jwk(&with(private_jwk(), "use", json!("enc")).to_string())),
        ("signing_key_jwk_algorithm", || not_jwk(&with(private_jwk(), "alg", json!("ES384")).to_string())),
        ("signing_key_refused", || not_jwk(&with(private_jwk(), "d", json!(encode(&[7; 32]))).to_string())),
    ];
    check("SigningKeyError", &rows, SigningKeyError::code);
    SigningKey::from_jwk(SigningAlgorithm::Es256, private_jwk().to_string().as_bytes()).unwrap();
    assert!(!SigningError.to_string().is_empty());
    assert_eq!(SigningError.code(), "signing_failed");
}

fn private_jwk() -> Value {
    with(P256.jwk(), "d", json!(encode(&P256.private_octets())))
}

fn pem(label: &str, content: &str) -> String {
    format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
}

fn not_pem(text: &str) -> SigningKeyError {
    SigningKey::from_pem(SigningAlgorithm::Es256, text).unwrap_err()
}

fn not_jwk(text: &str) -> SigningKeyError {
    SigningKey::from_jwk(SigningAlgorithm::Es256, text.as_bytes()).unwrap_err()
}

/// The two that have no variants.
#[test]
fn the_refusals_of_the_cryptography() {
    let bad: BadSignature = AwsLc.verify_mac(MacAlgorithm::Hs256, &[7; 32], b"message", &[0; 32]).unwrap_err();
    assert!(!bad.to_string().is_empty());
    let point = |x: Vec<u8>| PublicKey::Ec { curve: Curve::P256, x, y: octets("y") };
    let refused: KeyRefused = AwsLc.public_key(&point(vec![0; 32])).unwrap_err();
    assert!(!refused.to_string().is_empty());
    AwsLc.public_key(&point(octets("x"))).unwrap();
}

fn octets(coordinate: &str) -> Vec<u8> {
    decode(P256.jwk()[coordinate].as_str().unwrap())
}

fn refused(document: &[u8]) -> JwkSetError {
    JwkSet::parse(document).unwrap_err()
}

fn skipped(entry: &str) -> SkipReason {
    let set = JwkSet::parse(format!(r#"{{"keys":[{entry}]}}"#).as_bytes()).unwrap();
    assert_eq!((set.keys().len(), set.skipped().len()), (0, 1));
    set.skipped()[0].reason
}

/// The reason why `key` is not used once a token needs it.
fn on_first_use(key: Value) -> SkipReason {
    let keys = JwkSet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
    let token = format!("{}.e30.{}", encode(br#"{"alg":"ES256"}"#), encode(&[1; 64]));
    match Jws::verify(&token, &keys, &[Algorithm::Es256]).unwrap_err() {
        JwsError::Signature(SignatureError::KeySkipped(skipped)) => skipped.reason,
        other => panic!("{other}"),
    }
}

/// The reason why `key` is left out with `name` bent; as it is, it is used.
fn bent(key: Value, name: &str, value: impl Into<Option<Value>>) -> SkipReason {
    assert_eq!(JwkSet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap().keys().len(), 1);
    skipped(&with(key, name, value).to_string())
}
