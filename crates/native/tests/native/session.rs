//! What a session does with its tokens, whatever happens to its requests.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use proofkey::{Discovery, LazyLogin, LoginError};
use proofkey_native::{
    BlockingSession, EndReason, MemoryStore, Record, Revision, SessionClient, SessionError, StoreError, StoreKey,
    StoreLock, TokenStore,
};

use crate::issuer::{CLIENT, Fate, ISSUER, Issuer, tokens};

/// A session of another process, as far as it shares only the store.
pub(crate) fn session(issuer: &Arc<Issuer>, store: &Arc<impl TokenStore + 'static>) -> BlockingSession {
    BlockingSession::new(issuer.login(), Arc::clone(store)).with_clock(issuer.clock())
}

fn signed_in() -> (Arc<Issuer>, Arc<MemoryStore>, BlockingSession) {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let session = session(&issuer, &store);
    session.sign_in(issuer.tokens()).unwrap();
    (issuer, store, session)
}

fn token(session: &BlockingSession, issuer: &Arc<Issuer>) -> String {
    session.access_token(&issuer.http()).unwrap().expose().to_owned()
}

fn code(session: &BlockingSession, issuer: &Arc<Issuer>) -> &'static str {
    session.access_token(&issuer.http()).unwrap_err().code()
}

fn key() -> StoreKey {
    StoreKey::new(ISSUER, CLIENT)
}

pub(crate) fn stored(store: &impl TokenStore) -> String {
    store.load(&key()).unwrap().map_or_else(String::new, |record| record.expose().to_owned())
}

#[test]
fn a_token_that_is_valid_needs_no_request() {
    let (issuer, store, session) = signed_in();
    assert_eq!(token(&session, &issuer), "access-0");
    issuer.pass(3500);
    assert_eq!(token(&self::session(&issuer, &store), &issuer), "access-0");
    assert_eq!(issuer.sent(), 0);
}

#[test]
fn oa_43_a_refresh_token_is_replaced_or_kept() {
    let (issuer, store, session) = signed_in();
    issuer.fate(Fate::Kept);
    for (number, sent) in [(1, "refresh-1"), (2, "refresh-1"), (3, "refresh-2")] {
        issuer.pass(3550);
        assert_eq!(token(&session, &issuer), format!("access-{number}"));
        assert_eq!(issuer.sent(), number);
        assert!(issuer.state().sent[number - 1].contains(&format!("refresh_token={sent}")));
    }
    assert!(stored(&store).contains("refresh-3") && !stored(&store).contains("refresh-2"));
    assert!(issuer.state().good.is_some());
}

#[test]
fn rt_03_a_refresh_is_noted_before_it_is_sent_and_stored_before_it_counts() {
    let (issuer, store, session) = signed_in();
    issuer.pass(3600);
    let seen = Arc::clone(&store);
    issuer.fate(Fate::Meanwhile(Box::new(move || {
        assert!(stored(&*seen).contains("\"refresh_begun\":1800003600"), "{}", stored(&*seen));
    })));
    assert_eq!(token(&session, &issuer), "access-1");
    assert!(stored(&*store).contains("\"refresh_begun\":null") && stored(&*store).contains("refresh-2"));
}

