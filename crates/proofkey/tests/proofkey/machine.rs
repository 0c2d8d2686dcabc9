//! A program that logs in as itself: tokens are kept, and fetched once for all that wait.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

use proofkey::authorize::{AuthorizationDetail, AuthorizationDetails};
use proofkey::token::{ClientAuthentication, ClientSecret, TransportError, TransportErrorKind};
use proofkey::{LoginError, MachineLogin, Stage};
use serde_json::json;

use crate::desk::*;

fn machine(desk: &Desk) -> MachineLogin {
    *desk.claims.lock().unwrap() = None;
    let now = Arc::clone(&desk.now);
    let secret = ClientAuthentication::post(ClientSecret::new("Sentinel0secret").unwrap());
    MachineLogin::new(Desk::server(), CLIENT, secret)
        .unwrap()
        .with_scope("notes.read")
        .unwrap()
        .with_resource("https://api.example")
        .with_clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(now.load(Ordering::SeqCst)))
}

#[tokio::test]
async fn the_request_has_what_was_asked_for() {
    let desk = Desk::open();
    let details = AuthorizationDetails::new([AuthorizationDetail::new("account")]).unwrap();
    let machine = machine(&desk).with_parameter("audience", "own").with_authorization_details(details);
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
    desk.pass(5);
    desk.answer("/token", Answer::Reply(401, r#"{"error":"invalid_client"}"#.to_owned()));
    let refused = machine.tokens(&desk.http()).await.unwrap_err();
    assert_eq!((refused.server_error(), refused.stage()), (Some("invalid_client"), Stage::ClientCredentials));
    desk.pass(50);
    desk.answer("/token", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    let error = machine.tokens(&desk.http()).await.unwrap_err();
    assert!(matches!(error, LoginError::ClientCredentials(_)) && error.is_retryable(), "{error}");
    desk.pass(5);
    assert!(machine.tokens(&desk.http()).await.is_ok(), "a failure is not remembered for long");
}

#[tokio::test]
async fn a_status_of_500_and_a_credential_that_cannot_be_made_say_nothing_of_the_old_tokens() {
    let desk = Desk::open();
    *desk.claims.lock().unwrap() = None;
    let (now, is_away) = (Arc::clone(&desk.now), Arc::new(AtomicBool::new(false)));
    let away = Arc::clone(&is_away);
    let vault = ClientAuthentication::for_each_request(move |_, _| match away.load(Ordering::SeqCst) {
        true => Err(std::io::Error::other("the vault is away")),
        false => Ok(ClientAuthentication::none()),
    });
    let machine = MachineLogin::new(Desk::server(), CLIENT, vault)
        .unwrap()
        .with_clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(now.load(Ordering::SeqCst)));
    let first = machine.tokens(&desk.http()).await.unwrap();
    desk.pass(3550);
    desk.answer("/token", Answer::Reply(500, r#"{"error":"server_error"}"#.to_owned()));
    assert!(Arc::ptr_eq(&machine.tokens(&desk.http()).await.unwrap(), &first));
    desk.pass(5);
    is_away.store(true, Ordering::SeqCst);
    assert!(Arc::ptr_eq(&machine.tokens(&desk.http()).await.unwrap(), &first));
    assert_eq!(desk.count("POST /token"), 2);
    // Without tokens both are errors, and the next caller tries again.
    desk.pass(50);
    for _ in 0..2 {
        assert_eq!(machine.tokens(&desk.http()).await.unwrap_err().code(), "token_request_credential");
    }
    is_away.store(false, Ordering::SeqCst);
    desk.answer("/token", Answer::Reply(500, r#"{"error":"server_error"}"#.to_owned()));
    assert_eq!(machine.tokens(&desk.http()).await.unwrap_err().status(), Some(500));
    assert!(machine.tokens(&desk.http()).await.is_ok());
}

#[tokio::test]
async fn for_five_seconds_after_a_failure_no_other_request_is_sent() {
    let desk = Desk::open();
    let machine = machine(&desk);
    let unavailable = || Answer::Reply(503, r#"{"error":"temporarily_unavailable"}"#.to_owned());
    let time_out = || Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps);
    // Without tokens: the same failure.
    for (answer, code, status) in [(time_out(), "transport_timeout", None), (unavailable(), "token_refused", Some(503))]
    {
        desk.answer("/token", answer);
        let before = desk.count("POST /token");
        for seconds in [0, 4, 0] {
            let error = machine.tokens(&desk.http()).await.unwrap_err();
            assert_eq!((error.code(), error.status(), error.is_retryable()), (code, status, true));
            desk.pass(seconds);
        }
        assert_eq!(desk.count("POST /token"), before + 1);
        desk.pass(1);
    }
    // With tokens that have not expired: those.
    let first = machine.tokens(&desk.http()).await.unwrap();
    desk.pass(3550);
    desk.answer("/token", time_out());
    for seconds in [0, 4, 0] {
        assert!(Arc::ptr_eq(&machine.tokens_blocking(&desk.blocking()).unwrap(), &first));
        desk.pass(seconds);
    }
    assert_eq!(desk.count("POST /token"), 4);
    // A clock that was set back ends it, and so does a success.
    desk.now.store(NOW + 1, Ordering::SeqCst);
    let second = machine.tokens(&desk.http()).await.unwrap();
    assert!(!Arc::ptr_eq(&second, &first));
    machine.discard(&second);
    assert!(machine.tokens(&desk.http()).await.is_ok());
    assert_eq!(desk.count("POST /token"), 6);
}

#[test]
fn single_flight_those_that_wait_share_the_failure() {
    let desk = Desk::open();
    let machine = machine(&desk);
    let sent = AtomicU64::new(0);
    let slow = |_| {
        sent.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::task::yield_now().await;
            Err::<http::Response<Vec<u8>>, _>(TransportError::after_sending(TransportErrorKind::Timeout))
        }
    };
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(machine.tokens(&slow))).collect();
    let mut context = Context::from_waker(Waker::noop());
    for tokens in &mut waiting {
        assert!(tokens.as_mut().poll(&mut context).is_pending());
    }
    for tokens in &mut waiting {
        let Poll::Ready(Err(error)) = tokens.as_mut().poll(&mut context) else { panic!("a failure at once") };
        assert!(error.to_string().contains("https://as.example/token"), "{error}");
        assert_eq!((error.code(), error.is_retryable()), ("transport_timeout", true));
    }
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[test]
fn one_that_has_unexpired_tokens_does_not_wait_for_another() {
    let desk = Desk::open();
    let machine = machine(&desk);
    let old = machine.tokens_blocking(&desk.blocking()).unwrap();
    desk.pass(3550);
    desk.answer("/token", Answer::Hang);
    let http = desk.http();
    let mut first = Box::pin(machine.tokens(&http));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    let Poll::Ready(Ok(second)) = pin!(machine.tokens(&http)).poll(&mut context) else { panic!("it waits") };
    assert!(Arc::ptr_eq(&second, &old));
    assert_eq!(desk.count("POST /token"), 2);
    drop(first);
    assert!(!Arc::ptr_eq(&machine.tokens_blocking(&desk.blocking()).unwrap(), &old));
}

#[tokio::test]
async fn tokens_for_something_else_are_not_kept() {
    let desk = Desk::open();
    let mut machine = machine(&desk);
    machine.tokens(&desk.http()).await.unwrap();
    let details = AuthorizationDetails::new([AuthorizationDetail::new("account")]).unwrap();
    let steps: [Box<dyn Fn(MachineLogin) -> MachineLogin>; 4] = [
        Box::new(|machine| machine.with_scope("notes.write").unwrap()),
        Box::new(|machine| machine.with_resource("https://other.example")),
        Box::new(move |machine| machine.with_authorization_details(details.clone())),
        Box::new(|machine| machine.with_parameter("audience", "own")),
    ];
    for (number, step) in steps.iter().enumerate() {
        machine = step(machine);
        machine.tokens(&desk.http()).await.unwrap();
        machine.tokens(&desk.http()).await.unwrap();
        assert_eq!(desk.count("POST /token"), number + 2);
    }
    // Nor is a failure.
    desk.pass(3600);
    desk.answer("/token", Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps));
    assert!(machine.tokens(&desk.http()).await.is_err());
    assert!(machine.with_scope("notes.read").unwrap().tokens(&desk.http()).await.is_ok());
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
    assert!(matches!(machine.with_scope("a\"b"), Err(LoginError::Invalid(_))));
    let machine = MachineLogin::new(server(), CLIENT, none()).unwrap().with_parameter("grant_type", "own");
    let error = machine.tokens_blocking(&Desk::open().blocking()).unwrap_err();
    assert_eq!(error.code(), "token_request_reserved_parameter");
}
