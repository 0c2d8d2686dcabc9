//! The end of a login: order, checks, cancellation.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proofkey::jwt::{Algorithm, MacAlgorithm, Outcome, Rule};
use proofkey::token::{ClientSecret, TransportErrorKind};
use proofkey::{FinishSteps, Login, LoginError, Stage};
use serde_json::{Value, json};

use crate::desk::*;

/// Polls a future so many times, and drops it.
fn cancel_after(polls: usize, future: impl Future) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        assert!(matches!(future.as_mut().poll(&mut context), Poll::Pending));
    }
}

async fn refused(edit: impl FnOnce(&mut serde_json::Value)) -> LoginError {
    let desk = Desk::open();
    let login = desk.login();
    desk.edit_claims(edit);
    let grant = desk.grant(&login, login.request());
    login.finish(&desk.http(), grant).await.unwrap_err()
}

#[tokio::test]
async fn a_login_is_keys_then_code_then_identity() {
    let desk = Desk::open();
    let login = desk.login();
    let grant = desk.grant(&login, login.request().scope("openid email").max_age(60));
    let verifier = grant.verifier().unwrap().expose().to_owned();
    let identity = login.finish(&desk.http(), grant).await.unwrap();
    assert_eq!(desk.log(), ["GET /jwks", "POST /token"]);
    assert_eq!(desk.last_form()["code_verifier"], verifier);
    assert_eq!((identity.issuer(), identity.subject()), (ISSUER, "user-17"));
    assert_eq!(identity.claims().email(), Some("Sentinel0@example.com"));
    assert_eq!(identity.tokens().access_token().unwrap().expose(), "access-1");
    assert_eq!(identity.expires_at(), Some(identity.received_at() + std::time::Duration::from_secs(3600)));
    let held = |rule| identity.checks().iter().any(|check| check.rule == rule && check.outcome == Outcome::Held);
    for rule in [Rule::Issuer, Rule::Audience, Rule::Signature, Rule::Nonce, Rule::AuthTime, Rule::Expiry] {
        assert!(held(rule), "{rule:?}");
    }
    assert_eq!(identity.into_tokens().refresh_token().unwrap().expose(), "refresh-1");
}

#[tokio::test]
async fn the_keys_are_fetched_once_for_many_logins() {
    let desk = Desk::open();
    let login = desk.login();
    for _ in 0..3 {
        desk.edit_claims(|claims| claims["nonce"] = json!("{nonce}"));
        let grant = desk.grant(&login, login.request());
        login.finish(&desk.http(), grant).await.unwrap();
    }
    assert_eq!(desk.count("GET /jwks"), 1);
}

