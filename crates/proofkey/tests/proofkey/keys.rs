//! The issuer's keys, shared by all logins of one client.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proofkey::token::TransportErrorKind;
use proofkey::{Identity, Login, LoginError};
use serde_json::json;

use crate::desk::*;

async fn log_in(desk: &Arc<Desk>, login: &Login) -> Result<Identity, LoginError> {
    desk.edit_claims(|claims| {
        let now = desk.now.load(std::sync::atomic::Ordering::SeqCst);
        (claims["nonce"], claims["iat"], claims["exp"]) = (json!("{nonce}"), json!(now), json!(now + 600));
    });
    let grant = desk.grant(login, login.request());
    login.finish(&desk.http(), grant).await
}

/// The issuer signs with its second key, and publishes it or not.
fn rotate(desk: &Desk, published: bool) {
    *desk.signs.lock().unwrap() = 2;
    if published {
        *desk.published.lock().unwrap() = vec![2];
    }
}

#[tokio::test]
async fn single_flight_many_logins_at_once_fetch_the_keys_once() {
    let desk = Desk::open();
    let login = Arc::new(desk.login());
    desk.answer("/jwks", Answer::Late);
    let http = desk.http();
    let mut finishes: Vec<_> = (0..5)
        .map(|_| {
            // All of them with the nonce of the last: what is of interest happens before the ID token.
            login.finish_steps(desk.grant(&login, login.request())).unwrap()
        })
        .collect();
    let mut runs: Vec<_> = finishes.iter_mut().map(|finish| Box::pin(desk.drive(finish, &http))).collect();
    let mut context = Context::from_waker(Waker::noop());
    for run in &mut runs {
        assert!(run.as_mut().poll(&mut context).is_pending());
    }
    for run in runs {
        let _ = run.await;
    }
    assert_eq!(desk.count("GET /jwks"), 1);
    assert_eq!(desk.count("POST /token"), 5);
}

#[tokio::test]
async fn the_keys_are_fresh_for_as_long_as_the_issuer_says() {
    for (said, fetches) in [(None, 2), (Some("max-age=3600"), 1)] {
        let desk = Desk::open();
        let login = desk.login();
        let http = |request| {
            let reply = desk.http()(request);
            Box::pin(async move {
                let mut response = reply.await?;
                if let Some(said) = said {
                    response.headers_mut().insert("cache-control", said.parse().unwrap());
                }
                Ok::<_, proofkey::token::TransportError>(response)
            })
        };
        login.finish(&http, desk.grant(&login, login.request())).await.unwrap();
        desk.pass(400);
        desk.edit_claims(|claims| claims["nonce"] = json!("{nonce}"));
        login.finish(&http, desk.grant(&login, login.request())).await.unwrap();
        assert_eq!(desk.count("GET /jwks"), fetches, "{said:?}");
    }
}

#[tokio::test]
async fn a_cancelled_fetch_is_taken_up_by_the_next_login() {
    let desk = Desk::open();
    let login = desk.login();
    desk.answer("/jwks", Answer::Hang);
    let http = desk.http();
    let (first, second) = (desk.grant(&login, login.request()), {
        desk.edit_claims(|claims| claims["nonce"] = json!("{nonce}"));
        desk.grant(&login, login.request())
    });
    let mut first = Box::pin(login.finish(&http, first));
    let mut second = pin!(login.finish(&http, second));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(matches!(second.as_mut().poll(&mut context), Poll::Pending), "it waits for the first one's fetch");
    drop(first);
    assert_eq!(second.await.unwrap().subject(), "user-17");
    assert_eq!(desk.log(), ["GET /jwks", "GET /jwks", "POST /token"]);
}

#[tokio::test]
async fn id_31_an_unknown_key_brings_one_look_at_the_issuers_keys() {
    for seconds in [0, 60] {
        let desk = Desk::open();
        let login = desk.login();
        log_in(&desk, &login).await.unwrap();
        desk.pass(seconds);
        rotate(&desk, true);
        assert_eq!(log_in(&desk, &login).await.unwrap().subject(), "user-17");
        assert_eq!(desk.count("GET /jwks"), 2);
    }
}

