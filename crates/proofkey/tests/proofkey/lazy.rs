//! An application that starts while its issuer cannot be reached.

use std::future::Future;
use std::task::{Context, Waker};
use std::thread;

use proofkey::token::{ClientAuthentication, TransportErrorKind};
use proofkey::{Discovery, LazyLogin, LazyMachineLogin, Login, LoginError, MachineLogin};

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
