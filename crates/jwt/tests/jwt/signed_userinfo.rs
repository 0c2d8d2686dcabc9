//! A signed response of the userinfo endpoint (B10; OpenID Connect Core section 5.3.2).

use proofkey_jwt::{Algorithm, ClaimFault, SignedUserInfo, SignedUserInfoError};
use serde_json::{Value, json};

use crate::support::*;

fn userinfo() -> Value {
    json!({"iss": ISSUER, "aud": CLIENT, "sub": "user-17", "email": "user@example.com"})
}

fn receive(token: &str) -> Result<SignedUserInfo, SignedUserInfoError> {
    SignedUserInfo::validate(token, &set(&ED), &expected().relying_party, "user-17", at(NOW))
}

fn code(name: &str, value: impl Into<Option<Value>>) -> Result<(), &'static str> {
    receive(&token(&userinfo())).unwrap();
    receive(&token(&with(userinfo(), name, value))).map(|_| ()).map_err(|error| error.code())
}

#[test]
fn b10_the_claims_of_the_same_user_are_accepted() {
    let userinfo = receive(&token(&userinfo())).unwrap();
    assert_eq!(userinfo.claims().email(), Some("user@example.com"));
    let checks: Vec<_> = userinfo.checks().iter().map(|check| (check.rule.id(), check.outcome.name())).collect();
    let held = ["iss", "aud", "alg", "signature", "sub"].map(|rule| (rule, "held"));
    assert_eq!(checks, [&[("typ", "absent")], &held[..], &[("nbf", "absent")]].concat());
    assert!(format!("{userinfo:?}").starts_with("SignedUserInfo { claims: Claims(4 claims), "), "{userinfo:?}");
    assert_eq!(code("iss", None), Ok(()));
    assert_eq!(code("aud", None), Ok(()));
    assert_eq!(code("aud", json!([CLIENT])), Ok(()));
    assert_eq!(code("exp", json!(NOW + 1)), Ok(()));
}

#[test]
fn b10_what_breaks_a_rule_is_refused() {
    for (name, value, refusal) in [
        ("sub", None, "signed_userinfo_sub_missing"),
        ("sub", Some(json!("user-18")), "signed_userinfo_sub_mismatch"),
        ("sub", Some(json!(17)), "signed_userinfo_sub_wrong_type"),
        ("iss", Some(json!("https://other.example")), "signed_userinfo_iss_mismatch"),
        ("iss", Some(json!(7)), "signed_userinfo_iss_wrong_type"),
        ("aud", Some(json!("other")), "signed_userinfo_aud_mismatch"),
        ("aud", Some(json!([CLIENT, "other"])), "signed_userinfo_aud_untrusted"),
        ("aud", Some(json!([])), "signed_userinfo_aud_empty"),
        ("exp", Some(json!(NOW - 60)), "signed_userinfo_exp_expired"),
        ("exp", Some(json!("never")), "signed_userinfo_exp_wrong_type"),
        ("nbf", Some(json!(NOW + 61)), "signed_userinfo_nbf_not_yet_valid"),
        ("iat", Some(json!(NOW + 61)), "signed_userinfo_iat_in_the_future"),
    ] {
        assert_eq!(code(name, value), Err(refusal));
    }
    let nameless = receive(&token(&with(userinfo(), "sub", None)));
    assert!(matches!(nameless, Err(SignedUserInfoError::Claim { fault: ClaimFault::Missing, .. })));
    let typed = |typ: &str| {
        let header = with(header(), "typ", json!(typ)).to_string();
        receive(&token_of(&header, userinfo().to_string().as_bytes(), &ED, Algorithm::EdDsa))
    };
    typed("JWT").unwrap();
    assert_eq!(typed("at+jwt").unwrap_err().code(), "signed_userinfo_typ_mismatch");
    let forged = token_of(&header().to_string(), userinfo().to_string().as_bytes(), &OTHER_ED, Algorithm::EdDsa);
    assert_eq!(receive(&forged).unwrap_err().code(), "jws_bad_signature");
    let unknown = with(header(), "kid", json!("other")).to_string();
    let unknown = receive(&token_of(&unknown, userinfo().to_string().as_bytes(), &ED, Algorithm::EdDsa)).unwrap_err();
    assert!(unknown.is_key_not_found() && !receive(&forged).unwrap_err().is_key_not_found());
    assert_eq!(receive(&userinfo().to_string()).unwrap_err().code(), "jwt_json_serialization");
    let other = expected().algorithms([Algorithm::Rs256]).relying_party;
    let error = SignedUserInfo::validate(&token(&userinfo()), &set(&ED), &other, "user-17", at(NOW)).unwrap_err();
    assert_eq!(error.code(), "jws_algorithm_not_accepted");
}
