//! Logins without a runtime: the blocking driver, on one thread and on many.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use http::Request;
use proofkey::token::{BlockingTransport, TransportErrorKind};
use proofkey::{Discovery, LoginError};
use serde_json::json;

use crate::desk::*;

#[test]
fn every_step_has_a_blocking_twin() {
    let desk = Desk::open();
    let http = desk.blocking();
    assert_eq!(Discovery::new(ISSUER).run_blocking(&http).unwrap().issuer().as_str(), ISSUER);
    let login = desk.login();
    let mut identity = login.finish_blocking(&http, desk.grant(&login, login.request())).unwrap();
    login.refresh_blocking(&http, &mut identity).unwrap();
    assert_eq!(login.userinfo_blocking(&http, &identity).unwrap().subject(), "user-17");
    login.revoke_blocking(&http, identity.tokens().access_token().unwrap()).unwrap();
    *desk.claims.lock().unwrap() = None;
    let grant = desk.grant(&login, login.authorization().scope("notes.read"));
    let mut tokens = login.exchange_blocking(&http, grant).unwrap();
    login.refresh_tokens_blocking(&http, &mut tokens).unwrap();
    assert_eq!(desk.count("POST /token"), 4);
}

#[test]
fn a_failure_names_the_address_that_was_asked() {
    let desk = Desk::open();
    let login = desk.login();
    desk.answer("/token", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    let error = login.finish_blocking(&desk.blocking(), desk.grant(&login, login.request())).unwrap_err();
    assert!(error.to_string().contains("https://as.example/token"), "{error}");
}

/// A transport that takes its time over keys, and counts them.
fn slow<'a>(desk: &Arc<Desk>, fetches: &'a AtomicUsize) -> impl BlockingTransport + Sync + use<'a> {
    let http = desk.blocking();
    move |request: Request<Vec<u8>>| {
        if request.uri().path() == "/jwks" {
            fetches.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(200));
        }
        http(request)
    }
}

/// Each login has a desk and so a nonce of its own; all share one `Login`.
#[test]
fn single_flight_threads_that_need_keys_at_once_fetch_them_once() {
    let desks: Vec<_> = (0..4).map(|_| Desk::open()).collect();
    let login = desks[0].login();
    let fetches = AtomicUsize::new(0);
    let all_at_once = || {
        thread::scope(|scope| {
            let threads: Vec<_> = desks
                .iter()
                .map(|desk| {
                    desk.edit_claims(|claims| claims["nonce"] = json!("{nonce}"));
                    let grant = desk.grant(&login, login.request());
                    let (login, http) = (&login, slow(desk, &fetches));
                    scope.spawn(move || {
                        login.finish_blocking(&http, grant).map(|identity| identity.subject().to_owned())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Result<Vec<_>, LoginError>>()
        })
    };
    assert_eq!(all_at_once().unwrap(), ["user-17"; 4]);
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    // And the same for a key that none of them knows.
    for desk in &desks {
        *desk.signs.lock().unwrap() = 2;
        *desk.published.lock().unwrap() = vec![1, 2];
    }
    assert_eq!(all_at_once().unwrap(), ["user-17"; 4]);
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

/// One driver may hold the lock while the other waits for it.
#[test]
fn single_flight_is_one_for_both_drivers() {
    let desk = Desk::open();
    let other = Desk::open();
    let login = desk.login();
    let fetches = AtomicUsize::new(0);
    thread::scope(|scope| {
        let grant = other.grant(&login, login.request());
        let http = slow(&other, &fetches);
        let login = &login;
        let blocking = scope.spawn(move || login.finish_blocking(&http, grant).unwrap());
        while fetches.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let identity = runtime.block_on(login.finish(&desk.http(), desk.grant(login, login.request()))).unwrap();
        assert_eq!((identity.subject(), blocking.join().unwrap().subject()), ("user-17", "user-17"));
    });
    assert_eq!((fetches.load(Ordering::SeqCst), desk.count("GET /jwks")), (1, 0));
}
