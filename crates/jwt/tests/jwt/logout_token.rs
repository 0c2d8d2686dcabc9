//! Back-channel logout tokens (LO-01; OpenID Connect Back-Channel Logout 1.0 section 2.6).

use std::time::Duration;

use proofkey_jwt::{Algorithm, LogoutToken, LogoutTokenError, Outcome, RelyingParty, ReplayError, ReplayWindow, Rule};
use serde_json::{Value, json};

use crate::support::*;

pub(crate) const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

pub(crate) fn logout() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "iat": NOW - 1, "exp": NOW + 120, "jti": "id-1", "sub": "user-17",
        "sid": "session-1", "events": {EVENT: {}},
    })
}

pub(crate) fn party() -> RelyingParty {
    RelyingParty::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa])
}

pub(crate) fn typed(typ: Option<&str>, claims: &Value) -> String {
    let header = with(header(), "typ", typ.map(|typ| json!(typ))).to_string();
    token_of(&header, claims.to_string().as_bytes(), &ED, Algorithm::EdDsa)
}

pub(crate) fn receive(token: &str) -> Result<LogoutToken, LogoutTokenError> {
    LogoutToken::validate(token, &set(&ED), &party(), at(NOW))
}

fn code(name: &str, value: impl Into<Option<Value>>) -> Result<(), &'static str> {
    receive(&typed(Some("logout+jwt"), &logout())).unwrap();
    let token = typed(Some("logout+jwt"), &with(logout(), name, value));
    receive(&token).map(|_| ()).map_err(|error| error.code())
}