#[test]
fn a_request_that_fails_deletes_nothing() {
    for (fate, is_noted) in [
        (Fate::Unsent, false),
        (Fate::Answer(429, r#"{"error":"slow_down"}"#), false),
        (Fate::Answer(401, r#"{"error":"invalid_client"}"#), false),
        (Fate::Answer(503, "busy"), true),
        (Fate::Answer(200, "no tokens"), true),
        (Fate::Swallowed, true),
    ] {
        let (issuer, store, session) = signed_in();
        issuer.pass(3600);
        issuer.fate(fate);
        let error = session.access_token(&issuer.http()).unwrap_err();
        assert!(matches!(error, SessionError::Login(_)) && !error.is_login_required(), "{error}");
        assert!(stored(&*store).contains("refresh-1"));
        assert_eq!(session.status().unwrap().refresh_begun().is_some(), is_noted);
        assert_eq!(token(&session, &issuer), "access-2");
        assert!(session.status().unwrap().refresh_begun().is_none());
    }
}

#[test]
fn a_token_that_still_serves_is_used_while_the_server_is_away() {
    let (issuer, _, session) = signed_in();
    issuer.pass(3550);
    issuer.fate(Fate::Unsent);
    assert_eq!(token(&session, &issuer), "access-0");
    issuer.fate(Fate::Unsent);
    let error = session.access_token_for(&issuer.http(), Duration::from_secs(60)).unwrap_err();
    assert!(error.is_retryable() && error.code() == "transport_connect", "{error}");
    assert_eq!(token(&session, &issuer), "access-3");
    assert!(session.access_token_for(&issuer.http(), Duration::from_secs(600)).is_ok());
    assert_eq!(issuer.sent(), 3);
}

#[test]
fn rt_03_a_refresh_whose_answer_is_lost_is_said_at_the_next_start_and_not_repeated_for_ever() {
    let (issuer, store, session) = signed_in();
    issuer.pass(3600);
    issuer.fate(Fate::Lost);
    assert_eq!(code(&session, &issuer), "transport_reset");
    drop(session);
    let next = self::session(&issuer, &store);
    assert_eq!(next.status().unwrap().refresh_begun(), Some(issuer.state().now));
    let error = next.access_token(&issuer.http()).unwrap_err();
    assert!(error.code() == "session_interrupted" && error.is_login_required(), "{error}");
    for session in [next, self::session(&issuer, &store)] {
        assert_eq!(code(&session, &issuer), "session_interrupted");
        let status = session.status().unwrap();
        assert_eq!((status.ended(), status.refresh_begun()), (Some(EndReason::Interrupted), None));
        assert!(status.credentials().is_some(), "what is stored is kept");
    }
    assert_eq!(issuer.sent(), 2);
}

#[test]
fn rt_02_what_another_process_stored_counts_before_the_user_is_logged_out() {
    let (issuer, store, session) = signed_in();
    issuer.pass(3600);
    // A process that does not know the lock: it presents the token first, and stores what it got.
    let (other, thief) = (self::session(&issuer, &store), Arc::clone(&issuer));
    issuer.fate(Fate::Meanwhile(Box::new(move || {
        let newer = tokens("refresh-7", thief.state().now, 3600);
        other.sign_in(newer).unwrap();
        thief.state().good = Some(7);
    })));
    assert_eq!(token(&session, &issuer), "access-0");
    assert!(stored(&*store).contains("refresh-7") && session.status().unwrap().ended().is_none());
}

#[test]
fn a_token_that_is_refused_for_good_ends_the_login() {
    let (issuer, store, session) = signed_in();
    issuer.state().good = None;
    issuer.pass(3600);
    let error = session.access_token(&issuer.http()).unwrap_err();
    assert!(error.code() == "session_refused" && error.is_login_required(), "{error}");
    assert!(error.to_string().contains("invalid_grant"), "{error}");
    assert_eq!(code(&self::session(&issuer, &store), &issuer), "session_refused");
    assert_eq!(issuer.sent(), 1, "it is not presented again");
    assert!(stored(&*store).contains("refresh-1"), "nothing is deleted");
    issuer.state().good = Some(1);
    session.sign_in(issuer.tokens()).unwrap();
    assert_eq!(token(&session, &issuer), "access-0");
}

#[test]
fn rt_01_threads_and_sessions_share_one_refresh() {
    let (issuer, store, session) = signed_in();
    for round in 1..=3 {
        issuer.pass(3600);
        let sessions: Vec<_> = (0..4).map(|_| Arc::new(self::session(&issuer, &store))).collect();
        let threads = (0..16).map(|number| {
            let (session, issuer) = (Arc::clone(&sessions[number % 4]), Arc::clone(&issuer));
            thread::spawn(move || token(&session, &issuer))
        });
        for thread in threads.collect::<Vec<_>>() {
            assert_eq!(thread.join().unwrap(), format!("access-{round}"));
        }
        assert_eq!(token(&session, &issuer), format!("access-{round}"));
        assert_eq!(issuer.sent(), round);
    }
}

#[test]
fn another_process_that_refreshes_is_waited_for_only_if_it_must_be() {
    let (issuer, store, session) = signed_in();
    let lock = store.lock(&key(), Duration::ZERO).unwrap();
    issuer.pass(3550);
    assert_eq!(token(&session, &issuer), "access-0");
    issuer.pass(50);
    let session = session.with_lock_timeout(Duration::from_millis(1));
    let error = session.access_token(&issuer.http()).unwrap_err();
    assert!(error.code() == "store_busy" && error.is_retryable() && !error.is_login_required(), "{error}");
    assert_eq!(error.to_string().split(':').next(), Some("tokens in memory"));
    drop(lock);
    assert_eq!(token(&session, &issuer), "access-1");
}

#[test]
fn without_a_refresh_token_a_token_is_used_up_to_its_end() {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let session = session(&issuer, &store);
    assert_eq!(code(&session, &issuer), "session_signed_out");
    let now = issuer.state().now;
    session.sign_in(tokens("", now, 3600)).unwrap();
    issuer.pass(3599);
    assert_eq!(token(&session, &issuer), "access-0");
    assert_eq!(
        session.access_token_for(&issuer.http(), Duration::from_secs(60)).unwrap_err().code(),
        "session_expired"
    );
    issuer.pass(1);
    assert_eq!(code(&session, &issuer), "session_expired");
    assert_eq!(issuer.sent(), 0);
}

#[test]
fn a_token_that_the_api_refused_is_replaced_once() {
    let (issuer, store, session) = signed_in();
    let refused = session.credentials(&issuer.http()).unwrap();
    let other = self::session(&issuer, &store);
    let newer = session.renew(&issuer.http(), &refused).unwrap();
    assert_eq!(newer.tokens().access_token().unwrap().expose(), "access-1");
    let seen = other.renew(&issuer.http(), &refused).unwrap();
    assert_eq!(seen.tokens().access_token().unwrap().expose(), "access-1");
    assert_eq!(issuer.sent(), 1);
}

#[test]
fn a_clock_that_steps_back_costs_one_refresh() {
    let (issuer, _, session) = signed_in();
    issuer.state().now -= Duration::from_secs(86_400);
    for _ in 0..3 {
        assert_eq!(token(&session, &issuer), "access-1");
    }
    assert_eq!(issuer.sent(), 1);
}

#[test]
fn a_lifetime_that_is_short_or_absent_does_not_lead_to_a_refresh_at_each_call() {
    let (issuer, _, session) = signed_in();
    issuer.state().expires_in = 10;
    issuer.pass(3600);
    for _ in 0..3 {
        session.access_token_for(&issuer.http(), Duration::from_secs(600)).unwrap();
    }
    assert_eq!(issuer.sent(), 1);
}

#[test]
fn new_tokens_that_cannot_be_stored_are_kept_and_stored_later() {
    let (issuer, store) = (Issuer::open(), Arc::new(Full::default()));
    let session = session(&issuer, &store);
    session.sign_in(issuer.tokens()).unwrap();
    issuer.pass(3600);
    let full = Arc::clone(&store);
    issuer.fate(Fate::Meanwhile(Box::new(move || *full.is_full.lock().unwrap() = true)));
    let error = session.access_token(&issuer.http()).unwrap_err();
    assert!(error.code() == "store_other" && error.to_string() == "tokens in a disk: no space", "{error}");
    // No other process presents the old refresh token meanwhile.
    let other = self::session(&issuer, &store).with_lock_timeout(Duration::from_millis(1));
    assert_eq!(code(&other, &issuer), "store_busy");
    assert_eq!(code(&session, &issuer), "store_other");
    *store.is_full.lock().unwrap() = false;
    assert_eq!(token(&session, &issuer), "access-1");
    assert_eq!(token(&other, &issuer), "access-1");
    assert_eq!(issuer.sent(), 1);
}

#[test]
fn what_cannot_be_noted_is_not_sent() {
    let (issuer, store) = (Issuer::open(), Arc::new(Full::default()));
    let session = session(&issuer, &store);
    session.sign_in(issuer.tokens()).unwrap();
    issuer.pass(3600);
    *store.is_full.lock().unwrap() = true;
    assert_eq!(code(&session, &issuer), "store_other");
    assert_eq!(issuer.sent(), 0);
}

#[test]
fn a_user_who_signs_out_leaves_nothing_that_works() {
    let (issuer, store, session) = signed_in();
    let out = session.sign_out(&issuer.http()).unwrap();
    assert!(out.is_revoked() && out.credentials().tokens().refresh_token().is_some());
    assert!(issuer.state().sent[0].contains("token=refresh-1"), "{:?}", issuer.state().sent);
    assert!(store.load(&key()).unwrap().is_none());
    assert_eq!(code(&session, &issuer), "session_signed_out");
    assert_eq!(session.sign_out(&issuer.http()).unwrap_err().code(), "session_signed_out");
}

#[test]
fn rv_05_rv_06_a_token_that_could_not_be_revoked_is_kept() {
    for fate in [Fate::Unsent, Fate::Answer(503, ""), Fate::Answer(400, r#"{"error":"unsupported_token_type"}"#)] {
        let (issuer, store, session) = signed_in();
        issuer.fate(fate);
        let error = session.sign_out(&issuer.http()).unwrap_err();
        assert!(matches!(error, SessionError::Login(_)), "{error}");
        assert_eq!(token(&session, &issuer), "access-0");
        session.forget().unwrap();
        assert!(stored(&*store).is_empty());
        assert_eq!(code(&session, &issuer), "session_signed_out");
    }
}

#[test]
fn a_server_without_revocation_is_said_to_have_none() {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let login = proofkey::Login::new(Issuer::server(), CLIENT, "http://127.0.0.1/callback").unwrap();
    let session = BlockingSession::new(login, store).with_clock(issuer.clock());
    session.sign_in(issuer.tokens()).unwrap();
    assert!(!session.sign_out(&issuer.http()).unwrap().is_revoked());
    assert_eq!(issuer.sent(), 0);
}

#[test]
fn a_token_that_is_valid_needs_no_server_at_all() {
    let (issuer, store, _) = signed_in();
    let discovery = Discovery::new(ISSUER);
    let lazy = LazyLogin::new(discovery, |server| proofkey::Login::new(server, CLIENT, "http://127.0.0.1/callback"));
    let client = SessionClient::lazy(ISSUER, CLIENT, lazy);
    let session = BlockingSession::new(client, store).with_clock(issuer.clock());
    assert_eq!(token(&session, &issuer), "access-0");
    issuer.pass(3600);
    issuer.fate(Fate::Unsent);
    assert_eq!(code(&session, &issuer), "transport_connect");
    assert_eq!(session.status().unwrap().refresh_begun(), None, "a discovery is no refresh");
}

#[test]
fn a_client_that_is_not_the_one_of_the_tokens_is_refused() {
    let (issuer, store, _) = signed_in();
    let lazy = LazyLogin::new(Discovery::new(ISSUER), |server| {
        proofkey::Login::new(server, "another", "http://127.0.0.1/callback")
    });
    let session = BlockingSession::new(SessionClient::lazy(ISSUER, CLIENT, lazy), store).with_clock(issuer.clock());
    issuer.pass(3600);
    issuer.fate(Fate::Answer(
        200,
        r#"{"issuer":"https://as.example/","authorization_endpoint":"https://as.example/authorize",
            "token_endpoint":"https://as.example/token","jwks_uri":"https://as.example/jwks",
            "response_types_supported":["code"],"subject_types_supported":["public"],
            "id_token_signing_alg_values_supported":["RS256"],"code_challenge_methods_supported":["S256"]}"#,
    ));
    let error = session.access_token(&issuer.http()).unwrap_err();
    assert!(
        matches!(&error, SessionError::Login(error) if matches!(**error, LoginError::AnotherLogin { .. })),
        "{error}"
    );
    assert_eq!(issuer.sent(), 1);
}

#[test]
fn no_debug_and_no_error_shows_a_token() {
    let (issuer, store, session) = signed_in();
    let record = store.load(&key()).unwrap().unwrap();
    let status = session.status().unwrap();
    let mut text = format!("{session:?} {store:?} {record:?} {status:?}");
    issuer.pass(3600);
    for fate in [Fate::Lost, Fate::Answer(200, "access-0 refresh-1"), Fate::Answer(400, r#"{"error":"invalid_grant"}"#)]
    {
        issuer.fate(fate);
        let error = session.access_token(&issuer.http()).unwrap_err();
        text += &format!("{error:?} {error}");
    }
    assert!(!text.contains("access-0") && !text.contains("refresh-1"), "{text}");
}

/// A store that runs out of space.
#[derive(Debug, Default)]
pub(crate) struct Full {
    store: MemoryStore,
    pub(crate) is_full: std::sync::Mutex<bool>,
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a disk")
    }
}

impl TokenStore for Full {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, StoreError> {
        self.store.load(key)
    }

    fn store(&self, key: &StoreKey, expected: Option<Revision>, record: &Record) -> Result<(), StoreError> {
        if *self.is_full.lock().unwrap() {
            return Err(StoreError::Other("no space".into()));
        }
        self.store.store(key, expected, record)
    }

    fn remove(&self, key: &StoreKey, expected: Revision) -> Result<(), StoreError> {
        self.store.remove(key, expected)
    }

    fn lock(&self, key: &StoreKey, timeout: Duration) -> Result<StoreLock, StoreError> {
        self.store.lock(key, timeout)
    }
}
