//! Tokens in a keyring that is small, absent, locked or forgetful.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use proofkey_native::{BlockingSession, FileStore, Keyring, KeyringError, KeyringStore, StoreKey, TokenStore};
use zeroize::Zeroizing;

use crate::issuer::{CLIENT, ISSUER, Issuer};
use crate::store::{Directory, record};

#[derive(Debug, Default)]
struct Fake {
    secrets: Mutex<HashMap<String, Vec<u8>>>,
    mood: Mutex<Mood>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Works,
    Locked,
    /// It says that it has kept a secret, and has not.
    Forgets,
}

#[derive(Clone, Debug)]
struct Shared(Arc<Fake>);

impl Keyring for Shared {
    /// As little as a keyring can take.
    fn limit(&self) -> usize {
        100
    }

    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        self.check()?;
        Ok(self.0.secrets.lock().unwrap().get(name).cloned().map(Zeroizing::new))
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError> {
        self.check()?;
        assert!(secret.len() <= self.limit());
        if *self.0.mood.lock().unwrap() != Mood::Forgets {
            self.0.secrets.lock().unwrap().insert(name.to_owned(), secret.to_vec());
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeyringError> {
        self.check()?;
        self.0.secrets.lock().unwrap().remove(name);
        Ok(())
    }
}

impl Shared {
    fn check(&self) -> Result<(), KeyringError> {
        if *self.0.mood.lock().unwrap() == Mood::Locked { Err("it is locked".into()) } else { Ok(()) }
    }

    fn feel(&self, mood: Mood) {
        *self.0.mood.lock().unwrap() = mood;
    }

    fn count(&self) -> usize {
        self.0.secrets.lock().unwrap().len()
    }
}

fn files(store: &FileStore) -> String {
    let files =
        fs::read_dir(store.directory()).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    files.collect()
}

fn key() -> StoreKey {
    StoreKey::new(ISSUER, CLIENT)
}

#[test]
fn tokens_are_in_pieces_that_fit_and_not_in_the_file() {
    let (directory, keyring, issuer) = (Directory::new("ring"), Shared(Arc::default()), Issuer::open());
    let store = Arc::new(KeyringStore::new(keyring.clone(), directory.store()));
    let session = BlockingSession::new(issuer.login(), Arc::clone(&store)).with_clock(issuer.clock());
    session.sign_in(issuer.tokens()).unwrap();
    for number in 1..=3 {
        issuer.pass(3600);
        let token = session.access_token(&issuer.http()).unwrap();
        assert_eq!(token.expose(), format!("access-{number}"));
        let other = KeyringStore::new(keyring.clone(), directory.store());
        let other = BlockingSession::new(issuer.login(), other).with_clock(issuer.clock());
        assert_eq!(other.access_token(&issuer.http()).unwrap().expose(), token.expose());
        assert!(!files(&directory.store()).contains("access") && keyring.count() > 3);
    }
    assert_eq!((store.to_string().as_str(), store.fallback(), issuer.sent()), ("the keyring", None, 3));
    let pieces = store.load(&key()).unwrap().unwrap().expose().len().div_ceil(100);
    assert_eq!(keyring.count(), pieces, "nothing of older tokens is left");
    session.sign_out(&issuer.http()).unwrap();
    assert!(keyring.count() == 0 && store.load(&key()).unwrap().is_none());
}

#[test]
fn a_keyring_that_keeps_nothing_is_replaced_by_the_file_and_that_is_said() {
    for (mood, reason) in [(Mood::Locked, "it is locked"), (Mood::Forgets, "it did not return what was written")] {
        let (directory, keyring, issuer) = (Directory::new("noring"), Shared(Arc::default()), Issuer::open());
        let store = Arc::new(KeyringStore::new(keyring.clone(), directory.store()));
        let session = BlockingSession::new(issuer.login(), Arc::clone(&store)).with_clock(issuer.clock());
        keyring.feel(mood);
        session.sign_in(issuer.tokens()).unwrap();
        assert_eq!(store.fallback().as_deref(), Some(reason));
        assert!(store.to_string().contains(reason) && store.to_string().starts_with("/"), "{store}");
        assert!(files(&directory.store()).contains("access-0") && keyring.count() == 0);
        assert!(session.access_token(&issuer.http()).is_ok());
        let next = KeyringStore::new(keyring.clone(), directory.store());
        assert!(next.load(&key()).unwrap().is_some());
        assert!(next.to_string().starts_with('/') && next.fallback().is_some(), "{next}");
        // It works again, and the next write goes there.
        keyring.feel(Mood::Works);
        issuer.pass(3600);
        session.access_token(&issuer.http()).unwrap();
        assert!(store.fallback().is_none() && !files(&directory.store()).contains("access"));
    }
}

#[test]
fn tokens_in_a_keyring_that_is_locked_are_an_error_and_no_new_login() {
    let (directory, keyring, issuer) = (Directory::new("locked"), Shared(Arc::default()), Issuer::open());
    let open = || {
        let store = KeyringStore::new(keyring.clone(), directory.store());
        BlockingSession::new(issuer.login(), store).with_clock(issuer.clock())
    };
    open().sign_in(issuer.tokens()).unwrap();
    let before = files(&directory.store());
    keyring.feel(Mood::Locked);
    for error in [
        open().access_token(&issuer.http()).unwrap_err(),
        open().sign_in(issuer.tokens()).unwrap_err(),
        open().status().unwrap_err(),
    ] {
        assert!(error.code() == "store_other" && !error.is_login_required(), "{error}");
        assert!(error.to_string().contains("it is locked") && error.to_string().contains("unlock it"), "{error}");
    }
    assert_eq!(files(&directory.store()), before);
    keyring.feel(Mood::Works);
    assert_eq!(open().access_token(&issuer.http()).unwrap().expose(), "access-0");
    // A program that does not use the keyring does not take the file for a damaged one.
    let plain = BlockingSession::new(issuer.login(), directory.store()).with_clock(issuer.clock());
    let error = plain.access_token(&issuer.http()).unwrap_err();
    assert!(error.code() == "store_in_keyring" && error.to_string().contains(".json: the record is in"), "{error}");
    keyring.0.secrets.lock().unwrap().clear();
    let error = open().access_token(&issuer.http()).unwrap_err();
    assert!(error.to_string().contains("they are missing"), "{error}");
}

#[test]
fn directories_that_share_a_keyring_do_not_share_entries() {
    let (one, two) = (Directory::new("ring-one"), Directory::new("ring-two"));
    let keyring = Shared(Arc::default());
    let open = |directory: &Directory| KeyringStore::new(keyring.clone(), directory.store());
    let holds = |directory, number| {
        assert_eq!(open(directory).load(&key()).unwrap().unwrap().expose(), record(number).expose());
    };
    open(&one).store(&key(), None, &record(1)).unwrap();
    open(&two).store(&key(), None, &record(2)).unwrap();
    holds(&one, 1);
    holds(&two, 2);
    open(&one).store(&key(), Some(record(1).revision()), &record(3)).unwrap();
    open(&two).remove(&key(), record(2).revision()).unwrap();
    holds(&one, 3);
    assert!(open(&two).load(&key()).unwrap().is_none());
    assert_eq!(keyring.count(), record(3).expose().len().div_ceil(100), "nothing of older tokens is left");
}

/// A keyring at which another process stores tokens while the first secret is removed.
#[derive(Clone, Debug)]
struct Contested {
    keyring: Shared,
    files: FileStore,
    other: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Keyring for Contested {
    fn limit(&self) -> usize {
        self.keyring.limit()
    }

    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        self.keyring.get(name)
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError> {
        self.keyring.set(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeyringError> {
        let mut other = self.other.lock().unwrap();
        if other.is_none() {
            let store = KeyringStore::new(self.keyring.clone(), self.files.clone());
            *other = Some(thread::spawn(move || store.store(&key(), None, &record(2)).unwrap()));
            // Time for it to do what it can while this goes on.
            thread::sleep(Duration::from_millis(50));
        }
        self.keyring.remove(name)
    }
}

#[test]
fn tokens_that_are_stored_while_others_are_removed_stay() {
    let (directory, keyring) = (Directory::new("contested"), Shared(Arc::default()));
    let contested = Contested { keyring: keyring.clone(), files: directory.store(), other: Arc::default() };
    let store = KeyringStore::new(contested.clone(), directory.store());
    store.store(&key(), None, &record(1)).unwrap();
    store.remove(&key(), record(1).revision()).unwrap();
    contested.other.lock().unwrap().take().unwrap().join().unwrap();
    assert_eq!(store.load(&key()).unwrap().unwrap().expose(), record(2).expose());
}