#[test]
fn lo_01_the_honest_token_is_accepted_and_every_check_is_listed() {
    let token = receive(&typed(Some("logout+jwt"), &logout())).unwrap();
    assert_eq!((token.issuer(), token.subject(), token.session_id()), (ISSUER, Some("user-17"), Some("session-1")));
    assert_eq!((token.token_id(), token.claims().len()), ("id-1", 8));
    assert_eq!((token.expires_at().to_system_time(), token.issued_at().to_system_time()), (at(NOW + 120), at(NOW - 1)));
    let rules: Vec<_> = token.checks().iter().map(|check| check.rule).collect();
    assert_eq!(rules, Rule::LOGOUT_TOKEN, "each rule once, in order");
    let absent: Vec<_> = token.checks().iter().filter(|check| check.outcome != Outcome::Held).collect();
    assert!(matches!(absent[..], [check] if check.rule == Rule::NotBefore && check.outcome == Outcome::Absent));
    assert!(Rule::LOGOUT_TOKEN.iter().all(|rule| rule.section().contains(char::is_numeric)));
    let shown = format!("{token:?}");
    assert!(shown.starts_with(r#"LogoutToken { issuer: "https://as.example", claims: Claims(8 claims), checks"#));
    assert!(!shown.contains("user-17") && !shown.contains("session-1"), "{shown}");
}

#[test]
fn lo_01_the_type_is_its_own_or_none() {
    for typ in [Some("logout+jwt"), Some("application/logout+jwt"), Some("Logout+JWT"), Some("JWT"), None] {
        receive(&typed(typ, &logout())).unwrap();
    }
    for typ in ["at+jwt", "secevent+jwt", "dpop+jwt", "logout", ""] {
        let refused = receive(&typed(Some(typ), &logout())).unwrap_err();
        assert_eq!(refused.code(), "logout_token_typ_mismatch", "{typ}");
    }
}

#[test]
fn lo_01_an_id_token_is_no_logout_token_and_the_reverse() {
    validate(&token(&claims()), &expected()).unwrap();
    let id = with(with(claims(), "jti", json!("id-1")), "sid", json!("session-1"));
    assert_eq!(receive(&token(&claims())).unwrap_err().code(), "logout_token_jti_missing");
    assert_eq!(receive(&token(&id)).unwrap_err().code(), "logout_token_events_missing");
    assert_eq!(receive(&token(&with(id, "nonce", None))).unwrap_err().code(), "logout_token_events_missing");
    for typ in [Some("logout+jwt"), Some("JWT"), None] {
        receive(&typed(typ, &logout())).unwrap();
        let refused = validate(&typed(typ, &logout()), &expected()).unwrap_err();
        let by = if typ == Some("logout+jwt") { "id_token_typ_mismatch" } else { "id_token_nonce_missing" };
        assert_eq!(refused.code(), by);
        // Where no nonce was sent, as after a refresh, the event keeps it out.
        let any = expected().accept_any_nonce();
        let by = if typ == Some("logout+jwt") { "id_token_typ_mismatch" } else { "id_token_events_forbidden" };
        assert_eq!(validate(&typed(typ, &logout()), &any).unwrap_err().code(), by);
    }
    let other_event = with(claims(), "events", json!({"https://issuer.example/event": {}}));
    validate(&token(&other_event), &expected()).unwrap();
    // Nor is it an access token.
    let refused = crate::access_token::receive_at(
        &typed(Some("logout+jwt"), &logout()),
        &crate::access_token::server(),
        &proofkey_jwt::Required::new(),
        at(NOW),
    );
    assert_eq!(refused.unwrap_err().code(), "access_token_typ_mismatch");
}

#[test]
fn lo_01_the_subject_or_the_session_is_named() {
    for (name, rule) in [("sub", Rule::Subject), ("sid", Rule::Session)] {
        let token = receive(&typed(None, &with(logout(), name, None))).unwrap();
        let check = token.checks().iter().find(|check| check.rule == rule).unwrap();
        assert_eq!(check.outcome, Outcome::Absent);
    }
    let neither = with(with(logout(), "sub", None), "sid", None);
    assert_eq!(receive(&typed(None, &neither)).unwrap_err().code(), "logout_token_sid_missing");
    assert_eq!(code("sub", json!("")), Err("logout_token_sub_empty"));
    assert_eq!(code("sid", json!("")), Err("logout_token_sid_empty"));
    assert_eq!(code("sid", json!(7)), Err("logout_token_sid_wrong_type"));
    assert_eq!(code("sub", json!(7)), Err("logout_token_sub_wrong_type"));
}

#[test]
fn lo_01_the_event_is_a_logout() {
    for events in [json!({EVENT: {}}), json!({EVENT: {"reason": 1}}), json!({"urn:other": {}, EVENT: {}})] {
        assert_eq!(code("events", events), Ok(()));
    }
    for (events, refusal) in [
        (None, "logout_token_events_missing"),
        (Some(json!(null)), "logout_token_events_missing"),
        (Some(json!(EVENT)), "logout_token_events_wrong_type"),
        (Some(json!([EVENT])), "logout_token_events_wrong_type"),
        (Some(json!({})), "logout_token_events_mismatch"),
        (Some(json!({"urn:other": {}})), "logout_token_events_mismatch"),
        (Some(json!({EVENT.to_uppercase(): {}})), "logout_token_events_mismatch"),
        (Some(json!({format!("{EVENT}/"): {}})), "logout_token_events_mismatch"),
        (Some(json!({EVENT.replace("http:", "https:"): {}})), "logout_token_events_mismatch"),
        (Some(json!({"urn:other": {EVENT: {}}})), "logout_token_events_mismatch"),
        (Some(json!({EVENT: null})), "logout_token_events_wrong_type"),
        (Some(json!({EVENT: true})), "logout_token_events_wrong_type"),
        (Some(json!({EVENT: []})), "logout_token_events_wrong_type"),
        (Some(json!({EVENT: "{}"})), "logout_token_events_wrong_type"),
    ] {
        assert_eq!(code("events", events), Err(refusal));
    }
}

#[test]
fn lo_01_what_breaks_a_rule_is_refused() {
    for (name, value, refusal) in [
        ("iss", None, "logout_token_iss_missing"),
        ("iss", Some(json!("https://other.example")), "logout_token_iss_mismatch"),
        ("aud", None, "logout_token_aud_missing"),
        ("aud", Some(json!("other")), "logout_token_aud_mismatch"),
        ("aud", Some(json!([CLIENT, "other"])), "logout_token_aud_untrusted"),
        ("exp", None, "logout_token_exp_missing"),
        ("exp", Some(json!(NOW - 60)), "logout_token_exp_expired"),
        ("nbf", Some(json!(NOW + 61)), "logout_token_nbf_not_yet_valid"),
        ("iat", None, "logout_token_iat_missing"),
        ("iat", Some(json!(NOW + 61)), "logout_token_iat_in_the_future"),
        ("jti", None, "logout_token_jti_missing"),
        ("jti", Some(json!("")), "logout_token_jti_empty"),
        ("jti", Some(json!(7)), "logout_token_jti_wrong_type"),
        ("nonce", Some(json!("n")), "logout_token_nonce_forbidden"),
        ("nonce", Some(json!(null)), "logout_token_nonce_forbidden"),
    ] {
        assert_eq!(code(name, value), Err(refusal));
    }
    let honest = typed(None, &logout());
    let old = LogoutToken::validate(&honest, &set(&ED), &party().max_issued_age(Duration::ZERO), at(NOW + 60));
    assert_eq!(old.unwrap_err().code(), "logout_token_iat_too_old");
    let forged = token_of(&header().to_string(), logout().to_string().as_bytes(), &OTHER_ED, Algorithm::EdDsa);
    assert_eq!(receive(&forged).unwrap_err().code(), "jws_bad_signature");
    let unsigned = format!("{}.{}.", encode(br#"{"alg":"none"}"#), encode(logout().to_string().as_bytes()));
    assert_eq!(receive(&unsigned).unwrap_err().code(), "jwt_alg_none");
    let keys = set_of(&[with(ED.jwk(), "kid", json!("other"))]);
    assert!(LogoutToken::validate(&honest, &keys, &party(), at(NOW)).unwrap_err().is_key_not_found());
}

#[test]
fn lo_01_a_token_is_accepted_once() {
    let token = |jti: &str, exp: u64| {
        let claims = with(with(logout(), "jti", json!(jti)), "exp", json!(exp));
        receive(&typed(None, &claims)).unwrap()
    };
    let mut seen = ReplayWindow::new(2);
    let first = token("a", NOW + 10);
    assert_eq!(seen.accept_logout(&first, at(NOW)), Ok(()));
    assert_eq!(seen.accept_logout(&first, at(NOW)), Err(ReplayError::Replayed));
    // By its name, whatever else it says.
    assert_eq!(seen.accept_logout(&token("a", NOW + 11), at(NOW)), Err(ReplayError::Replayed));
    assert_eq!(seen.accept_logout(&token("b", NOW + 10), at(NOW)), Ok(()));
    assert_eq!((seen.len(), format!("{seen:?}")), (2, "ReplayWindow(2 of 2)".to_owned()));
    assert_eq!(seen.accept_logout(&token("c", NOW + 10), at(NOW)), Err(ReplayError::Full));
    // As long as the first could be accepted, with 60 seconds of leeway, it is remembered.
    assert_eq!(seen.accept_logout(&first, at(NOW + 70)), Err(ReplayError::Replayed));
    assert_eq!(seen.accept_logout(&token("c", NOW + 90), at(NOW + 71)), Ok(()));
    assert_eq!((seen.len(), seen.is_empty()), (1, false));
    // Another issuer's token of the same name is another.
    let other = RelyingParty::new("https://other.example", CLIENT).algorithms([Algorithm::EdDsa]);
    let claims = with(with(logout(), "iss", json!("https://other.example")), "jti", json!("c"));
    let other = LogoutToken::validate(&typed(None, &claims), &set(&ED), &other, at(NOW)).unwrap();
    assert_eq!(seen.accept_logout(&other, at(NOW + 71)), Ok(()));
}
