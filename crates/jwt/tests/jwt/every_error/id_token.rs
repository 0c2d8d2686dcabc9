//! An ID token is refused: each claim by each of its faults.

use std::collections::BTreeSet;
use std::time::Duration;

use proofkey_jwt::{Algorithm, ClaimName, Expected, Fault, IdToken, IdTokenError};
use serde_json::{Value, json};

use super::{Row, check, source, variant};
use crate::support::{CLIENT, ED, ISSUER, NOW, at, claims, expected, header, set, token, token_of, token_raw, with};

pub(crate) const TYPES: [&str; 3] = ["IdTokenError", "ClaimName", "Fault"];

#[test]
fn every_id_token_error() {
    check("IdTokenError", &rows(), IdTokenError::code);
    // With nothing bent the token is accepted.
    IdToken::validate(&token(&claims()), &set(&ED), &expected()).unwrap();
}

#[test]
fn every_claim_and_every_fault() {
    let sources = source::sources();
    let pairs: Vec<(ClaimName, Fault)> = rows()
        .into_iter()
        .filter_map(|(_, provoke)| match provoke() {
            IdTokenError::Claim(claim, fault) => Some((claim, fault)),
            _ => None,
        })
        .collect();
    for (claim, fault) in &pairs {
        // The code is put together from both.
        let documented = source::variants(&sources, "Fault").remove(&variant(fault)).flatten().unwrap();
        assert_eq!(IdTokenError::Claim(*claim, *fault).code(), format!("{}_{documented}", claim.as_str()));
    }
    let all = |name| source::variants(&sources, name).into_keys().collect::<BTreeSet<_>>();
    assert_eq!(pairs.iter().map(|(claim, _)| variant(claim)).collect::<BTreeSet<_>>(), all("ClaimName"));
    assert_eq!(pairs.iter().map(|(_, fault)| variant(fault)).collect::<BTreeSet<_>>(), all("Fault"));
}

