//! A program that logs in as itself: tokens are kept, and fetched once for all that wait.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

use proofkey::authorize::{AuthorizationDetail, AuthorizationDetails};
use proofkey::token::{ClientAuthentication, ClientSecret, TransportErrorKind};
use proofkey::{LoginError, MachineLogin, Stage};
use serde_json::json;

use crate::desk::*;

fn machine(desk: &Desk) -> MachineLogin {
    *desk.claims.lock().unwrap() = None;
    let now = Arc::clone(&desk.now);
    let secret = ClientAuthentication::post(ClientSecret::new("Sentinel0secret").unwrap());
    MachineLogin::new(Desk::server(), CLIENT, secret)
        .unwrap()
        .scope("notes.read")
        .unwrap()
        .resource("https://api.example")
        .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(now.load(Ordering::SeqCst)))
}

#[tokio::test]
async fn the_request_has_what_was_asked_for() {
    let desk = Desk::open();
    let details = AuthorizationDetails::new([AuthorizationDetail::new("account")]).unwrap();
    let machine = machine(&desk).parameter("audience", "own").authorization_details(details);
    let tokens = machine.tokens(&desk.http()).await.unwrap();
    assert_eq!(tokens.scope().unwrap().as_str(), "notes.read");
    let form = desk.last_form();
    for (name, value) in [
        ("grant_type", "client_credentials"),
        ("scope", "notes.read"),
        ("resource", "https://api.example"),
        ("audience", "own"),
        ("authorization_details", r#"[{"type":"account"}]"#),
        ("client_id", CLIENT),
        ("client_secret", "Sentinel0secret"),
    ] {
        assert_eq!(form[name], value, "{name}");
    }
    assert!(!format!("{machine:?} {:?}", machine.steps()).contains("Sentinel"));
    assert_eq!((machine.client_id().as_str(), machine.server().issuer().as_str()), (CLIENT, ISSUER));
}

#[tokio::test]
async fn tokens_are_handed_out_until_shortly_before_their_end() {
    let desk = Desk::open();
    let machine = machine(&desk);
    // Lifetime, and when new ones are fetched: a minute before, or a tenth of it.
    for (life, until) in [(json!(3600), 3540), (json!(100), 90), (json!(null), 270)] {
        desk.members.lock().unwrap()["expires_in"] = life;
        desk.pass(100_000);
        let before = desk.count("POST /token");
        let first = machine.tokens(&desk.http()).await.unwrap();
        desk.pass(until - 1);
        assert!(Arc::ptr_eq(&machine.tokens_blocking(&desk.blocking()).unwrap(), &first));
        assert_eq!(desk.count("POST /token"), before + 1);
        desk.pass(1);
        assert!(!Arc::ptr_eq(&machine.tokens(&desk.http()).await.unwrap(), &first));
        assert_eq!(desk.count("POST /token"), before + 2);
    }
    // Even tokens that are of no use tomorrow are handed out once.
    desk.members.lock().unwrap()["expires_in"] = json!(0);
    desk.pass(100_000);
    assert!(machine.tokens(&desk.http()).await.is_ok());
}

#[tokio::test]
async fn a_clock_that_was_set_back_keeps_no_tokens() {
    let desk = Desk::open();
    let machine = machine(&desk);
    machine.tokens(&desk.http()).await.unwrap();
    desk.now.store(NOW - 10, Ordering::SeqCst);
    machine.tokens(&desk.http()).await.unwrap();
    assert_eq!(desk.count("POST /token"), 2);
}

#[tokio::test]
async fn old_tokens_serve_while_new_ones_cannot_be_fetched() {
    let desk = Desk::open();
    let machine = machine(&desk);
    let first = machine.tokens(&desk.http()).await.unwrap();
    desk.pass(3550);
    desk.answer("/token", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    assert!(Arc::ptr_eq(&machine.tokens(&desk.http()).await.unwrap(), &first));
    // A refusal does not pass.
    desk.answer("/token", Answer::Reply(401, r#"{"error":"invalid_client"}"#.to_owned()));
    let refused = machine.tokens(&desk.http()).await.unwrap_err();
    assert_eq!((refused.server_error(), refused.stage()), (Some("invalid_client"), Stage::ClientCredentials));
    desk.pass(50);
    desk.answer("/token", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    let error = machine.tokens(&desk.http()).await.unwrap_err();
    assert!(matches!(error, LoginError::ClientCredentials(_)) && error.is_retryable(), "{error}");
    assert!(machine.tokens(&desk.http()).await.is_ok(), "a failure is not remembered");
}

#[tokio::test]
async fn tokens_that_the_api_refused_are_not_handed_out_again() {
    let desk = Desk::open();
    let machine = machine(&desk);
    let first = machine.tokens(&desk.http()).await.unwrap();
    machine.discard(&first);
    let second = machine.tokens(&desk.http()).await.unwrap();
    assert_eq!(desk.count("POST /token"), 2);
    // Late news of the first are no news of the second.
    machine.discard(&first);
    assert!(Arc::ptr_eq(&machine.tokens(&desk.http()).await.unwrap(), &second));
}

#[test]
fn single_flight_all_that_wait_get_the_same_tokens() {
    let desk = Desk::open();
    let machine = machine(&desk);
    desk.answer("/token", Answer::Late);
    let http = desk.http();
    let mut first = Box::pin(machine.tokens(&http));
    let mut second = Box::pin(machine.tokens(&http));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert!(first.as_mut().poll(&mut context).is_ready());
    assert!(second.as_mut().poll(&mut context).is_ready());
    assert_eq!(desk.count("POST /token"), 1);
    drop((first, second));
    desk.pass(3600);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| machine.tokens_blocking(&desk.blocking()).unwrap());
        }
    });
    assert_eq!(desk.count("POST /token"), 2);
}

#[test]
fn one_that_is_dropped_lets_the_next_one_through() {
    let desk = Desk::open();
    let machine = machine(&desk);
    desk.answer("/token", Answer::Hang);
    let http = desk.http();
    let mut first = Box::pin(machine.tokens(&http));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(first);
    assert!(machine.tokens_blocking(&desk.blocking()).is_ok());
    assert_eq!(desk.count("POST /token"), 2);
}

#[test]
fn what_cannot_be_asked_for_is_told() {
    let server = || Desk::server();
    let none = ClientAuthentication::none;
    assert!(matches!(MachineLogin::new(server(), "", none()), Err(LoginError::Invalid(_))));
    let machine = MachineLogin::new(server(), CLIENT, none()).unwrap();
    assert!(matches!(machine.scope("a\"b"), Err(LoginError::Invalid(_))));
    let machine = MachineLogin::new(server(), CLIENT, none()).unwrap().parameter("grant_type", "own");
    let error = machine.tokens_blocking(&Desk::open().blocking()).unwrap_err();
    assert_eq!(error.code(), "token_request_reserved_parameter");
}
