//! Refresh, userinfo and revocation.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use proofkey::token::TransportErrorKind;
use proofkey::{Identity, Login, LoginError, Stage};
use serde_json::{Value, json};

use crate::desk::*;

async fn logged_in() -> (Arc<Desk>, Login, Identity) {
    let desk = Desk::open();
    let login = desk.login();
    let grant = desk.grant(&login, login.request().scope("openid email"));
    let identity = login.finish(&desk.http(), grant).await.unwrap();
    *desk.members.lock().unwrap() = json!({"access_token": "access-2", "expires_in": 60});
    desk.pass(100);
    desk.edit_claims(|claims| claims["iat"] = json!(NOW + 100));
    (desk, login, identity)
}

#[tokio::test]
async fn oa_43_a_refresh_keeps_the_refresh_token_or_replaces_it() {
    let (desk, login, mut identity) = logged_in().await;
    *desk.claims.lock().unwrap() = None;
    login.refresh(&desk.http(), &mut identity).await.unwrap();
    assert_eq!(desk.last_form()["refresh_token"], "refresh-1");
    assert!(!desk.last_form().contains_key("scope"));
    assert_eq!(identity.tokens().access_token().unwrap().expose(), "access-2");
    assert_eq!(identity.tokens().refresh_token().unwrap().expose(), "refresh-1");
    assert_eq!(identity.expires_at(), Some(identity.received_at() + std::time::Duration::from_secs(60)));
    assert_eq!(identity.tokens().scope().unwrap().as_str(), "openid email");
    desk.members.lock().unwrap()["refresh_token"] = json!("refresh-2");
    login.refresh(&desk.http(), &mut identity).await.unwrap();
    login.refresh(&desk.http(), &mut identity).await.unwrap();
    assert_eq!(desk.last_form()["refresh_token"], "refresh-2");
}

#[tokio::test]
async fn id_34_a_refreshed_id_token_is_about_the_same_person() {
    type Edit = fn(&mut Value);
    let edits: [(Edit, Option<&str>); 8] = [
        (|_| {}, None),
        (|claims| drop(claims.as_object_mut().unwrap().remove("nonce")), None),
        (|claims| claims["email"] = json!("new@example.com"), None),
        (|claims| claims["sub"] = json!("somebody-else"), Some("id_token_sub_mismatch")),
        (|claims| claims["iss"] = json!("https://evil.example/"), Some("id_token_iss_mismatch")),
        (|claims| claims["aud"] = json!("other"), Some("id_token_aud_mismatch")),
        (|claims| claims["nonce"] = json!("another"), Some("id_token_nonce_mismatch")),
        (|claims| claims["exp"] = json!(NOW - 100), Some("id_token_exp_expired")),
    ];
    for (edit, code) in edits {
        let (desk, login, mut identity) = logged_in().await;
        desk.edit_claims(edit);
        let error = login.refresh(&desk.http(), &mut identity).await.err();
        assert_eq!(error.as_ref().map(LoginError::code), code);
        // Newer keys make no other claims of it.
        assert_eq!(desk.count("GET /jwks"), 1, "{code:?}");
        let access_token = if code.is_none() { "access-2" } else { "access-1" };
        assert_eq!(identity.tokens().access_token().unwrap().expose(), access_token);
        assert_eq!(identity.subject(), "user-17");
    }
}

