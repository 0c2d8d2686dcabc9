use proofkey_jwt::{Algorithm, IdToken, Outcome, Rule};
use serde_json::{Value, json};

use crate::support::*;

fn before() -> IdToken {
    let first = with(with(claims(), "auth_time", json!(NOW - 5)), "azp", json!(CLIENT));
    validate(&token(&first), &expected()).unwrap()
}

fn refreshed(name: &str, value: impl Into<Option<Value>>) -> Result<(), &'static str> {
    let honest = with(with(with(claims(), "auth_time", json!(NOW - 5)), "azp", json!(CLIENT)), "iat", json!(NOW + 10));
    let expected = Told::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa]).now(at(NOW + 10));
    let expected = expected.refreshed_from(&before());
    validate(&token(&honest), &expected).unwrap();
    validate(&token(&with(honest, name, value)), &expected).map(|_| ()).map_err(|error| error.code())
}

#[test]
fn id_34_a_refreshed_token_is_of_the_same_login() {
    assert_eq!(refreshed("iss", json!("https://other.example")), Err("id_token_iss_mismatch"));
    assert_eq!(refreshed("sub", json!("user-18")), Err("id_token_sub_mismatch"));
    assert_eq!(refreshed("aud", json!("other")), Err("id_token_aud_mismatch"));
    assert_eq!(refreshed("iat", json!(NOW - 1)), Err("id_token_iat_too_old"));
    assert_eq!(refreshed("iat", json!(NOW)), Ok(()));
    assert_eq!(refreshed("auth_time", json!(NOW - 4)), Err("id_token_auth_time_mismatch"));
    assert_eq!(refreshed("auth_time", None), Ok(()));
    assert_eq!(refreshed("azp", None), Err("id_token_azp_mismatch"));
    assert_eq!(refreshed("nonce", None), Ok(()));
    assert_eq!(refreshed("nonce", json!(null)), Ok(()), "F10: null is absent");
    assert_eq!(refreshed("nonce", json!("another")), Err("id_token_nonce_mismatch"));
    assert_eq!(refreshed("nonce", json!("")), Err("id_token_nonce_mismatch"));
}

#[test]
fn id_34_a_refreshed_token_keeps_every_audience() {
    let several = with(with(claims(), "aud", json!([CLIENT, "api"])), "azp", json!(CLIENT));
    let first = validate(&token(&several), &expected().trusted_audiences(["api"])).unwrap();
    let expecting = || expected().trusted_audiences(["api"]).refreshed_from(&first);
    validate(&token(&several), &expecting()).unwrap();
    let fewer = with(several, "aud", json!(CLIENT));
    assert_eq!(validate(&token(&fewer), &expecting()).unwrap_err().code(), "id_token_aud_mismatch");
}

#[test]
fn id_34_a_nonce_that_the_login_did_not_have_is_refused() {
    let without = || Told::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa]).now(at(NOW));
    let first = validate(&token(&with(claims(), "nonce", None)), &without()).unwrap();
    let expecting = || without().refreshed_from(&first);
    validate(&token(&with(claims(), "nonce", None)), &expecting()).unwrap();
    assert_eq!(validate(&token(&claims()), &expecting()).unwrap_err().code(), "id_token_nonce_mismatch");
}

#[test]
fn b8_an_auth_time_that_changes_can_be_tolerated() {
    let first = with(claims(), "auth_time", json!(NOW - 5));
    let before = validate(&token(&first), &expected()).unwrap();
    let outcome = |auth_time: Option<Value>| {
        let told = expected().tolerate_auth_time_changed().refreshed_from(&before);
        let id_token = validate(&token(&with(first.clone(), "auth_time", auth_time)), &told);
        id_token.map(|token| token.checks().last().map(|check| (check.rule, check.outcome)).unwrap())
    };
    assert_eq!(outcome(Some(json!(NOW - 4))), Ok((Rule::Refresh, Outcome::AuthTimeChanged)));
    assert_eq!(outcome(Some(json!(NOW - 5))), Ok((Rule::Refresh, Outcome::Held)));
    assert_eq!(outcome(None), Ok((Rule::Refresh, Outcome::Held)));
    assert_eq!(outcome(Some(json!("yesterday"))).unwrap_err().code(), "id_token_auth_time_wrong_type");
    let strict = expected().refreshed_from(&before);
    let error = validate(&token(&with(first, "auth_time", json!(NOW - 4))), &strict).unwrap_err();
    assert_eq!(error.code(), "id_token_auth_time_mismatch");
}
