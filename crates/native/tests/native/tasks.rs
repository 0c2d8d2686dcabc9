//! A session of tasks.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use proofkey::http::{Method, Request};
use proofkey::token::{Http, Transport, TransportError, TransportErrorKind};
use proofkey::{Login, LoginError, discover};
use proofkey_authority::lie::{IdTokenEdit, JsonEdit, When};
use proofkey_authority::{Authority, Browser, Client, Lie, Setup};
use proofkey_native::{
    MemoryStore, Record, Revision, Session, SessionError, StoreError, StoreKey, StoreLock, TokenStore,
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::issuer::{CLIENT, ISSUER, Issuer};

/// A session whose access token has expired. Each answer needs a permit.
pub(crate) async fn expired(issuer: &Arc<Issuer>, store: &Arc<MemoryStore>, answers: &Arc<Semaphore>) -> Session {
    let (http, answers) = (issuer.http(), Arc::clone(answers));
    let session = Session::new(issuer.login(), Arc::clone(store), move |requests| {
        let (http, answers) = (http.clone(), Arc::clone(&answers));
        let send = move |request| {
            let (answer, answers) = (http(request), Arc::clone(&answers));
            async move {
                answers.acquire().await.unwrap().forget();
                answer
            }
        };
        tokio::spawn(requests.send_with(send));
    });
    let session = session.with_clock(issuer.clock());
    session.sign_in(issuer.tokens()).await.unwrap();
    issuer.pass(3600);
    session
}

pub(crate) async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(crate) fn stored(store: &MemoryStore) -> String {
    store.load(&StoreKey::new(ISSUER, CLIENT)).unwrap().unwrap().expose().to_owned()
}

#[tokio::test]
async fn a_refresh_outlives_the_caller_who_began_it() {
    let (issuer, store, answers) = (Issuer::open(), Arc::new(MemoryStore::new()), Arc::new(Semaphore::new(0)));
    let session = expired(&issuer, &store, &answers).await;
    {
        let mut first = pin!(session.access_token());
        tokio::select! {
            _ = &mut first => panic!("there was no answer yet"),
            () = until(|| issuer.sent() == 1) => {}
        }
    }
    answers.add_permits(1);
    until(|| stored(&store).contains("refresh-2")).await;
    assert_eq!(session.access_token().await.unwrap().expose(), "access-1");
    assert_eq!(issuer.sent(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_share_one_refresh_and_do_not_wait_while_the_old_token_serves() {
    let (issuer, store, answers) = (Issuer::open(), Arc::new(MemoryStore::new()), Arc::new(Semaphore::new(0)));
    let session = Arc::new(expired(&issuer, &store, &answers).await);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let session = Arc::clone(&session);
            tokio::spawn(async move { session.access_token().await.unwrap().expose().to_owned() })
        })
        .collect();
    answers.add_permits(1);
    for task in tasks {
        assert_eq!(task.await.unwrap(), "access-1");
    }
    issuer.pass(3550);
    let mut first = pin!(session.access_token());
    tokio::select! {
        _ = &mut first => panic!("there was no answer yet"),
        () = until(|| issuer.sent() == 2) => {}
    }
    assert_eq!(session.access_token().await.unwrap().expose(), "access-1");
    answers.add_permits(1);
    assert_eq!(first.await.unwrap().expose(), "access-2");
    assert_eq!(issuer.sent(), 2);
}

#[tokio::test]
async fn a_task_that_is_cut_off_counts_as_a_lost_answer() {
    for (polls, code, is_noted) in [(0, "transport_other", false), (1, "transport_other", true)] {
        let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
        let (sent, http) = (Arc::clone(&issuer), issuer.http());
        let session = Session::new(issuer.login(), Arc::clone(&store), move |requests| {
            if polls == 0 {
                return;
            }
            let http = http.clone();
            let hangs = move |request: Request<Vec<u8>>| {
                drop(http(request));
                std::future::pending::<Result<_, TransportError>>()
            };
            let (task, sent) = (tokio::spawn(requests.send_with(hangs)), Arc::clone(&sent));
            tokio::spawn(async move {
                until(|| sent.sent() == 1).await;
                task.abort();
            });
        });
        let session = session.with_clock(issuer.clock());
        session.sign_in(issuer.tokens()).await.unwrap();
        issuer.pass(3600);
        let error = session.access_token().await.unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(session.status().await.unwrap().refresh_begun().is_some(), is_noted);
        assert_eq!(issuer.sent(), polls);
    }
}

#[tokio::test]
async fn a_store_that_panics_is_an_error_and_leaves_the_session_alone() {
    #[derive(Debug)]
    struct Panics;

    impl fmt::Display for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("nowhere")
        }
    }

    impl TokenStore for Panics {
        fn load(&self, _: &StoreKey) -> Result<Option<Record>, StoreError> {
            panic!("a defect of the store")
        }

        fn store(&self, _: &StoreKey, _: Option<Revision>, _: &Record) -> Result<(), StoreError> {
            Ok(())
        }

        fn remove(&self, _: &StoreKey, _: Revision) -> Result<(), StoreError> {
            Ok(())
        }

        fn lock(&self, _: &StoreKey, _: Duration) -> Result<StoreLock, StoreError> {
            Ok(StoreLock::new(()))
        }
    }

    let session = Session::new(Issuer::open().login(), Panics, drop);
    for _ in 0..2 {
        assert_eq!(session.access_token().await.unwrap_err().code(), "session_thread");
        assert_eq!(session.status().await.unwrap_err().code(), "session_thread");
    }
}