#[tokio::test]
async fn id_31_a_key_that_changes_between_the_fetch_and_the_token_is_found() {
    let desk = Desk::open();
    let login = desk.login();
    *desk.signs.lock().unwrap() = 2;
    *desk.published.lock().unwrap() = vec![1, 2];
    desk.answer("/jwks", Answer::Reply(200, r#"{"keys":[]}"#.to_owned()));
    assert_eq!(log_in(&desk, &login).await.unwrap().subject(), "user-17");
    assert_eq!(desk.log(), ["GET /jwks", "POST /token", "GET /jwks"]);
}

#[tokio::test]
async fn id_31_bad_tokens_do_not_bring_a_fetch_each() {
    let desk = Desk::open();
    let login = desk.login();
    log_in(&desk, &login).await.unwrap();
    rotate(&desk, false);
    for _ in 0..5 {
        assert_eq!(log_in(&desk, &login).await.unwrap_err().code(), "jws_key_not_found");
        desk.pass(5);
    }
    assert_eq!(desk.count("GET /jwks"), 2);
    desk.pass(30);
    log_in(&desk, &login).await.unwrap_err();
    assert_eq!(desk.count("GET /jwks"), 3);
}

#[tokio::test]
async fn keys_that_another_login_fetched_meanwhile_are_used() {
    let desk = Desk::open();
    let login = desk.login();
    log_in(&desk, &login).await.unwrap();
    desk.pass(60);
    rotate(&desk, true);
    let http = desk.http();
    let mut finishes = Vec::new();
    desk.edit_claims(|claims| claims["nonce"] = json!("{nonce}"));
    for _ in 0..2 {
        finishes.push(login.finish_steps(desk.grant(&login, login.request())).unwrap());
    }
    desk.answer("/jwks", Answer::Late);
    let mut runs: Vec<_> = finishes.iter_mut().map(|finish| Box::pin(desk.drive(finish, &http))).collect();
    let mut context = Context::from_waker(Waker::noop());
    for run in &mut runs {
        assert!(run.as_mut().poll(&mut context).is_pending());
    }
    let mut subjects = Vec::new();
    for run in runs {
        subjects.push(run.await.map(|identity| identity.subject().to_owned()).map_err(|error| error.code()));
    }
    // The second has the first one's nonce, so it fails, but by its nonce and not by its key.
    assert_eq!(subjects, [Ok("user-17".to_owned()), Err("id_token_nonce_mismatch")]);
    assert_eq!(desk.count("GET /jwks"), 2);
}

#[tokio::test]
async fn old_keys_serve_while_the_issuer_is_away() {
    let desk = Desk::open();
    let login = desk.login();
    log_in(&desk, &login).await.unwrap();
    desk.pass(3600);
    desk.answer("/jwks", Answer::Fail(TransportErrorKind::Connect, Sent::No));
    log_in(&desk, &login).await.unwrap();
    log_in(&desk, &login).await.unwrap();
    assert_eq!(desk.count("GET /jwks"), 2, "one fetch failed, and none was tried right after it");
    desk.pass(60);
    log_in(&desk, &login).await.unwrap();
    assert_eq!(desk.count("GET /jwks"), 3);
}

#[tokio::test]
async fn without_any_keys_a_login_tries_again_and_then_each_second() {
    let desk = Desk::open();
    let login = desk.login();
    for _ in 0..2 {
        desk.answer("/jwks", Answer::Fail(TransportErrorKind::Connect, Sent::No));
        let error = log_in(&desk, &login).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("transport_connect", true));
    }
    let error = log_in(&desk, &login).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("keys_cooldown", true));
    desk.pass(1);
    log_in(&desk, &login).await.unwrap();
}

#[tokio::test]
async fn a_fetch_that_outlives_its_ticket_is_of_use_all_the_same() {
    let desk = Desk::open();
    let login = desk.login();
    desk.answer("/jwks", Answer::Late);
    let http = desk.http();
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    let mut other = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    {
        let mut run = pin!(desk.drive(&mut finish, &http));
        let mut context = Context::from_waker(Waker::noop());
        assert!(run.as_mut().poll(&mut context).is_pending());
        desk.pass(Duration::from_secs(120).as_secs());
        // Another login asks for the keys meanwhile, and the cache would have them fetched again.
        let mut waits = Box::pin(desk.drive(&mut other, &http));
        assert!(waits.as_mut().poll(&mut context).is_pending());
        drop(waits);
        assert_eq!(run.await.unwrap().subject(), "user-17");
    }
    assert_eq!(desk.count("GET /jwks"), 1);
}
