//! An ID token is refused: each claim by each of its faults.

use std::collections::BTreeSet;
use std::time::Duration;

use proofkey_jwt::{Algorithm, IdToken, IdTokenError, SignedUserInfo, SignedUserInfoError, StoredIdTokenError};
use serde_json::{Value, json};

use super::{Pair, Row, check, source, variant};
use crate::support::{
    CLIENT, ED, ISSUER, NOW, Told, at, claims, expected, header, set, token, token_of, token_raw, validate_with, with,
};

pub(crate) const TYPES: [&str; 4] = ["IdTokenError", "SignedUserInfoError", "StoredIdTokenError", "ClaimsError"];

#[test]
fn every_id_token_error() {
    check("IdTokenError", &rows(), IdTokenError::code);
    // With nothing bent the token is accepted.
    validate_with(&token(&claims()), &set(&ED), &expected()).unwrap();
}

#[test]
fn every_signed_userinfo_error() {
    let refused = |token: &str, subject| {
        SignedUserInfo::validate(token, &set(&ED), &expected().relying_party, subject, at(NOW)).unwrap_err()
    };
    let typed = |typ: &str| {
        let header = with(header(), "typ", json!(typ)).to_string();
        token_of(&header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa)
    };
    let told: [(&str, SignedUserInfoError); 4] = [
        ("jwt_segment_count", refused("a.b", "user-17")),
        ("signed_userinfo_typ_mismatch", refused(&typed("at+jwt"), "user-17")),
        (
            "jws_bad_signature",
            refused(&(token(&claims())[..token(&claims()).len() - 4].to_owned() + "AAAA"), "user-17"),
        ),
        ("signed_userinfo_sub_mismatch", refused(&token(&claims()), "user-18")),
    ];
    for (code, error) in &told {
        assert_eq!(error.code(), *code);
        assert!(!error.to_string().is_empty());
    }
    let all: BTreeSet<_> = source::variants(&source::sources(), "SignedUserInfoError").into_keys().collect();
    assert_eq!(told.iter().map(|(_, error)| variant(error)).collect::<BTreeSet<_>>(), all);
}

