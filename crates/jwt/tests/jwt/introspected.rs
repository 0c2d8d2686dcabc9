//! What a resource server makes of an introspection response (RS-02, SU-03, DP-12).

use std::time::Duration;

use proofkey_jwt::{Algorithm, JwtAccessTokenError, Required, ResourceServer};
use serde_json::{Value, json};

use crate::access_token::{API, server};
use crate::dpop_proof::{TOKEN, proof, proof_claims, proof_header, prove};
use crate::support::*;

fn check(server: &ResourceServer, response: &Value, required: &Required) -> Result<(), JwtAccessTokenError> {
    server.check_introspected(&response.to_string(), TOKEN, required, at(NOW))
}

fn code(server: &ResourceServer, response: &Value, required: &Required) -> &'static str {
    check(server, response, required).map_or_else(|error| error.code(), |()| "accepted")
}

/// As little as a server may say.
fn least() -> Value {
    json!({"active": true, "aud": API})
}

fn changed(name: &str, value: Value) -> Value {
    with(least(), name, value)
}

#[test]
fn rs_02_the_rules_are_those_of_a_jwt_and_only_the_audience_is_required() {
    let any = Required::new();
    for (name, value, expected) in [
        ("exp", json!(NOW - 59), "accepted"),
        ("exp", json!(NOW - 60), "access_token_exp_expired"),
        ("exp", json!("soon"), "access_token_exp_wrong_type"),
        ("nbf", json!(NOW + 60), "accepted"),
        ("nbf", json!(NOW + 61), "access_token_nbf_not_yet_valid"),
        ("iat", json!(NOW + 61), "access_token_iat_in_the_future"),
        ("iss", json!("https://other.example"), "access_token_iss_mismatch"),
        ("aud", json!([API, "https://other.example"]), "accepted"),
        ("aud", json!("https://other.example"), "access_token_aud_mismatch"),
        ("aud", json!([]), "access_token_aud_empty"),
        ("aud", Value::Null, "access_token_aud_missing"),
        ("sub", Value::Null, "accepted"),
    ] {
        assert_eq!(code(&server(), &changed(name, value.clone()), &any), expected, "{name} {value}");
    }
    let two = server().audience("https://alias.example");
    assert_eq!(code(&two, &changed("aud", json!("https://alias.example")), &any), "accepted");
    let young = server().max_issued_age(Duration::from_secs(10));
    assert_eq!(code(&young, &changed("iat", json!(NOW)), &any), "accepted");
    assert_eq!(code(&young, &changed("iat", json!(NOW - 71)), &any), "access_token_iat_too_old");
    assert_eq!(code(&young, &least(), &any), "access_token_iat_missing");
    assert!(server().check_introspected("[]", TOKEN, &any, at(NOW)).is_err());
    assert!(server().check_introspected(r#"{"aud":1,"aud":2}"#, TOKEN, &any, at(NOW)).is_err());
}

#[test]
fn su_03_what_the_request_needs_is_compared() {
    let strong = with(changed("acr", json!("gold")), "auth_time", json!(NOW - 100));
    let all = with(strong, "scope", json!("read write"));
    for (required, expected) in [
        (Required::new().scope("read").acr(["gold"]).max_age(Duration::from_secs(60)), "accepted"),
        (Required::new().scope("read admin"), "access_token_scope_insufficient"),
        (Required::new().acr(["silver"]), "access_token_acr_mismatch"),
        (Required::new().max_age(Duration::from_secs(30)), "access_token_auth_time_too_old"),
    ] {
        assert_eq!(code(&server(), &all, &required), expected);
    }
    assert_eq!(code(&server(), &least(), &Required::new().scope("read")), "access_token_scope_insufficient");
    assert_eq!(code(&server(), &least(), &Required::new().acr(["gold"])), "access_token_acr_missing");
}

#[test]
fn dp_12_a_bound_token_needs_the_proof_of_its_key() {
    let proof = prove(&proof(&proof_header(&ED, Algorithm::EdDsa), &proof_claims(TOKEN)), at(NOW)).unwrap();
    let bound = changed("cnf", json!({"jkt": proof.thumbprint()}));
    let proved = Required::new().proof(proof);
    assert_eq!(code(&server(), &bound, &proved), "accepted");
    assert_eq!(code(&server(), &bound, &Required::new()), "access_token_cnf_unconfirmed");
    assert_eq!(code(&server(), &changed("cnf", json!({"jkt": "AAAA"})), &proved), "access_token_cnf_mismatch");
    assert_eq!(code(&server(), &least(), &proved), "access_token_cnf_missing");
    assert_eq!(code(&server().require_binding(), &least(), &Required::new()), "access_token_cnf_missing");
    // The proof was made for another token.
    let other = server().check_introspected(&bound.to_string(), "another.access.token", &proved, at(NOW));
    assert_eq!(other.unwrap_err().code(), "access_token_cnf_mismatch");
}