fn http() -> Http {
    Http::builder().allow_http_loopback().timeout(Duration::from_secs(60)).build().unwrap()
}

/// A user who signed in at a real server, and whose access token has expired since. Where no key set is to be had,
/// requests for it fail.
async fn identified(authority: &Authority, store: &Arc<MemoryStore>, has_keys: &Arc<AtomicBool>) -> Session {
    let server = discover(&http(), authority.issuer()).await.unwrap();
    let login = || Login::new(server.clone(), Client::native().id, "http://127.0.0.1/callback").unwrap();
    let first = login();
    let (url, pending) = first.request().scope("openid offline_access").begin().unwrap();
    let callback = Browser::new(authority.wire()).open(&url).await.unwrap().callback().unwrap();
    let grant = first.receive(pending, callback).unwrap();
    let identity = first.finish(&http(), grant).await.unwrap();
    let (http, has_keys) = (http(), Arc::clone(has_keys));
    // A later run has no keys yet.
    let session = Session::new(login(), Arc::clone(store), move |requests| {
        let (http, has_keys) = (http.clone(), Arc::clone(&has_keys));
        let send = move |request: Request<Vec<u8>>| {
            let (http, is_away) = (http.clone(), request.method() == Method::GET && !has_keys.load(Ordering::SeqCst));
            async move {
                let away = TransportError::before_sending(TransportErrorKind::Connect);
                if is_away { Err(away) } else { http.send(request).await }
            }
        };
        tokio::spawn(requests.send_with(send));
    });
    session.sign_in(identity).await.unwrap();
    session.with_clock(|| SystemTime::now() + Duration::from_secs(3600))
}

fn setup() -> Setup {
    Setup { token_lifetime: 3600, ..Setup::honest() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_is_refreshed_with_its_id_token_and_revoked() {
    let (authority, store) = (Authority::start(setup()).await, Arc::new(MemoryStore::new()));
    let session = identified(&authority, &store, &Arc::new(AtomicBool::new(true))).await;
    let before = session.status().await.unwrap();
    let credentials = session.credentials().await.unwrap();
    let identity = credentials.identity().unwrap();
    assert_eq!(identity.subject(), "auth0|john");
    assert_eq!(session.subjects().await.unwrap(), ["auth0|john"]);
    let old = before.credentials().unwrap().tokens().refresh_token().unwrap().expose().to_owned();
    assert_ne!(identity.tokens().refresh_token().unwrap().expose(), old);
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    assert!(session.sign_out().await.unwrap().is_revoked());
    assert_eq!(authority.wire().revocation_requests().len(), 1);
    assert_eq!(session.access_token().await.unwrap_err().code(), "session_signed_out");
    assert!(authority.wire().faults().is_empty(), "{:?}", authority.wire().faults());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_tokens_are_stored_before_their_id_token_is_validated() {
    let (authority, store) = (Authority::start(setup()).await, Arc::new(MemoryStore::new()));
    let has_keys = Arc::new(AtomicBool::new(false));
    let session = identified(&authority, &store, &has_keys).await;
    let error = session.access_token().await.unwrap_err();
    assert!(error.code() == "transport_connect" && !error.is_login_required(), "{error}");
    assert_eq!(session.status().await.unwrap().refresh_begun(), None, "the outcome is stored");
    has_keys.store(true, Ordering::SeqCst);
    assert!(session.access_token().await.is_ok());
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    assert!(authority.wire().faults().is_empty(), "{:?}", authority.wire().faults());
}

/// The old refresh token is no longer good at the server, which says nothing about that when it is revoked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_tokens_are_revoked_before_their_id_token_is_validated() {
    let (authority, store) = (Authority::start(setup()).await, Arc::new(MemoryStore::new()));
    let session = identified(&authority, &store, &Arc::new(AtomicBool::new(false))).await;
    assert_eq!(session.access_token().await.unwrap_err().code(), "transport_connect");
    let key = StoreKey::new(authority.issuer(), Client::native().id);
    let record = store.load(&key).unwrap().unwrap();
    let inner = |outer: &Value| serde_json::from_str::<Value>(outer.as_str().unwrap()).unwrap();
    let stored: Value = serde_json::from_str(record.expose()).unwrap();
    let newest = inner(&inner(&stored["users"][0]["credentials"])["unconfirmed"]);
    assert!(session.sign_out().await.unwrap().is_revoked());
    let revoked: Vec<_> = authority.wire().revocation_requests().iter().map(|sent| format!("{sent:?}")).collect();
    assert!(revoked.iter().any(|sent| sent.contains(newest["refresh_token"].as_str().unwrap())), "{revoked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn id_34_the_tokens_of_another_user_are_not_handed_out() {
    let another = IdTokenEdit::Claim(JsonEdit::Set("sub".into(), json!("auth0|mallory")));
    let lie = Lie::IdToken { when: When::AfterFirst, edits: vec![another] };
    let authority = Authority::start(Setup { lie: Some(lie), ..setup() }).await;
    let store = Arc::new(MemoryStore::new());
    let session = identified(&authority, &store, &Arc::new(AtomicBool::new(true))).await;
    for _ in 0..2 {
        let error = session.access_token().await.unwrap_err();
        assert!(
            matches!(&error, SessionError::Login(error) if matches!(**error, LoginError::IdToken { .. })),
            "{error}"
        );
        assert!(error.is_login_required());
        let status = session.status().await.unwrap();
        assert_eq!(status.credentials().unwrap().subject(), Some("auth0|john"));
    }
    assert_eq!(authority.wire().refresh_requests().len(), 1, "a refused ID token is no reason to ask again");
}
