//! The text is no token, or no key vouches for it.

use proofkey_jwt::{
    Algorithm, DecodeError, IdToken, IdTokenError, Jws, JwsError, MAX_AUDIENCES, MAX_HEADER, MAX_MEMBERS, MAX_NESTING,
    MAX_SIGNATURE, MAX_TOKEN, MAX_TRIED, SignatureError, danger,
};
use serde_json::json;

use super::{Row, check};
use crate::support::{CLIENT, ED, OTHER_ED, claims, encode, expected, header, set, set_of, token, token_of, with};

pub(crate) const TYPES: [&str; 3] = ["DecodeError", "SignatureError", "JwsError"];

#[test]
fn every_decode_error() {
    let rows: [Row<DecodeError>; 29] = [
        ("token_too_large", || refused(&"a".repeat(MAX_TOKEN + 1))),
        ("header_too_large", || refused(&format!("{}.e30.AA", "a".repeat(MAX_HEADER + 1)))),
        ("signature_too_large", || refused(&of(r#"{"alg":"EdDSA"}"#, b"{}", &[0; MAX_SIGNATURE + 1]))),
        ("json_serialization", || refused(r#"{"payload":"e30"}"#)),
        ("encrypted_token", || refused("a.b.c.d.e")),
        ("segment_count", || refused("a.b")),
        ("detached_payload", || refused(&of(r#"{"alg":"EdDSA"}"#, b"", b"s"))),
        ("bad_base64url", || refused("e30=.e30.AA")),
        ("not_utf8", || payload(b"{\"x\":\"\xff\"}")),
        ("bad_json", || payload(b"{")),
        ("not_an_object", || payload(b"[]")),
        ("duplicate_member", || payload(br#"{"exp":1,"exp":1}"#)),
        ("nested_too_deep", || {
            payload(format!("{{\"x\":{}1{}}}", "[".repeat(MAX_NESTING), "]".repeat(MAX_NESTING)).as_bytes())
        }),
        ("too_many_members", || {
            let members: Vec<_> = (0..=MAX_MEMBERS).map(|index| format!("\"{index}\":0")).collect();
            payload(format!("{{{}}}", members.join(",")).as_bytes())
        }),
        ("number_out_of_range", || payload(br#"{"x":1e400}"#)),
        ("too_many_audiences", || payload(json!({"aud": vec![CLIENT; MAX_AUDIENCES + 1]}).to_string().as_bytes())),
        ("alg_missing", || head("{}")),
        ("alg_not_a_string", || head(r#"{"alg":7}"#)),
        ("alg_empty", || head(r#"{"alg":""}"#)),
        ("alg_none", || head(r#"{"alg":"nOnE"}"#)),
        ("alg_unknown", || head(r#"{"alg":"RS1"}"#)),
        ("crit_not_an_array", || head(r#"{"alg":"EdDSA","crit":"exp"}"#)),
        ("crit_empty", || head(r#"{"alg":"EdDSA","crit":[]}"#)),
        ("crit_duplicate", || head(r#"{"alg":"EdDSA","x":1,"crit":["x","x"]}"#)),
        ("crit_registered", || head(r#"{"alg":"EdDSA","crit":["alg"]}"#)),
        ("crit_absent", || head(r#"{"alg":"EdDSA","crit":["x"]}"#)),
        ("crit_unsupported", || head(r#"{"alg":"EdDSA","x":1,"crit":["x"]}"#)),
        ("b64_unsupported", || head(r#"{"alg":"EdDSA","b64":false}"#)),
        ("header_wrong_type", || head(r#"{"alg":"EdDSA","kid":7}"#)),
    ];
    check("DecodeError", &rows, DecodeError::code);
}

#[test]
fn every_signature_error() {
    let rows: [Row<SignatureError>; 5] = [
        ("algorithm_not_accepted", || unsigned(Jws::verify(&token(&claims()), &set(&ED), &[Algorithm::Rs256]))),
        ("key_not_found", || unsigned(Jws::verify(&token(&claims()), &set_of(&[]), &[Algorithm::EdDsa]))),
        ("key_of_another_issuer", || {
            let claims = with(with(claims(), "tid", json!("a")), "iss", json!("https://a.example"));
            let keys = set_of(&[with(ED.jwk(), "issuer", json!("https://b.example"))]);
            let expected = expected().issuer_template("https://{tenantid}.example", |_| true);
            let token = token_of(r#"{"alg":"EdDSA"}"#, claims.to_string().as_bytes(), &ED, Algorithm::EdDsa);
            match IdToken::validate(&token, &keys, &expected).unwrap_err() {
                IdTokenError::Signature(error) => error,
                other => panic!("{other}"),
            }
        }),
        ("too_many_keys", || {
            let token = token_of(r#"{"alg":"EdDSA"}"#, b"{}", &ED, Algorithm::EdDsa);
            unsigned(Jws::verify(&token, &set_of(&vec![ED.jwk(); MAX_TRIED + 1]), &[Algorithm::EdDsa]))
        }),
        ("bad_signature", || unsigned(Jws::verify(&token(&claims()), &set(&OTHER_ED), &[Algorithm::EdDsa]))),
    ];
    check("SignatureError", &rows, SignatureError::code);
}

#[test]
fn every_jws_error() {
    let rows: [Row<JwsError>; 2] = [
        ("segment_count", || Jws::verify("a.b", &set(&ED), &[Algorithm::EdDsa]).unwrap_err()),
        ("bad_signature", || Jws::verify(&token(&claims()), &set(&OTHER_ED), &[Algorithm::EdDsa]).unwrap_err()),
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
