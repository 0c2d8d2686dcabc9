//! A real Secret Service in a private D-Bus session.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::process::Command;
use std::time::Duration;

use proofkey_keyring::{PlatformKeyring, keyring_store};
use proofkey_native::{FileStore, Keyring, KeyringStore, Record, StoreKey, TokenStore};

const INSIDE: &str = "PROOFKEY_SECRET_SERVICE";

/// Runs the test of that name again, with a home of its own, and what `script` makes of the command `"$0" "$@"`.
fn inside(test: &str, script: &str) {
    let home = env::temp_dir().join(format!("proofkey-{test}-{}", std::process::id()));
    fs::create_dir_all(home.join("run")).unwrap();
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", script]).arg(env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    command.env(INSIDE, "1").env("HOME", &home).env("XDG_RUNTIME_DIR", home.join("run")).env_remove("XDG_STATE_HOME");
    let status = command.status().unwrap();
    fs::remove_dir_all(&home).unwrap();
    assert!(status.success());
}

fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

fn is_installed() -> bool {
    let missing = ["dbus-run-session", "gnome-keyring-daemon"].into_iter().find(|program| {
        Command::new(program).arg("--version").output().is_err_and(|error| error.kind() == ErrorKind::NotFound)
    });
    if let Some(missing) = missing {
        eprintln!("{missing} is not installed: nothing was tested");
    }
    missing.is_none()
}

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
        let script =
            "printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$0\" \"$@\"";
        return if is_installed() {
            inside("tokens_are_in_the_secret_service", script)
        };
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
        let script = "unset DBUS_SESSION_BUS_ADDRESS; exec \"$0\" \"$@\"";
        return if is_installed() {
            inside("without_a_secret_service_tokens_are_in_a_file_and_that_is_said", script)
        };
    }
    let store = keyring_store("proofkey-test").unwrap();
    store.store(&key(), None, &record(1, 100)).unwrap();
    let reason = store.fallback().unwrap();
    eprintln!("{store}");
    assert!(!reason.is_empty() && store.to_string().contains("because the keyring cannot be used"), "{store}");
    assert_eq!(store.load(&key()).unwrap().unwrap().expose(), record(1, 100).expose());
}