#[tokio::test]
async fn id_06_a_login_without_an_id_token_fails() {
    let desk = Desk::open();
    let login = desk.login();
    let grant = desk.grant(&login, login.request());
    *desk.claims.lock().unwrap() = None;
    let error = login.finish(&desk.http(), grant).await.unwrap_err();
    assert_eq!((error.code(), error.stage()), ("login_id_token_missing", Stage::IdToken));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn id_21_the_nonce_of_this_login_is_due() {
    assert_eq!(refused(|claims| claims["nonce"] = json!("another")).await.code(), "id_token_nonce_mismatch");
    let missing = refused(|claims| drop(claims.as_object_mut().unwrap().remove("nonce"))).await;
    assert_eq!(missing.code(), "id_token_nonce_missing");
}

#[tokio::test]
async fn id_07_id_08_id_17_the_claims_are_checked_against_this_client_and_its_clock() {
    assert_eq!(refused(|claims| claims["iss"] = json!("https://as.example")).await.code(), "id_token_iss_mismatch");
    assert_eq!(refused(|claims| claims["aud"] = json!("other")).await.code(), "id_token_aud_mismatch");
    assert_eq!(refused(|claims| claims["exp"] = json!(NOW - 61)).await.code(), "id_token_exp_expired");
}

#[tokio::test]
async fn id_17_the_leeway_is_the_callers() {
    for (leeway, ok) in [(0, false), (30, true)] {
        let desk = Desk::open();
        let login = desk.login().with_leeway(std::time::Duration::from_secs(leeway));
        desk.edit_claims(|claims| claims["exp"] = json!(NOW - 10));
        let grant = desk.grant(&login, login.request());
        assert_eq!(login.finish(&desk.http(), grant).await.is_ok(), ok, "{leeway}");
    }
}

#[tokio::test]
async fn id_24_max_age_is_checked_when_it_was_asked() {
    for (asked, code) in [(Some(5), Some("id_token_auth_time_too_old")), (Some(20), None), (None, None)] {
        let desk = Desk::open();
        let login = desk.login().with_leeway(std::time::Duration::ZERO);
        let mut request = login.request();
        if let Some(seconds) = asked {
            request = request.max_age(seconds);
        }
        let grant = desk.grant(&login, request);
        let error = login.finish(&desk.http(), grant).await.err();
        assert_eq!(error.as_ref().map(LoginError::code), code, "{asked:?}");
    }
}

#[tokio::test]
async fn id_23_a_required_acr_is_asked_for_and_checked() {
    for (required, code) in [("urn:mfa", None), ("urn:phishing-resistant", Some("id_token_acr_mismatch"))] {
        let desk = Desk::open();
        let login = desk.login().with_required_acr(["urn:best", required]);
        let (url, _) = login.request().begin().unwrap();
        assert!(url.contains("acr_values=urn%3Abest%20urn%3A"), "{url}");
        let grant = desk.grant(&login, login.request());
        let error = login.finish(&desk.http(), grant).await.err();
        assert_eq!(error.as_ref().map(LoginError::code), code);
    }
}

#[tokio::test]
async fn id_26_ak_09_a_swapped_access_token_is_detected() {
    for (token, ok) in [("access-1", true), ("another", false)] {
        let desk = Desk::open();
        let login = desk.login();
        desk.edit_claims(|claims| claims["at_hash"] = json!(half_hash(token)));
        let grant = desk.grant(&login, login.request());
        let result = login.finish(&desk.http(), grant).await;
        assert_eq!(result.err().map(|error| error.code()), (!ok).then_some("id_token_at_hash_mismatch"));
    }
}

#[tokio::test]
async fn id_29_a_c_hash_of_another_code_is_detected() {
    for (code, ok) in [("Sentinel0code", true), ("another", false)] {
        let desk = Desk::open();
        let login = desk.login();
        desk.edit_claims(|claims| claims["c_hash"] = json!(half_hash(code)));
        let grant = desk.grant(&login, login.request());
        assert_eq!(login.finish(&desk.http(), grant).await.is_ok(), ok);
    }
}

#[tokio::test]
async fn id_14_only_the_registered_algorithms_are_accepted() {
    let desk = Desk::open();
    let login = desk.login().with_id_token_algorithms([Algorithm::Rs256, Algorithm::Es256]);
    let grant = desk.grant(&login, login.request());
    let error = login.finish(&desk.http(), grant).await.unwrap_err();
    assert_eq!(error.code(), "jws_algorithm_not_accepted");
}

#[tokio::test]
async fn id_09_further_audiences_are_trusted_by_name() {
    for (trusted, ok) in [(vec![], false), (vec!["api"], true)] {
        let desk = Desk::open();
        let login = desk.login().with_trusted_audiences(trusted);
        desk.edit_claims(|claims| {
            claims["aud"] = json!([CLIENT, "api"]);
            claims["azp"] = json!(CLIENT);
        });
        let grant = desk.grant(&login, login.request());
        assert_eq!(login.finish(&desk.http(), grant).await.is_ok(), ok);
    }
}

#[test]
fn id_16_an_hmac_needs_a_secret_as_long_as_its_hash() {
    let short = ClientSecret::new("short").unwrap();
    let error = Desk::open().login().with_id_token_hmac(MacAlgorithm::Hs256, &short).unwrap_err();
    assert!(matches!(error, LoginError::Hmac(_)));
    assert_eq!(error.stage(), Stage::Setup);
    let long = ClientSecret::new("x".repeat(32)).unwrap();
    assert!(Desk::open().login().with_id_token_hmac(MacAlgorithm::Hs256, &long).is_ok());
}

#[tokio::test]
async fn keys_that_cannot_be_had_cost_no_code() {
    let desk = Desk::open();
    let login = desk.login();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    desk.answer("/jwks", Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps));
    desk.answer("/jwks", Answer::Reply(503, String::new()));
    desk.answer("/jwks", Answer::Reply(200, "{".to_owned()));
    for (code, retryable) in [("transport_timeout", true), ("keys_status", true)] {
        let error = desk.drive(&mut finish, &desk.http()).await.unwrap_err();
        assert_eq!((error.code(), error.stage(), error.is_retryable()), (code, Stage::IdToken, retryable));
    }
    let error = desk.drive(&mut finish, &desk.http()).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("keys_cooldown", true), "not within the same second");
    desk.pass(1);
    let error = desk.drive(&mut finish, &desk.http()).await.unwrap_err();
    assert!(matches!(error, LoginError::Keys(_)) && !error.is_retryable(), "{error}");
    desk.pass(1);
    assert_eq!(desk.count("POST /token"), 0);
    // The grant is as good as before.
    desk.drive(&mut finish, &desk.http()).await.unwrap();
    assert_eq!(desk.count("POST /token"), 1);
}

