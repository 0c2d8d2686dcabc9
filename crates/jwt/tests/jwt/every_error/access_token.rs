//! An access token is refused: each claim by each of its faults.

use std::time::Duration;

use proofkey_jwt::{AccessTokenCompat, Algorithm, JwtAccessTokenError, Required, ResourceServer};
use serde_json::{Value, json};

use super::{Pair, Row, check};
use crate::access_token::{access, header, receive, receive_at, server};
use crate::support::{ED, NOW, at, token_of, with};

pub(crate) const TYPES: [&str; 1] = ["JwtAccessTokenError"];

#[test]
fn every_access_token_error() {
    check("JwtAccessTokenError", &rows(), JwtAccessTokenError::code);
    // With nothing bent the token is accepted.
    receive(&access(), &Required::new()).unwrap();
}

pub(crate) fn pairs() -> Vec<Pair> {
    let pair = |(_, provoke): Row<JwtAccessTokenError>| match provoke() {
        JwtAccessTokenError::Claim { claim, fault, .. } => Some((claim, fault, "access_token_", provoke().code())),
        _ => None,
    };
    rows().into_iter().filter_map(pair).collect()
}

fn rows() -> Vec<Row<JwtAccessTokenError>> {
    vec![
        ("jwt_segment_count", || receive_at("a.b", &server(), &Required::new(), at(NOW)).unwrap_err()),
        ("access_token_typ_mismatch", || typed("JWT", &access(), &server())),
        ("jws_algorithm_not_accepted", || typed("at+jwt", &access(), &server().algorithms([Algorithm::Rs256]))),
        ("access_token_iss_missing", || without("iss")),
        ("access_token_iss_wrong_type", || set_to("iss", json!(7))),
        ("access_token_iss_mismatch", || set_to("iss", json!("https://other.example"))),
        ("access_token_aud_missing", || without("aud")),
        ("access_token_aud_wrong_type", || set_to("aud", json!(7))),
        ("access_token_aud_empty", || set_to("aud", json!([]))),
        ("access_token_aud_mismatch", || set_to("aud", json!("https://other.example"))),
        ("access_token_sub_missing", || without("sub")),
        ("access_token_sub_wrong_type", || set_to("sub", json!(17))),
        ("access_token_sub_empty", || set_to("sub", json!(""))),
        ("access_token_client_id_missing", || without("client_id")),
        ("access_token_client_id_wrong_type", || set_to("client_id", json!(17))),
        ("access_token_client_id_empty", || set_to("client_id", json!(""))),
        ("access_token_client_id_mismatch", || {
            let compat = AccessTokenCompat::cognito(["another"]);
            typed("JWT", &with(with(access(), "aud", None), "token_use", json!("access")), &server().compat(compat))
        }),
        ("access_token_jti_missing", || without("jti")),
        ("access_token_jti_wrong_type", || set_to("jti", json!(17))),
        ("access_token_jti_empty", || set_to("jti", json!(""))),
        ("access_token_exp_missing", || without("exp")),
        ("access_token_exp_wrong_type", || set_to("exp", json!("1800003600"))),
        ("access_token_exp_out_of_range", || set_to("exp", json!(-1))),
        ("access_token_exp_expired", || set_to("exp", json!(NOW - 60))),
        ("access_token_nbf_wrong_type", || set_to("nbf", json!("1"))),
        ("access_token_nbf_out_of_range", || set_to("nbf", json!(-1))),
        ("access_token_nbf_not_yet_valid", || set_to("nbf", json!(NOW + 61))),
        ("access_token_iat_missing", || without("iat")),
        ("access_token_iat_wrong_type", || set_to("iat", json!("1"))),
        ("access_token_iat_out_of_range", || set_to("iat", json!(u64::MAX))),
        ("access_token_iat_in_the_future", || set_to("iat", json!(NOW + 61))),
        ("access_token_iat_too_old", || {
            typed("at+jwt", &access(), &server().max_issued_age(Duration::ZERO).leeway(Duration::from_secs(9)))
        }),
        ("access_token_cnf_missing", || typed("at+jwt", &access(), &server().require_binding())),
        ("access_token_cnf_wrong_type", || set_to("cnf", json!("jkt"))),
        ("access_token_cnf_empty", || set_to("cnf", json!({}))),
        ("access_token_cnf_unconfirmed", || {
            set_to("cnf", json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}))
        }),
        ("access_token_cnf_mismatch", || {
            let bound = with(access(), "cnf", json!({"x5t#S256": "AAAA"}));
            receive(&bound, &Required::new().certificate(*b"DER")).unwrap_err()
        }),
        ("access_token_scope_wrong_type", || set_to("scope", json!(["read"]))),
        ("access_token_scope_insufficient", || receive(&access(), &Required::new().scope("admin")).unwrap_err()),
        ("access_token_acr_missing", || receive(&access(), &Required::new().acr(["gold"])).unwrap_err()),
        ("access_token_acr_wrong_type", || set_to("acr", json!(1))),
        ("access_token_acr_mismatch", || {
            receive(&with(access(), "acr", json!("0")), &Required::new().acr(["gold"])).unwrap_err()
        }),
        ("access_token_auth_time_missing", || receive(&access(), &recently()).unwrap_err()),
        ("access_token_auth_time_wrong_type", || set_to("auth_time", json!("1"))),
        ("access_token_auth_time_too_old", || {
            receive(&with(access(), "auth_time", json!(NOW - 361)), &recently()).unwrap_err()
        }),
        ("access_token_nonce_forbidden", || lenient("nonce", json!("n"))),
        ("access_token_at_hash_forbidden", || lenient("at_hash", json!("AAAA"))),
        ("access_token_c_hash_forbidden", || lenient("c_hash", json!("AAAA"))),
        ("access_token_s_hash_forbidden", || lenient("s_hash", json!("AAAA"))),
        ("access_token_token_use_wrong_type", || lenient("token_use", json!(7))),
        ("access_token_token_use_mismatch", || lenient("token_use", json!("id"))),
        ("access_token_kind_wrong_type", || lenient("typ", json!(7))),
        ("access_token_kind_mismatch", || lenient("typ", json!("ID"))),
    ]
}

fn recently() -> Required {
    Required::new().max_age(Duration::from_secs(300))
}

fn set_to(name: &str, value: impl Into<Option<Value>>) -> JwtAccessTokenError {
    receive(&with(access(), name, value), &Required::new()).unwrap_err()
}

fn without(name: &str) -> JwtAccessTokenError {
    set_to(name, None)
}

fn typed(typ: &str, claims: &Value, server: &ResourceServer) -> JwtAccessTokenError {
    let token = token_of(&header(typ), claims.to_string().as_bytes(), &ED, Algorithm::EdDsa);
    receive_at(&token, server, &Required::new(), at(NOW)).unwrap_err()
}

/// With `typ` tolerated.
fn lenient(name: &str, value: Value) -> JwtAccessTokenError {
    let server = server().compat(AccessTokenCompat::strict().with_generic_type());
    typed("JWT", &with(access(), name, value), &server)
}
