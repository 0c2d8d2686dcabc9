//! A login on a device without a browser.

use std::cell::RefCell;
use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;

use proofkey::token::{DeviceStep, TransportErrorKind};
use proofkey::{DeviceLogin, Login, LoginError, Stage};
use serde_json::json;

use crate::desk::*;

const PENDING: &str = r#"{"error":"authorization_pending"}"#;

async fn start<'a>(desk: &std::sync::Arc<Desk>, login: &'a Login, scope: &str) -> DeviceLogin<'a> {
    desk.edit_claims(|claims| {
        claims.as_object_mut().unwrap().remove("nonce");
    });
    login.device().scope(scope).resource("https://api.example").parameter("own", "1").start(&desk.http()).await.unwrap()
}

/// Passes the time that is slept, and remembers it.
fn sleep<'a>(desk: &'a Desk, slept: &'a RefCell<Vec<u64>>) -> impl Fn(Duration) -> std::future::Ready<()> + use<'a> {
    move |time| {
        slept.borrow_mut().push(time.as_secs());
        desk.pass(time.as_secs());
        std::future::ready(())
    }
}

#[tokio::test]
async fn the_user_types_the_code_while_the_device_polls() {
    let desk = Desk::open();
    let login = desk.login();
    let mut device = start(&desk, &login, "openid email").await;
    let form = desk.last_form();
    for (name, value) in
        [("scope", "openid email"), ("resource", "https://api.example"), ("own", "1"), ("client_id", CLIENT)]
    {
        assert_eq!(form[name], value, "{name}");
    }
    assert_eq!((device.user_code(), device.verification_uri()), ("WDJB-MJHT", "https://as.example/device"));
    assert_eq!(
        (device.verification_uri_complete(), device.expires_at()),
        (None, desk.time() + Duration::from_secs(60))
    );
    for error in [PENDING, r#"{"error":"slow_down"}"#] {
        desk.answer("/token", Answer::Reply(400, error.to_owned()));
    }
    desk.answer("/token", Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps));
    let slept = RefCell::default();
    let identity = device.finish(&desk.http(), sleep(&desk, &slept)).await.unwrap();
    assert_eq!(slept.into_inner(), [7, 7, 12, 24]);
    assert_eq!((identity.subject(), desk.count("POST /token")), ("user-17", 4));
    assert_eq!(identity.tokens().resources(), ["https://api.example"]);
}

#[test]
fn without_a_runtime_it_is_the_same() {
    let desk = Desk::open();
    let login = desk.login();
    *desk.claims.lock().unwrap() = None;
    let mut device = login.device().scope("notes.read").start_blocking(&desk.blocking()).unwrap();
    desk.answer("/token", Answer::Reply(400, PENDING.to_owned()));
    let pass = |time: Duration| desk.pass(time.as_secs());
    assert!(matches!(
        device.finish_blocking(&desk.blocking(), pass),
        Err(LoginError::OpenIdMissing { stage: Stage::Device })
    ));
    let tokens = device.exchange_blocking(&desk.blocking(), pass).unwrap();
    assert_eq!((tokens.scope().unwrap().as_str(), desk.count("POST /token")), ("notes.read", 2));

    *desk.claims.lock().unwrap() = Some(honest_claims());
    desk.edit_claims(|claims| {
        let claims = claims.as_object_mut().unwrap();
        claims.remove("nonce");
        claims["exp"] = json!(NOW + 100_000);
    });
    let mut device = login.device().scope("openid").start_blocking(&desk.blocking()).unwrap();
    assert!(matches!(device.exchange_blocking(&desk.blocking(), pass), Err(LoginError::OpenIdUnexpected { .. })));
    assert_eq!(device.finish_blocking(&desk.blocking(), pass).unwrap().subject(), "user-17");
}