#[tokio::test]
async fn without_a_jwks_uri_the_code_is_not_sent() {
    let desk = Desk::open();
    let bare = Desk::server();
    let server = proofkey::authorize::AuthorizationServer::new(
        bare.issuer().clone(),
        bare.authorization_endpoint().clone(),
        bare.token_endpoint().clone(),
    );
    let login = Login::new(server, CLIENT, "https://app.example/callback").unwrap();
    let grant = desk.grant(&login, login.request());
    let error = login.finish(&desk.http(), grant).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("keys_no_jwks_uri", false));
    assert!(desk.log().is_empty());
}

#[tokio::test]
async fn oa_23_a_code_that_certainly_was_not_sent_can_be_sent_again() {
    let desk = Desk::open();
    let login = desk.login();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    for _ in 0..2 {
        desk.answer("/token", Answer::Fail(TransportErrorKind::Connect, Sent::No));
        let error = desk.drive(&mut finish, &desk.http()).await.unwrap_err();
        assert_eq!((error.code(), error.stage(), error.is_retryable()), ("transport_connect", Stage::Exchange, true));
    }
    desk.drive(&mut finish, &desk.http()).await.unwrap();
    assert_eq!(desk.drive(&mut finish, &desk.http()).await.unwrap_err().code(), "login_finished");
}

#[tokio::test]
async fn oa_23_a_code_that_may_have_been_sent_never_is_again() {
    for answer in [
        Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps),
        Answer::Fail(TransportErrorKind::Reset, Sent::Perhaps),
        Answer::Reply(503, String::new()),
        Answer::Reply(500, "{}".to_owned()),
        Answer::Reply(400, r#"{"error":"temporarily_unavailable"}"#.to_owned()),
        Answer::Reply(307, String::new()),
        Answer::Reply(200, "{".to_owned()),
    ] {
        let desk = Desk::open();
        let login = desk.login();
        let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
        desk.answer("/token", answer);
        let error = desk.drive(&mut finish, &desk.http()).await.unwrap_err();
        assert!(matches!(error, LoginError::Exchange(_)));
        assert!(!error.is_retryable(), "{error}");
        let again = desk.drive(&mut finish, &desk.http()).await.unwrap_err();
        assert_eq!((again.code(), again.is_retryable()), ("login_finished", false));
        assert_eq!(desk.count("POST /token"), 1);
    }
}

#[tokio::test]
async fn oa_23_cancelled_while_the_code_is_on_its_way_it_is_not_sent_again() {
    let desk = Desk::open();
    let login = desk.login();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    desk.answer("/token", Answer::Hang);
    cancel_after(3, desk.drive(&mut finish, &desk.http()));
    for _ in 0..2 {
        let error = desk.drive(&mut finish, &desk.http()).await.unwrap_err();
        assert_eq!((error.code(), error.stage(), error.is_retryable()), ("login_interrupted", Stage::Exchange, false));
    }
    assert_eq!(desk.count("POST /token"), 1);
}

