//! A session's requests to an API (AT-10, AT-11).

use std::future::ready;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use proofkey::http::{Request, Response};
use proofkey::token::{Api, TransportError};
use proofkey_native::{BlockingSession, MemoryStore, Session, SessionError};
use tokio::sync::Semaphore;

use crate::issuer::{Fate, Issuer, tokens};
use crate::session::session;
use crate::tasks::{expired, stored, until};

/// An API that refuses some tokens, and the tokens it received.
#[derive(Default)]
struct Notes {
    refused: Mutex<Vec<String>>,
    received: Mutex<Vec<String>>,
}

impl Notes {
    fn refusing(tokens: &[&str]) -> Arc<Self> {
        let refused = tokens.iter().map(|token| format!("Bearer {token}")).collect();
        Arc::new(Self { refused: Mutex::new(refused), ..Self::default() })
    }

    fn serve(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        let token = request.headers()["authorization"].to_str().unwrap().to_owned();
        let status = if self.refused.lock().unwrap().contains(&token) { 401 } else { 200 };
        self.received.lock().unwrap().push(token);
        Ok(Response::builder().status(status).body(request.body().clone()).unwrap())
    }

    fn received(&self) -> Vec<String> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}

fn api() -> Api {
    Api::new("https://api.example").unwrap()
}

fn note() -> Request<Vec<u8>> {
    Request::post("https://api.example/notes").body(b"a note".to_vec()).unwrap()
}

/// The issuer, and the API beside it.
fn send(session: &BlockingSession, issuer: &Arc<Issuer>, notes: &Notes) -> Result<u16, SessionError> {
    let issuer = issuer.http();
    let http = |request: Request<Vec<u8>>| {
        if request.uri().host() == Some("api.example") { notes.serve(&request) } else { issuer(request) }
    };
    Ok(api().send_blocking(&http, session, note())?.status().as_u16())
}

fn signed_in() -> (Arc<Issuer>, Arc<MemoryStore>, BlockingSession) {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let session = session(&issuer, &store);
    session.sign_in(issuer.tokens()).unwrap();
    (issuer, store, session)
}

#[test]
fn at_10_a_token_that_the_api_refuses_is_refreshed_once_for_all_who_have_it() {
    let (issuer, store, session) = signed_in();
    let (notes, other) = (Notes::refusing(&["access-0"]), self::session(&issuer, &store));
    other.access_token(&issuer.http()).unwrap();
    issuer.pass(10);
    assert_eq!(send(&session, &issuer, &notes).unwrap(), 200);
    assert_eq!(send(&other, &issuer, &notes).unwrap(), 200);
    assert_eq!(notes.received(), ["Bearer access-0", "Bearer access-1", "Bearer access-0", "Bearer access-1"]);
    assert_eq!(issuer.sent(), 1);
}

#[test]
fn at_10_an_api_that_refuses_every_token_causes_no_flood_of_refreshes() {
    let (issuer, _, session) = signed_in();
    let notes = Notes::refusing(&["access-0", "access-1", "access-2"]);
    for (seconds, requests, refreshes) in [(9, 1, 0), (1, 2, 1), (9, 1, 1), (1, 2, 2)] {
        issuer.pass(seconds);
        assert_eq!(send(&session, &issuer, &notes).unwrap(), 401);
        assert_eq!((notes.received().len(), issuer.sent()), (requests, refreshes));
    }
    for _ in 0..20 {
        assert_eq!(send(&session, &issuer, &notes).unwrap(), 401);
    }
    assert_eq!(issuer.sent(), 2);
}

#[test]
fn a_token_that_cannot_be_refreshed_leaves_the_refusal_or_says_why() {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let (session, notes) = (session(&issuer, &store), Notes::refusing(&["access-0"]));
    let now = issuer.state().now;
    session.sign_in(tokens("", now, 3600)).unwrap();
    issuer.pass(10);
    assert_eq!(send(&session, &issuer, &notes).unwrap(), 401);
    issuer.pass(3600);
    assert_eq!(send(&session, &issuer, &notes).unwrap_err().code(), "session_expired");
    assert_eq!((notes.received().len(), issuer.sent()), (1, 0));

    let (issuer, _, session) = signed_in();
    issuer.pass(10);
    issuer.fate(Fate::Unsent);
    let error = send(&session, &issuer, &notes).unwrap_err();
    assert!(error.is_retryable() && error.code() == "transport_connect", "{error}");
    issuer.fate(Fate::Answer(400, r#"{"error":"invalid_grant"}"#));
    let error = send(&session, &issuer, &notes).unwrap_err();
    assert!(error.is_login_required() && error.code() == "session_refused", "{error}");
}

#[test]
fn at_11_a_request_to_another_origin_needs_no_token() {
    let (issuer, _, session) = signed_in();
    issuer.pass(3600);
    let request = Request::get("https://evil.example/notes").body(Vec::new()).unwrap();
    let error = api().send_blocking(&issuer.http(), &session, request).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("token_request_another_origin", false));
    assert!(!error.is_login_required());
    assert_eq!(issuer.sent(), 0);
}

#[tokio::test]
async fn at_10_a_call_that_is_cancelled_while_the_token_is_refreshed_loses_nothing() {
    let (issuer, store, answers) = (Issuer::open(), Arc::new(MemoryStore::new()), Arc::new(Semaphore::new(1)));
    let session = Arc::new(expired(&issuer, &store, &answers).await);
    let notes = Notes::refusing(&["access-1"]);
    assert_eq!(session.access_token().await.unwrap().expose(), "access-1");
    issuer.pass(10);
    {
        let http = |request: Request<Vec<u8>>| ready(notes.serve(&request));
        let api = api();
        let mut call = pin!(api.send(&http, &*session, note()));
        tokio::select! {
            _ = &mut call => panic!("there was no answer yet"),
            () = until(|| issuer.sent() == 2) => {}
        }
    }
    answers.add_permits(1);
    until(|| stored(&store).contains("refresh-3")).await;
    // The next call has the new token.
    let (session, received) = (Arc::clone(&session), Arc::clone(&notes));
    let call = tokio::spawn(async move { send_task(&session, &received).await });
    assert_eq!(call.await.unwrap().unwrap(), 200);
    assert_eq!(
        (notes.received(), issuer.sent()),
        (vec!["Bearer access-1".to_owned(), "Bearer access-2".to_owned()], 2)
    );
}

async fn send_task(session: &Session, notes: &Notes) -> Result<u16, SessionError> {
    let http = |request: Request<Vec<u8>>| ready(notes.serve(&request));
    Ok(api().send(&http, session, note()).await?.status().as_u16())
}