#[tokio::test]
async fn a_refresh_that_is_refused_leaves_the_old_tokens() {
    for (answer, code, retryable) in [
        (Answer::Reply(400, r#"{"error":"invalid_grant"}"#.to_owned()), "token_refused", false),
        (Answer::Reply(503, String::new()), "token_unexpected_status", true),
        (Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps), "transport_timeout", true),
    ] {
        let (desk, login, mut identity) = logged_in().await;
        desk.answer("/token", answer);
        let error = login.refresh(&desk.http(), &mut identity).await.unwrap_err();
        assert_eq!((error.code(), error.stage(), error.is_retryable()), (code, Stage::Refresh, retryable));
        assert_eq!(identity.tokens().access_token().unwrap().expose(), "access-1");
        assert_eq!(identity.tokens().refresh_token().unwrap().expose(), "refresh-1");
    }
}

#[tokio::test]
async fn a_refresh_cancelled_after_its_answer_goes_on_without_sending() {
    let (desk, login, mut identity) = logged_in().await;
    desk.members.lock().unwrap()["refresh_token"] = json!("refresh-2");
    *desk.signs.lock().unwrap() = 2;
    *desk.published.lock().unwrap() = vec![2];
    desk.answer("/jwks", Answer::Hang);
    {
        let http = desk.http();
        let mut run = pin!(login.refresh(&http, &mut identity));
        assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(identity.tokens().access_token().unwrap().expose(), "access-1", "not before the ID token is validated");
    // Nor is it lost when the keys cannot be had.
    desk.answer("/jwks", Answer::Fail(TransportErrorKind::Reset, Sent::Perhaps));
    for code in ["transport_reset", "keys_cooldown"] {
        let error = login.refresh(&desk.http(), &mut identity).await.unwrap_err();
        assert_eq!((error.code(), error.stage(), error.is_retryable()), (code, Stage::IdToken, true));
    }
    desk.pass(30);
    login.refresh(&desk.http(), &mut identity).await.unwrap();
    assert_eq!(identity.tokens().access_token().unwrap().expose(), "access-2");
    assert_eq!(identity.tokens().refresh_token().unwrap().expose(), "refresh-2");
    assert_eq!(desk.count("POST /token"), 2);
}

#[tokio::test]
async fn without_a_refresh_token_nothing_is_sent() {
    let desk = Desk::open();
    *desk.members.lock().unwrap() = json!({});
    let login = desk.login();
    let mut identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
    let before = desk.log().len();
    let error = login.refresh(&desk.http(), &mut identity).await.unwrap_err();
    assert_eq!((error.code(), error.stage()), ("token_request_no_refresh_token", Stage::Refresh));
    assert_eq!(desk.log().len(), before);
}

#[tokio::test]
async fn plain_oauth_is_exchanged_and_refreshed_without_an_identity() {
    let desk = Desk::open();
    *desk.claims.lock().unwrap() = None;
    let login = desk.login();
    let grant = desk.grant(&login, login.authorization().scope("notes.read"));
    let mut tokens = login.exchange(&desk.http(), grant).await.unwrap();
    assert_eq!(desk.log(), ["POST /token"]);
    assert_eq!(tokens.scope().unwrap().as_str(), "notes.read");
    *desk.members.lock().unwrap() = json!({"access_token": "access-2"});
    login.refresh_tokens(&desk.http(), &mut tokens).await.unwrap();
    assert_eq!(tokens.access_token().unwrap().expose(), "access-2");
    desk.answer("/token", Answer::Reply(400, r#"{"error":"invalid_grant"}"#.to_owned()));
    let error = login.refresh_tokens(&desk.http(), &mut tokens).await.unwrap_err();
    assert_eq!(error.server_error(), Some("invalid_grant"));
    assert_eq!(tokens.access_token().unwrap().expose(), "access-2");
}

#[tokio::test]
async fn id_33_userinfo_is_about_the_same_person() {
    let (desk, login, identity) = logged_in().await;
    let claims = login.userinfo(&desk.http(), &identity).await.unwrap();
    assert_eq!(claims.get("email").unwrap(), "a@example.com");
    desk.answer("/userinfo", Answer::Reply(200, r#"{"sub":"somebody-else"}"#.to_owned()));
    let error = login.userinfo(&desk.http(), &identity).await.unwrap_err();
    assert_eq!((error.code(), error.stage()), ("token_subject_mismatch", Stage::UserInfo));
    desk.answer("/userinfo", Answer::Fail(TransportErrorKind::Reset, Sent::Perhaps));
    assert!(login.userinfo(&desk.http(), &identity).await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn at_10_an_invalid_token_is_surfaced_and_nothing_is_repeated() {
    let (desk, login, identity) = logged_in().await;
    let before = desk.log().len();
    desk.answer("/userinfo", Answer::Reply(401, r#"{"error":"invalid_token"}"#.to_owned()));
    let error = login.userinfo(&desk.http(), &identity).await.unwrap_err();
    assert_eq!(error.server_error(), Some("invalid_token"));
    assert_eq!(desk.log().len(), before + 1);
}

#[tokio::test]
async fn rv_01_rv_05_rv_06_a_token_is_revoked_when_the_server_says_so() {
    let (desk, login, identity) = logged_in().await;
    let tokens = identity.tokens();
    login.revoke(&desk.http(), tokens.access_token().unwrap()).await.unwrap();
    login.revoke(&desk.http(), tokens.refresh_token().unwrap()).await.unwrap();
    assert_eq!(desk.last_form()["token"], "refresh-1");
    assert_eq!(desk.last_form()["client_id"], CLIENT);
    for (answer, code, retryable) in [
        (Answer::Reply(503, String::new()), "token_unexpected_status", true),
        (Answer::Reply(400, r#"{"error":"unsupported_token_type"}"#.to_owned()), "token_refused", false),
        (Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps), "transport_timeout", true),
    ] {
        desk.answer("/revoke", answer);
        let error = login.revoke(&desk.http(), tokens.access_token().unwrap()).await.unwrap_err();
        assert_eq!((error.code(), error.stage(), error.is_retryable()), (code, Stage::Revocation, retryable));
        assert_eq!(error.server_error(), (code == "token_refused").then_some("unsupported_token_type"));
    }
}

#[tokio::test]
async fn the_futures_are_send() {
    fn assert_send<T: Send>(_: &T) {}
    let (desk, login, mut identity) = logged_in().await;
    let http = desk.http();
    assert_send(&login.userinfo(&http, &identity));
    assert_send(&login.revoke(&http, identity.tokens().access_token().unwrap()));
    assert_send(&login.refresh(&http, &mut identity));
    let mut tokens = identity.into_tokens();
    assert_send(&login.refresh_tokens(&http, &mut tokens));
}