#[tokio::test]
async fn a_refusal_and_the_end_of_the_codes_end_it() {
    let desk = Desk::open();
    let login = desk.login();
    let slept = RefCell::default();
    for refusal in ["access_denied", "expired_token"] {
        desk.answer("/token", Answer::Reply(400, format!(r#"{{"error":"{refusal}"}}"#)));
        let mut device = start(&desk, &login, "openid").await;
        let error = device.finish(&desk.http(), sleep(&desk, &slept)).await.unwrap_err();
        assert_eq!((error.server_error(), error.stage()), (Some(refusal), Stage::Device));
    }
    for _ in 0..9 {
        desk.answer("/token", Answer::Reply(400, PENDING.to_owned()));
    }
    let before = desk.count("POST /token");
    let mut device = start(&desk, &login, "openid").await;
    let error = device.finish(&desk.http(), sleep(&desk, &slept)).await.unwrap_err();
    assert_eq!(error.code(), "token_request_device_expired");
    assert_eq!(desk.count("POST /token") - before, 8, "one each 7 seconds of 60");
}

#[tokio::test]
async fn an_id_token_that_is_refused_keeps_its_tokens() {
    let desk = Desk::open();
    let login = desk.login();
    let slept = RefCell::default();
    let mut device = start(&desk, &login, "openid").await;
    desk.edit_claims(|claims| claims["aud"] = json!("another"));
    let error = device.finish(&desk.http(), sleep(&desk, &slept)).await.unwrap_err();
    assert_eq!(error.stage(), Stage::IdToken);
    assert!(error.into_rejected_tokens().is_some_and(|tokens| tokens.refresh_token().is_some()));
    *desk.claims.lock().unwrap() = None;
    let mut device = login.device().scope("openid").start(&desk.http()).await.unwrap();
    let error = device.finish(&desk.http(), sleep(&desk, &slept)).await.unwrap_err();
    assert_eq!(error.code(), "login_id_token_missing");
}

#[test]
fn one_that_was_dropped_goes_on_where_it_was() {
    let desk = Desk::open();
    let login = desk.login();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut device = runtime.block_on(start(&desk, &login, "openid"));
    let (http, slept) = (desk.http(), RefCell::default());
    // The tokens came, and the keys do not.
    desk.answer("/jwks", Answer::Hang);
    let mut first = Box::pin(device.finish(&http, sleep(&desk, &slept)));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(first);
    assert!(!format!("{device:?}").contains("Sentinel"));
    assert_eq!(runtime.block_on(device.finish(&http, sleep(&desk, &slept))).unwrap().subject(), "user-17");
    assert_eq!((desk.count("POST /token"), desk.count("GET /jwks")), (1, 2));
}

#[test]
fn what_cannot_start_says_so() {
    let desk = Desk::open();
    let login = desk.login();
    let error = login.device().scope("a\"b").start_blocking(&desk.blocking()).unwrap_err();
    assert!(matches!(error, LoginError::Invalid(_)));
    desk.answer("/device_authorization", Answer::Reply(503, String::new()));
    let mut steps = login.device().scope("openid").steps().unwrap();
    let mut run = || proofkey::drive_blocking(&mut steps, &desk.blocking(), || desk.time());
    let error = run().unwrap_err();
    assert_eq!((error.stage(), error.is_retryable()), (Stage::Begin, true));
    assert_eq!(run().unwrap().user_code(), "WDJB-MJHT");
    assert!(matches!(run(), Err(LoginError::Finished { stage: Stage::Begin })));
}

#[test]
fn a_device_code_that_is_spent_is_not_sent_again() {
    let desk = Desk::open();
    let login = desk.login();
    *desk.claims.lock().unwrap() = None;
    let mut device = login.device().scope("notes.read").start_blocking(&desk.blocking()).unwrap();
    desk.pass(7);
    let DeviceStep::Send(request) = device.poll(desk.time()).unwrap() else { panic!("the poll is due") };
    assert!(device.receive(desk.blocking()(request), desk.time()).unwrap());
    desk.pass(7);
    assert!(matches!(device.poll(desk.time()), Err(LoginError::Finished { stage: Stage::Device })));
    let pass = |time: Duration| desk.pass(time.as_secs());
    assert!(device.exchange_blocking(&desk.blocking(), pass).is_ok());
    assert!(matches!(
        device.exchange_blocking(&desk.blocking(), pass),
        Err(LoginError::Finished { stage: Stage::Device })
    ));
    assert_eq!(desk.count("POST /token"), 1);
}