/// Every pair of claim and fault that there is.
fn rows() -> Vec<Row<IdTokenError>> {
    vec![
        ("segment_count", || refused("a.b", &expected())),
        ("typ_not_an_id_token", || {
            let header = with(header(), "typ", json!("at+jwt")).to_string();
            refused(&token_of(&header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa), &expected())
        }),
        ("algorithm_not_accepted", || refused(&token(&claims()), &expected().algorithms([Algorithm::Rs256]))),
        ("now_missing", || {
            let expected = Expected::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa]);
            refused(&token(&claims()), &expected)
        }),
        ("iss_missing", || without("iss")),
        ("iss_wrong_type", || set_to("iss", json!([ISSUER]))),
        ("iss_mismatch", || set_to("iss", json!("https://other.example"))),
        ("sub_missing", || without("sub")),
        ("sub_wrong_type", || set_to("sub", json!(17))),
        ("sub_empty", || set_to("sub", json!(""))),
        ("sub_too_long", || set_to("sub", json!("a".repeat(256)))),
        ("sub_bad_character", || set_to("sub", json!("\u{e9}"))),
        ("sub_mismatch", || refreshed("sub", json!("another"))),
        ("aud_missing", || without("aud")),
        ("aud_wrong_type", || set_to("aud", json!(7))),
        ("aud_empty", || set_to("aud", json!([]))),
        ("aud_mismatch", || set_to("aud", json!("other"))),
        ("aud_untrusted", || set_to("aud", json!([CLIENT, "other"]))),
        ("azp_missing", || bent("aud", json!([CLIENT, "api"]), &expected().trusted_audiences(["api"]))),
        ("azp_wrong_type", || set_to("azp", json!(7))),
        ("azp_mismatch", || set_to("azp", json!("other"))),
        ("exp_missing", || without("exp")),
        ("exp_wrong_type", || set_to("exp", json!("1800003600"))),
        ("exp_out_of_range", || refused(&token_raw("exp", "1e400"), &expected())),
        ("exp_expired", || set_to("exp", json!(0))),
        ("nbf_wrong_type", || set_to("nbf", json!("1"))),
        ("nbf_out_of_range", || set_to("nbf", json!(-1))),
        ("nbf_not_yet_valid", || set_to("nbf", json!(NOW + 3600))),
        ("iat_missing", || without("iat")),
        ("iat_wrong_type", || set_to("iat", json!(null))),
        ("iat_out_of_range", || set_to("iat", json!(u64::MAX))),
        ("iat_in_the_future", || set_to("iat", json!(NOW + 3600))),
        ("iat_too_old", || bent("iat", json!(NOW - 3600), &expected().max_issued_age(Duration::from_secs(600)))),
        ("nonce_missing", || without("nonce")),
        ("nonce_wrong_type", || set_to("nonce", json!(7))),
        ("nonce_empty", || set_to("nonce", json!(""))),
        ("nonce_mismatch", || set_to("nonce", json!("another"))),
        ("nonce_unasked", || {
            let expected = Expected::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa]).now(at(NOW));
            refused(&token(&claims()), &expected)
        }),
        ("acr_missing", || refused(&token(&claims()), &expected().acr(["gold"]))),
        ("acr_wrong_type", || set_to("acr", json!(1))),
        ("acr_mismatch", || bent("acr", json!("0"), &expected().acr(["gold"]))),
        ("auth_time_missing", || refused(&token(&claims()), &within(300))),
        ("auth_time_wrong_type", || set_to("auth_time", json!("1800000000"))),
        ("auth_time_out_of_range", || set_to("auth_time", json!(-1))),
        ("auth_time_in_the_future", || set_to("auth_time", json!(NOW + 3600))),
        ("auth_time_too_old", || bent("auth_time", json!(NOW - 3600), &within(300))),
        ("auth_time_mismatch", || refreshed("auth_time", json!(NOW - 6))),
        ("at_hash_missing", || refused(&token(&claims()), &expected().access_token("t").front_channel())),
        ("at_hash_wrong_type", || set_to("at_hash", json!(null))),
        ("at_hash_mismatch", || bent("at_hash", json!("AAAA"), &expected().access_token("t"))),
        ("c_hash_missing", || refused(&token(&claims()), &expected().code("c").front_channel())),
        ("c_hash_wrong_type", || set_to("c_hash", json!(null))),
        ("tid_missing", || refused(&token(&claims()), &expected().issuer_template("{tenantid}", |_| true))),
        ("tid_wrong_type", || bent("tid", json!(7), &expected().tenants(|_| true))),
        ("tid_mismatch", || bent("tid", json!("other"), &expected().tenants(|_| false))),
        ("c_hash_mismatch", || bent("c_hash", json!("AAAA"), &expected().code("c"))),
    ]
}

fn refused(token: &str, expected: &Expected) -> IdTokenError {
    IdToken::validate(token, &set(&ED), expected).unwrap_err()
}

fn bent(name: &str, value: impl Into<Option<Value>>, expected: &Expected) -> IdTokenError {
    refused(&token(&with(claims(), name, value)), expected)
}

fn set_to(name: &str, value: Value) -> IdTokenError {
    bent(name, value, &expected())
}

fn without(name: &str) -> IdTokenError {
    bent(name, None, &expected())
}

fn within(seconds: u64) -> Expected {
    expected().max_age(Duration::from_secs(seconds))
}

/// With a refresh, the claims bent after a login with the honest ones.
fn refreshed(name: &str, value: Value) -> IdTokenError {
    let honest = with(claims(), "auth_time", json!(NOW - 5));
    let before = IdToken::validate(&token(&honest), &set(&ED), &expected()).unwrap();
    let expected = expected().refreshed_from(&before);
    IdToken::validate(&token(&honest), &set(&ED), &expected).unwrap();
    refused(&token(&with(honest, name, value)), &expected)
}
