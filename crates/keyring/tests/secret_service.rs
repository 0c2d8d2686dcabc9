//! A real Secret Service in a private D-Bus session.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod session;

use std::fs;
use std::process::Command;
use std::time::Duration;

use proofkey_keyring::{PlatformKeyring, keyring_store};
use proofkey_native::{FileStore, Keyring, KeyringStore, Record, StoreKey, TokenStore};
use session::{NONE, UNLOCKED, inside, is_inside};

fn key() -> StoreKey {
    StoreKey::new("https://as.example/", "client")
}

fn record(number: u32, length: usize) -> Record {
    let text = format!(r#"{{"version":1,"revision":"{number:032x}","secret":"{}"}}"#, "s3cr3t".repeat(length));
    Record::parse(text).unwrap()
}

/// A keyring as small as that of Windows.
#[derive(Debug)]
struct Small(PlatformKeyring);

impl Keyring for Small {
    fn limit(&self) -> usize {
        2_500
    }

    fn get(&self, name: &str) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, proofkey_native::KeyringError> {
        self.0.get(name)
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), proofkey_native::KeyringError> {
        self.0.set(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), proofkey_native::KeyringError> {
        self.0.remove(name)
    }
}

#[test]
fn tokens_are_in_the_secret_service() {
    if !is_inside() {
        return inside("tokens_are_in_the_secret_service", UNLOCKED);
    }
    let files = FileStore::for_program("proofkey-test").unwrap();
    let small = KeyringStore::new(Small(PlatformKeyring::new("proofkey-test-small")), files.clone());
    for store in [&keyring_store("proofkey-test-large").unwrap(), &small] {
        store.store(&key(), None, &record(1, 2_000)).unwrap();
        assert_eq!((store.fallback(), store.to_string().as_str()), (None, "the keyring"));
        assert_eq!(store.load(&key()).unwrap().unwrap().expose(), record(1, 2_000).expose());
        let conflict = store.store(&key(), Some(record(2, 1).revision()), &record(2, 1)).unwrap_err();
        assert_eq!(conflict.code(), "store_conflict");
        store.store(&key(), Some(record(1, 1).revision()), &record(2, 100)).unwrap();
        assert_eq!(store.load(&key()).unwrap().unwrap().expose(), record(2, 100).expose());
        drop(store.lock(&key(), Duration::ZERO).unwrap());
    }
    for file in fs::read_dir(files.directory()).unwrap() {
        assert!(!fs::read_to_string(file.unwrap().path()).unwrap().contains("s3cr3t"));
    }
    // Another process of the session finds them.
    let found = Command::new("secret-tool").args(["search", "--all", "service", "proofkey-test-small"]).output();
    if let Ok(found) = found {
        let text = [found.stdout, found.stderr].concat();
        assert!(String::from_utf8_lossy(&text).contains("s3cr3t"), "{}", String::from_utf8_lossy(&text));
    }
    small.remove(&key(), record(2, 1).revision()).unwrap();
    assert!(small.load(&key()).unwrap().is_none());
}

#[test]
fn without_a_secret_service_tokens_are_in_a_file_and_that_is_said() {
    if !is_inside() {
        return inside("without_a_secret_service_tokens_are_in_a_file_and_that_is_said", NONE);
    }
    let store = keyring_store("proofkey-test").unwrap();
    store.store(&key(), None, &record(1, 100)).unwrap();
    let reason = store.fallback().unwrap();
    eprintln!("{store}");
    assert!(!reason.is_empty() && store.to_string().contains("because the keyring cannot be used"), "{store}");
    assert_eq!(store.load(&key()).unwrap().unwrap().expose(), record(1, 100).expose());
}
