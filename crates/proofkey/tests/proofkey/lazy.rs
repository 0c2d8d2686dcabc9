//! An application that starts while its issuer cannot be reached.

use std::future::Future;
use std::task::{Context, Waker};
use std::thread;

use proofkey::http::Request;
use proofkey::token::{ClientAuthentication, TransportErrorKind};
use proofkey::{Discovery, LazyLogin, LazyMachineLogin, Login, LoginError, MachineLogin, drive_blocking};

use crate::desk::*;

const METADATA: &str = "/.well-known/openid-configuration";

fn lazy() -> LazyLogin {
    LazyLogin::new(Discovery::new(ISSUER), |server| Login::new(server, CLIENT, "https://app.example/callback"))
}

fn fail(desk: &Desk) {
    desk.answer(METADATA, Answer::Fail(TransportErrorKind::Connect, Sent::No));
}

#[tokio::test]
async fn a_failure_is_told_and_not_remembered() {
    let (desk, lazy) = (Desk::open(), lazy());
    fail(&desk);
    let error = lazy.get(&desk.http()).await.unwrap_err();
    assert!(matches!(error, LoginError::DiscoveryTransport(_)) && error.is_retryable(), "{error}");
    let login = lazy.get(&desk.http()).await.unwrap();
    assert!(login.request().begin().is_ok());
    assert!(std::ptr::eq(lazy.get(&desk.http()).await.unwrap(), login));
    assert!(std::ptr::eq(lazy.get_blocking(&desk.blocking()).unwrap(), login));
    assert_eq!(desk.log().len(), 2, "one that failed, and one for good");
}

#[test]
fn a_machine_starts_without_the_issuer_too() {
    let desk = Desk::open();
    let lazy = LazyMachineLogin::new(Discovery::new(ISSUER), |server| {
        MachineLogin::new(server, CLIENT, ClientAuthentication::none())
    });
    fail(&desk);
    assert!(lazy.get_blocking(&desk.blocking()).unwrap_err().is_retryable());
    let tokens = lazy.get_blocking(&desk.blocking()).unwrap().tokens_blocking(&desk.blocking()).unwrap();
    assert!(std::sync::Arc::ptr_eq(
        &lazy.get_blocking(&desk.blocking()).unwrap().tokens_blocking(&desk.blocking()).unwrap(),
        &tokens
    ));
}

#[test]
fn what_the_function_refuses_is_told_and_tried_again() {
    let desk = Desk::open();
    let lazy = LazyLogin::new(Discovery::new(ISSUER), |server| Login::new(server, CLIENT, "no address"));
    for tries in 1..3 {
        assert!(matches!(lazy.get_blocking(&desk.blocking()), Err(LoginError::Invalid(_))));
        assert_eq!(desk.log().len(), tries);
    }
}

#[test]
fn those_that_come_at_once_discover_once() {
    let (desk, lazy) = (Desk::open(), lazy());
    desk.answer(METADATA, Answer::Late);
    let http = desk.http();
    let mut first = Box::pin(lazy.get(&http));
    let mut second = Box::pin(lazy.get(&http));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert!(first.as_mut().poll(&mut context).is_ready());
    assert!(second.as_mut().poll(&mut context).is_ready());
    assert_eq!(desk.log().len(), 1);
}

#[test]
fn one_that_is_dropped_lets_the_next_one_through() {
    let (desk, lazy) = (Desk::open(), lazy());
    desk.answer(METADATA, Answer::Hang);
    let http = desk.http();
    let mut first = Box::pin(lazy.get(&http));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(first);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| lazy.get_blocking(&desk.blocking()).is_ok())).collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    });
    assert_eq!(desk.log().len(), 2);
}

/// What an unauthenticated caller can make an API do: ask for its keys while the issuer is away.
#[test]
fn those_that_come_while_the_issuer_is_away_do_not_each_ask() {
    let (desk, lazy) = (Desk::open(), lazy());
    (0..20).for_each(|_| fail(&desk));
    let codes = thread::scope(|scope| {
        let get = || drive_blocking(&mut lazy.steps().unwrap(), &desk.blocking(), || desk.time()).unwrap_err();
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(get)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().to_string()).collect::<Vec<_>>()
    });
    assert!(desk.log().len() <= 2, "{:?}", desk.log());
    assert!(codes.iter().all(|text| *text == codes[0] && text.contains(METADATA)), "{codes:?}");
}

#[tokio::test]
async fn those_that_wait_for_a_discovery_share_its_failure() {
    let (desk, lazy) = (Desk::open(), lazy());
    let slow = |_| async {
        tokio::task::yield_now().await;
        desk.http()(Request::get("https://as.example/status").body(Vec::new()).unwrap()).await
    };
    let (first, second) = tokio::join!(lazy.get(&slow), lazy.get(&slow));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!((error.code(), error.status()), ("discovery_status", Some(404)), "{error}");
    }
    assert_eq!(desk.log().len(), 1, "the failure of the first is that of the second");
    assert!(lazy.get(&desk.http()).await.is_ok(), "and not of one that comes later");
}

#[tokio::test]
async fn after_two_failures_none_asks_for_a_second() {
    let (desk, lazy) = (Desk::open(), lazy());
    let get = async || desk.drive(&mut lazy.steps().unwrap(), &desk.http()).await;
    desk.answer(METADATA, Answer::Reply(503, String::new()));
    desk.answer(METADATA, Answer::Fail(TransportErrorKind::Timeout, Sent::Perhaps));
    assert_eq!(get().await.unwrap_err().status(), Some(503));
    for _ in 0..3 {
        let error = get().await.unwrap_err();
        assert!(error.is_retryable() && error.code() == "transport_timeout", "{error}");
        assert!(error.to_string().contains("may have reached the server"), "{error}");
    }
    assert_eq!(desk.log().len(), 2);
    // The same steps may be driven again, and send when the second is over.
    let mut steps = lazy.steps().unwrap();
    assert!(desk.drive(&mut steps, &desk.http()).await.is_err());
    desk.pass(1);
    assert!(desk.drive(&mut steps, &desk.http()).await.is_ok());
    assert_eq!(desk.log().len(), 3);
}
