//! Users who sign in and out while a session is at work.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proofkey::Identity;
use proofkey_native::{BlockingSession, MemoryStore, Record, Revision, StoreError, StoreKey, StoreLock, TokenStore};
use serde_json::json;

use crate::issuer::{CLIENT, Fate, ISSUER, Issuer, tokens};
use crate::session::{Full, session, stored};

fn identity(issuer: &Issuer, subject: &str) -> Identity {
    let claims = json!({"iss": ISSUER, "sub": subject, "aud": CLIENT, "exp": 1_800_003_600, "iat": 1_800_000_000});
    let id_token =
        json!({"version": 1, "claims": claims.to_string(), "text_claims": [], "checks": {}, "algorithm": "RS256"});
    let tokens = tokens(&format!("refresh-{subject}"), issuer.state().now, 3600);
    let stored = json!({
        "version": 1, "id_token": id_token.to_string(), "tokens": tokens.to_json().as_str(), "unconfirmed": null,
        "deviations": []
    });
    Identity::from_json(&stored.to_string()).unwrap()
}

fn subject(session: &BlockingSession) -> Option<String> {
    let status = session.status().unwrap();
    status.credentials().and_then(|credentials| credentials.subject().map(str::to_owned))
}

#[test]
fn a_user_who_signs_out_or_in_while_tokens_are_read_is_not_undone() {
    for next in [None, Some("bob")] {
        let (issuer, store) = (Issuer::open(), Arc::new(Hooked::default()));
        let session = Arc::new(session(&issuer, &store));
        session.sign_in(identity(&issuer, "ann")).unwrap();
        let (other, bob) = (Arc::clone(&session), next.map(|next| identity(&issuer, next)));
        *store.hook.lock().unwrap() = Some(Box::new(move || match bob {
            Some(bob) => other.sign_in(bob).unwrap(),
            None => other.forget().unwrap(),
        }));
        assert_eq!(subject(&session).as_deref(), next);
        let token = session.access_token(&issuer.http());
        assert_eq!(token.err().map(|error| error.code()), next.is_none().then_some("session_signed_out"));
        assert_eq!(subject(&session).as_deref(), next);
    }
}

#[test]
fn a_login_that_was_not_revoked_is_not_removed() {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let session = session(&issuer, &store);
    session.sign_in(issuer.tokens()).unwrap();
    let (other, newer) = (crate::session::session(&issuer, &store), tokens("refresh-7", issuer.state().now, 3600));
    issuer.fate(Fate::Meanwhile(Box::new(move || other.sign_in(newer).unwrap())));
    assert!(session.sign_out(&issuer.http()).unwrap().is_revoked());
    assert!(issuer.state().sent[0].contains("token=refresh-1"));
    assert!(stored(&store).contains("refresh-7"), "{}", stored(&store));
    assert!(session.access_token(&issuer.http()).is_ok());
}

#[test]
fn a_user_who_signs_in_while_another_signs_out_stays() {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let session = Arc::new(session(&issuer, &store));
    session.sign_in(identity(&issuer, "ann")).unwrap();
    let (other, bob) = (Arc::clone(&session), identity(&issuer, "bob"));
    issuer.fate(Fate::Meanwhile(Box::new(move || other.sign_in(bob).unwrap())));
    let out = session.sign_out(&issuer.http()).unwrap();
    assert_eq!(out.credentials().subject(), Some("ann"));
    assert_eq!(session.subjects().unwrap(), ["bob"]);
    assert_eq!(subject(&session).as_deref(), Some("bob"));
    assert!(session.access_token(&issuer.http()).is_ok());
}

#[test]
fn tokens_that_could_not_be_stored_outlast_the_login_of_another_user() {
    for same in [false, true] {
        let (issuer, store) = (Issuer::open(), Arc::new(Full::default()));
        let session = session(&issuer, &store);
        session.sign_in(issuer.tokens()).unwrap();
        issuer.pass(3600);
        let full = Arc::clone(&store);
        issuer.fate(Fate::Meanwhile(Box::new(move || *full.is_full.lock().unwrap() = true)));
        assert_eq!(session.access_token(&issuer.http()).unwrap_err().code(), "store_other");
        *store.is_full.lock().unwrap() = false;
        if same {
            let newer = tokens("refresh-7", issuer.state().now, 3600);
            session.sign_in(newer).unwrap();
        } else {
            session.sign_in(identity(&issuer, "bob")).unwrap();
            assert!(store.lock(&StoreKey::new(ISSUER, CLIENT), Duration::ZERO).is_err(), "they can be replayed");
        }
        session.sign_out(&issuer.http()).unwrap();
        assert_eq!(stored(&store).contains("refresh-2"), !same, "{}", stored(&store));
        assert!(store.lock(&StoreKey::new(ISSUER, CLIENT), Duration::ZERO).is_ok());
    }
}

/// A store in which something happens after a record was read.
#[derive(Default)]
struct Hooked {
    store: MemoryStore,
    hook: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl fmt::Debug for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl fmt::Display for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl TokenStore for Hooked {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, StoreError> {
        let record = self.store.load(key);
        let hook = self.hook.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        record
    }

    fn store(&self, key: &StoreKey, expected: Option<Revision>, record: &Record) -> Result<(), StoreError> {
        self.store.store(key, expected, record)
    }

    fn remove(&self, key: &StoreKey, expected: Revision) -> Result<(), StoreError> {
        self.store.remove(key, expected)
    }

    fn lock(&self, key: &StoreKey, timeout: Duration) -> Result<StoreLock, StoreError> {
        self.store.lock(key, timeout)
    }
}