#[tokio::test]
async fn cancelled_while_the_keys_are_on_their_way_nothing_is_lost() {
    let desk = Desk::open();
    let login = desk.login();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    desk.answer("/jwks", Answer::Hang);
    cancel_after(2, desk.drive(&mut finish, &desk.http()));
    desk.drive(&mut finish, &desk.http()).await.unwrap();
    assert_eq!(desk.log(), ["GET /jwks", "GET /jwks", "POST /token"]);
}

#[tokio::test]
async fn tokens_that_came_are_kept_while_a_new_key_is_fetched() {
    let desk = Desk::open();
    let login = desk.login();
    login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    // The issuer changes its key, and the next look at its keys is cancelled once, and fails once.
    *desk.signs.lock().unwrap() = 2;
    *desk.published.lock().unwrap() = vec![1, 2];
    desk.pass(60);
    desk.edit_claims(|claims| claims["nonce"] = json!("{nonce}"));
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    desk.answer("/jwks", Answer::Hang);
    cancel_after(2, desk.drive(&mut finish, &desk.http()));
    desk.answer("/jwks", Answer::Fail(TransportErrorKind::Reset, Sent::Perhaps));
    for code in ["transport_reset", "keys_cooldown"] {
        let error = desk.drive(&mut finish, &desk.http()).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (code, true));
    }
    desk.pass(30);
    assert_eq!(desk.drive(&mut finish, &desk.http()).await.unwrap().subject(), "user-17");
    assert_eq!(desk.count("POST /token"), 2);
}

#[tokio::test]
async fn bp_32_refused_tokens_are_gone() {
    let desk = Desk::open();
    let login = desk.login();
    desk.edit_claims(|claims| claims["nonce"] = json!("another"));
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    assert_eq!(desk.drive(&mut finish, &desk.http()).await.unwrap_err().code(), "id_token_nonce_mismatch");
    assert_eq!(desk.drive(&mut finish, &desk.http()).await.unwrap_err().code(), "login_finished");
    assert_eq!(desk.count("POST /token"), 1);
}

#[test]
fn the_futures_are_send() {
    fn assert_send<T: Send>(_: &T) {}
    fn assert_shared<T: Send + Sync>(_: &T) {}
    let desk = Desk::open();
    let http = desk.http();
    let login = desk.login();
    assert_shared(&login);
    assert_send(&proofkey::discover(&http, ISSUER));
    let mut finish: FinishSteps<'_> = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    assert_send(&finish);
    assert_send(&desk.drive(&mut finish, &http));
    assert_send(&login.finish(&http, desk.grant(&login, login.request())));
    assert_send(&login.exchange(&http, desk.grant(&login, login.authorization())));
    assert!(desk.log().is_empty());
}

#[tokio::test]
async fn further_audiences_and_parties_are_trusted_by_name_or_by_rule() {
    let finish = async |login: fn(Login) -> Login, aud: Value, azp: &str| {
        let desk = Desk::open();
        desk.edit_claims(|claims| (claims["aud"], claims["azp"]) = (aud, json!(azp)));
        let login = login(desk.login());
        let grant = desk.grant(&login, login.request());
        login.finish(&desk.http(), grant).await.map(|_| ()).map_err(|error| error.code())
    };
    let strict = |login: Login| login;
    let both = |login: Login| {
        login
            .with_trusted_audiences_by(|audience| audience.starts_with("project-"))
            .with_trusted_parties(["mobile-app"])
    };
    let (aud, refused) = (json!([CLIENT, "project-7"]), Err("id_token_aud_untrusted"));
    assert_eq!(finish(strict, aud.clone(), CLIENT).await, refused);
    assert_eq!(finish(both, aud.clone(), CLIENT).await, Ok(()));
    assert_eq!(finish(both, json!([CLIENT, "other"]), CLIENT).await, refused);
    assert_eq!(finish(both, aud.clone(), "mobile-app").await, Ok(()));
    assert_eq!(finish(both, aud, "other-app").await, Err("id_token_azp_mismatch"));
    assert_eq!(finish(strict, json!(CLIENT), "mobile-app").await, Err("id_token_azp_mismatch"));
}