#[test]
fn every_stored_id_token_error() {
    let rows: [Row<StoredIdTokenError>; 2] = [
        ("stored_id_token_version", || IdToken::from_json(r#"{"version":2}"#).unwrap_err()),
        ("stored_id_token_malformed", || IdToken::from_json("{}").unwrap_err()),
    ];
    check("StoredIdTokenError", &rows, StoredIdTokenError::code);
}

/// The claims and faults that ID tokens have.
pub(crate) fn pairs() -> Vec<Pair> {
    let pair = |(_, provoke): Row<IdTokenError>| match provoke() {
        IdTokenError::Claim { claim, fault, .. } => Some((claim, fault, "id_token_", provoke().code())),
        _ => None,
    };
    rows().into_iter().filter_map(pair).collect()
}

/// Every pair of claim and fault that ID tokens have.
fn rows() -> Vec<Row<IdTokenError>> {
    vec![
        ("jwt_segment_count", || refused("a.b", &expected())),
        ("id_token_typ_mismatch", || {
            let header = with(header(), "typ", json!("at+jwt")).to_string();
            refused(&token_of(&header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa), &expected())
        }),
        ("jws_algorithm_not_accepted", || refused(&token(&claims()), &expected().algorithms([Algorithm::Rs256]))),
        ("id_token_iss_missing", || without("iss")),
        ("id_token_iss_wrong_type", || set_to("iss", json!([ISSUER]))),
        ("id_token_iss_mismatch", || set_to("iss", json!("https://other.example"))),
        ("id_token_sub_missing", || without("sub")),
        ("id_token_sub_wrong_type", || set_to("sub", json!(17))),
        ("id_token_sub_empty", || set_to("sub", json!(""))),
        ("id_token_sub_too_long", || set_to("sub", json!("a".repeat(256)))),
        ("id_token_sub_bad_character", || set_to("sub", json!("\u{e9}"))),
        ("id_token_sub_mismatch", || refreshed("sub", json!("another"))),
        ("id_token_aud_missing", || without("aud")),
        ("id_token_aud_wrong_type", || set_to("aud", json!(7))),
        ("id_token_aud_empty", || set_to("aud", json!([]))),
        ("id_token_aud_mismatch", || set_to("aud", json!("other"))),
        ("id_token_aud_untrusted", || set_to("aud", json!([CLIENT, "other"]))),
        ("id_token_azp_wrong_type", || set_to("azp", json!(7))),
        ("id_token_azp_mismatch", || set_to("azp", json!("other"))),
        ("id_token_exp_missing", || without("exp")),
        ("id_token_exp_wrong_type", || set_to("exp", json!("1800003600"))),
        ("id_token_exp_out_of_range", || refused(&token_raw("exp", "1e400"), &expected())),
        ("id_token_exp_expired", || set_to("exp", json!(0))),
        ("id_token_nbf_wrong_type", || set_to("nbf", json!("1"))),
        ("id_token_nbf_out_of_range", || set_to("nbf", json!(-1))),
        ("id_token_nbf_not_yet_valid", || set_to("nbf", json!(NOW + 3600))),
        ("id_token_iat_missing", || without("iat")),
        ("id_token_iat_wrong_type", || set_to("iat", json!("1"))),
        ("id_token_iat_out_of_range", || set_to("iat", json!(u64::MAX))),
        ("id_token_iat_in_the_future", || set_to("iat", json!(NOW + 3600))),
        ("id_token_iat_too_old", || {
            bent("iat", json!(NOW - 3600), &expected().max_issued_age(Duration::from_secs(600)))
        }),
        ("id_token_nonce_missing", || without("nonce")),
        ("id_token_nonce_wrong_type", || set_to("nonce", json!(7))),
        ("id_token_nonce_empty", || set_to("nonce", json!(""))),
        ("id_token_nonce_mismatch", || set_to("nonce", json!("another"))),
        ("id_token_nonce_unasked", || {
            let expected = Told::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa]).now(at(NOW));
            refused(&token(&claims()), &expected)
        }),
        ("id_token_acr_missing", || refused(&token(&claims()), &expected().acr(["gold"]))),
        ("id_token_acr_wrong_type", || set_to("acr", json!(1))),
        ("id_token_acr_mismatch", || bent("acr", json!("0"), &expected().acr(["gold"]))),
        ("id_token_auth_time_missing", || refused(&token(&claims()), &within(300))),
        ("id_token_auth_time_wrong_type", || set_to("auth_time", json!("1800000000"))),
        ("id_token_auth_time_out_of_range", || set_to("auth_time", json!(-1))),
        ("id_token_auth_time_in_the_future", || set_to("auth_time", json!(NOW + 3600))),
        ("id_token_auth_time_too_old", || bent("auth_time", json!(NOW - 3600), &within(300))),
        ("id_token_auth_time_mismatch", || refreshed("auth_time", json!(NOW - 6))),
        ("id_token_at_hash_missing", || refused(&token(&claims()), &expected().access_token("t").front_channel())),
        ("id_token_at_hash_wrong_type", || set_to("at_hash", json!(7))),
        ("id_token_at_hash_mismatch", || bent("at_hash", json!("AAAA"), &expected().access_token("t"))),
        ("id_token_c_hash_missing", || refused(&token(&claims()), &expected().code("c").front_channel())),
        ("id_token_c_hash_wrong_type", || set_to("c_hash", json!(7))),
        ("id_token_tid_missing", || refused(&token(&claims()), &expected().issuer_template("{tenantid}", |_| true))),
        ("id_token_tid_wrong_type", || bent("tid", json!(7), &expected().tenants(|_| true))),
        ("id_token_tid_mismatch", || bent("tid", json!("other"), &expected().tenants(|_| false))),
        ("id_token_c_hash_mismatch", || bent("c_hash", json!("AAAA"), &expected().code("c"))),
    ]
}

fn refused(token: &str, expected: &Told) -> IdTokenError {
    validate_with(token, &set(&ED), expected).unwrap_err()
}

fn bent(name: &str, value: impl Into<Option<Value>>, expected: &Told) -> IdTokenError {
    refused(&token(&with(claims(), name, value)), expected)
}

fn set_to(name: &str, value: Value) -> IdTokenError {
    bent(name, value, &expected())
}

fn without(name: &str) -> IdTokenError {
    bent(name, None, &expected())
}

fn within(seconds: u64) -> Told {
    expected().max_age(Duration::from_secs(seconds))
}

/// With a refresh, the claims bent after a login with the honest ones.
fn refreshed(name: &str, value: Value) -> IdTokenError {
    let honest = with(claims(), "auth_time", json!(NOW - 5));
    let before = validate_with(&token(&honest), &set(&ED), &expected()).unwrap();
    let expected = expected().refreshed_from(&before);
    validate_with(&token(&honest), &set(&ED), &expected).unwrap();
    refused(&token(&with(honest, name, value)), &expected)
}
