//! The text is no token, or no key vouches for it.

use proofkey_jwt::{
    Algorithm, DecodeError, IdTokenError, Jws, JwsError, MAX_AUDIENCES, MAX_HEADER_BYTES, MAX_KEYS_TRIED, MAX_MEMBERS,
    MAX_NESTING, MAX_SIGNATURE_BYTES, MAX_TOKEN_BYTES, SignatureError, danger,
};
use serde_json::json;

use super::{Row, check};
use crate::support::{
    CLIENT, ED, OTHER_ED, claims, encode, expected, header, set, set_of, token, token_of, validate_with, with,
};

pub(crate) const TYPES: [&str; 3] = ["DecodeError", "SignatureError", "JwsError"];

#[test]
fn every_decode_error() {
    let rows: [Row<DecodeError>; 29] = [
        ("jwt_too_large", || refused(&"a".repeat(MAX_TOKEN_BYTES + 1))),
        ("jwt_header_too_large", || refused(&format!("{}.e30.AA", "a".repeat(MAX_HEADER_BYTES + 1)))),
        ("jwt_signature_too_large", || refused(&of(r#"{"alg":"EdDSA"}"#, b"{}", &[0; MAX_SIGNATURE_BYTES + 1]))),
        ("jwt_json_serialization", || refused(r#"{"payload":"e30"}"#)),
        ("jwt_encrypted_token", || refused("a.b.c.d.e")),
        ("jwt_segment_count", || refused("a.b")),
        ("jwt_payload_empty", || refused(&of(r#"{"alg":"EdDSA"}"#, b"", b"s"))),
        ("jwt_bad_base64url", || refused("e30=.e30.AA")),
        ("jwt_not_utf8", || payload(b"{\"x\":\"\xff\"}")),
        ("jwt_bad_json", || payload(b"{")),
        ("jwt_not_an_object", || payload(b"[]")),
        ("jwt_duplicate_member", || payload(br#"{"exp":1,"exp":1}"#)),
        ("jwt_nested_too_deep", || {
            payload(format!("{{\"x\":{}1{}}}", "[".repeat(MAX_NESTING), "]".repeat(MAX_NESTING)).as_bytes())
        }),
        ("jwt_too_many_members", || {
            let members: Vec<_> = (0..=MAX_MEMBERS).map(|index| format!("\"{index}\":0")).collect();
            payload(format!("{{{}}}", members.join(",")).as_bytes())
        }),
        ("jwt_number_out_of_range", || payload(br#"{"x":1e400}"#)),
        ("jwt_too_many_audiences", || payload(json!({"aud": vec![CLIENT; MAX_AUDIENCES + 1]}).to_string().as_bytes())),
        ("jwt_alg_missing", || head("{}")),
        ("jwt_alg_not_a_string", || head(r#"{"alg":7}"#)),
        ("jwt_alg_empty", || head(r#"{"alg":""}"#)),
        ("jwt_alg_none", || head(r#"{"alg":"nOnE"}"#)),
        ("jwt_alg_unknown", || head(r#"{"alg":"RS1"}"#)),
        ("jwt_crit_not_an_array", || head(r#"{"alg":"EdDSA","crit":"exp"}"#)),
        ("jwt_crit_empty", || head(r#"{"alg":"EdDSA","crit":[]}"#)),
        ("jwt_crit_duplicate", || head(r#"{"alg":"EdDSA","x":1,"crit":["x","x"]}"#)),
        ("jwt_crit_registered", || head(r#"{"alg":"EdDSA","crit":["alg"]}"#)),
        ("jwt_crit_absent", || head(r#"{"alg":"EdDSA","crit":["x"]}"#)),
        ("jwt_crit_unsupported", || head(r#"{"alg":"EdDSA","x":1,"crit":["x"]}"#)),
        ("jwt_b64_unsupported", || head(r#"{"alg":"EdDSA","b64":false}"#)),
        ("jwt_header_wrong_type", || head(r#"{"alg":"EdDSA","kid":7}"#)),
    ];
    check("DecodeError", &rows, DecodeError::code);
}

#[test]
fn every_signature_error() {
    let rows: [Row<SignatureError>; 6] = [
        ("jws_algorithm_not_accepted", || unsigned(Jws::verify(&token(&claims()), &set(&ED), &[Algorithm::Rs256]))),
        ("jws_key_not_found", || unsigned(Jws::verify(&token(&claims()), &set_of(&[]), &[Algorithm::EdDsa]))),
        ("jws_key_skipped", || {
            let keys = set_of(&[with(with(ED.jwk(), "kid", json!("k")), "x", json!("AAAA"))]);
            unsigned(Jws::verify(&token(&claims()), &keys, &[Algorithm::EdDsa]))
        }),
        ("jws_key_of_another_issuer", || {
            let claims = with(with(claims(), "tid", json!("a")), "iss", json!("https://a.example"));
            let keys = set_of(&[with(ED.jwk(), "issuer", json!("https://b.example"))]);
            let expected = expected().issuer_template("https://{tenantid}.example", |_| true);
            let token = token_of(r#"{"alg":"EdDSA"}"#, claims.to_string().as_bytes(), &ED, Algorithm::EdDsa);
            match validate_with(&token, &keys, &expected).unwrap_err() {
                IdTokenError::Signature(error) => error,
                other => panic!("{other}"),
            }
        }),
        ("jws_too_many_keys", || {
            let token = token_of(r#"{"alg":"EdDSA"}"#, b"{}", &ED, Algorithm::EdDsa);
            unsigned(Jws::verify(&token, &set_of(&vec![ED.jwk(); MAX_KEYS_TRIED + 1]), &[Algorithm::EdDsa]))
        }),
        ("jws_bad_signature", || unsigned(Jws::verify(&token(&claims()), &set(&OTHER_ED), &[Algorithm::EdDsa]))),
    ];
    check("SignatureError", &rows, SignatureError::code);
}

#[test]
fn every_jws_error() {
    let rows: [Row<JwsError>; 2] = [
        ("jwt_segment_count", || Jws::verify("a.b", &set(&ED), &[Algorithm::EdDsa]).unwrap_err()),
        ("jws_bad_signature", || Jws::verify(&token(&claims()), &set(&OTHER_ED), &[Algorithm::EdDsa]).unwrap_err()),
    ];
    check("JwsError", &rows, JwsError::code);
    // Without the bend each of them is accepted.
    Jws::verify(&token(&claims()), &set(&ED), &[Algorithm::EdDsa]).unwrap();
    danger::decode_unverified(&of(&with(header(), "typ", json!("JWT")).to_string(), b"{}", b"s")).unwrap();
}

fn refused(token: &str) -> DecodeError {
    danger::decode_unverified(token).unwrap_err()
}

fn of(header: &str, payload: &[u8], signature: &[u8]) -> String {
    format!("{}.{}.{}", encode(header.as_bytes()), encode(payload), encode(signature))
}

fn head(header: &str) -> DecodeError {
    refused(&of(header, b"{}", b"s"))
}

fn payload(payload: &[u8]) -> DecodeError {
    refused(&of(r#"{"alg":"EdDSA"}"#, payload, b"s"))
}

fn unsigned(outcome: Result<Jws, JwsError>) -> SignatureError {
    match outcome.unwrap_err() {
        JwsError::Signature(error) => error,
        other => panic!("{other}"),
    }
}
