//! What the stores keep, and what they refuse.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proofkey_native::{BlockingSession, FileStore, MemoryStore, Record, StoreError, StoreKey, TokenStore};

use crate::issuer::{CLIENT, ISSUER, Issuer};

/// A directory that is removed at the end.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("proofkey-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A directory in it that does not exist yet.
    pub(crate) fn store(&self) -> FileStore {
        FileStore::new(self.0.join("a").join("tokens"))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key() -> StoreKey {
    StoreKey::new(ISSUER, CLIENT)
}

pub(crate) fn record(number: u8) -> Record {
    Record::parse(format!(
        r#"{{"version":1,"revision":"{number:032x}","issuer":"{ISSUER}","client_id":"{CLIENT}","users":[]}}"#
    ))
    .unwrap()
}

fn file(store: &FileStore) -> PathBuf {
    let mut files = fs::read_dir(store.directory()).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "json")).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn code(result: Result<impl std::fmt::Debug, StoreError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn a_record_is_replaced_only_if_it_is_the_one_that_was_read() {
    let directory = Directory::new("swap");
    let stores: [Arc<dyn TokenStore>; 2] = [Arc::new(MemoryStore::new()), Arc::new(directory.store())];
    for store in stores {
        let (one, two) = (record(1), record(2));
        assert!(store.load(&key()).unwrap().is_none());
        assert_eq!(code(store.store(&key(), Some(one.revision()), &two)), "store_conflict");
        assert_eq!(code(store.remove(&key(), one.revision())), "store_conflict");
        store.store(&key(), None, &one).unwrap();
        assert_eq!(code(store.store(&key(), None, &two)), "store_conflict");
        assert_eq!(code(store.store(&key(), Some(two.revision()), &two)), "store_conflict");
        assert_eq!(store.load(&key()).unwrap().unwrap().expose(), one.expose());
        store.store(&key(), Some(one.revision()), &two).unwrap();
        assert_eq!(store.load(&key()).unwrap().unwrap().revision(), two.revision());
        assert!(store.load(&StoreKey::new(ISSUER, "another")).unwrap().is_none());
        assert_eq!(code(store.remove(&key(), one.revision())), "store_conflict");
        store.remove(&key(), two.revision()).unwrap();
        assert!(store.load(&key()).unwrap().is_none());
    }
}

#[test]
fn one_holds_the_lock_at_a_time() {
    let directory = Directory::new("lock");
    let stores: [Arc<dyn TokenStore>; 2] = [Arc::new(MemoryStore::new()), Arc::new(directory.store())];
    for store in stores {
        let lock = store.lock(&key(), Duration::ZERO).unwrap();
        assert_eq!(code(store.lock(&key(), Duration::from_millis(3))), "store_busy");
        drop(store.lock(&StoreKey::new(ISSUER, "another"), Duration::ZERO).unwrap());
        store.store(&key(), None, &record(1)).unwrap();
        let waiting = Arc::clone(&store);
        let waits = std::thread::spawn(move || drop(waiting.lock(&key(), Duration::from_secs(60)).unwrap()));
        drop(lock);
        waits.join().unwrap();
    }
}

#[test]
fn only_the_user_has_access_to_the_files() {
    let directory = Directory::new("modes");
    let store = directory.store();
    drop(store.lock(&key(), Duration::ZERO).unwrap());
    store.store(&key(), None, &record(1)).unwrap();
    assert_eq!(mode(store.directory()), 0o700);
    assert_eq!(mode(store.directory().parent().unwrap()), 0o700);
    for file in fs::read_dir(store.directory()).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn a_file_that_others_can_read_or_change_is_refused_and_left_alone() {
    let directory = Directory::new("open");
    let store = directory.store();
    store.store(&key(), None, &record(1)).unwrap();
    let file = file(&store);
    for bits in [0o640, 0o604, 0o620, 0o602] {
        set_mode(&file, bits);
        assert_eq!(code(store.load(&key())), "store_not_private");
        assert_eq!(code(store.store(&key(), Some(record(1).revision()), &record(2))), "store_not_private");
    }
    let error = store.load(&key()).unwrap_err().to_string();
    assert!(error.contains("mode 602") && error.ends_with(&format!("chmod 600 {}", file.display())), "{error}");
    set_mode(&file, 0o600);
    assert_eq!(store.load(&key()).unwrap().unwrap().revision(), record(1).revision());
    for (bits, is_refused) in [(0o720, true), (0o702, true), (0o1777, true), (0o755, false), (0o700, false)] {
        set_mode(store.directory(), bits);
        assert_eq!(store.load(&key()).is_err_and(|error| error.code() == "store_not_private"), is_refused);
        let locked = store.lock(&key(), Duration::ZERO);
        assert_eq!(locked.is_err_and(|error| error.code() == "store_not_private"), is_refused);
    }
}

#[test]
fn a_link_or_a_pipe_in_the_place_of_a_file_is_refused_at_once() {
    let directory = Directory::new("links");
    let store = directory.store();
    store.store(&key(), None, &record(1)).unwrap();
    let path = file(&store);
    let elsewhere = directory.0.join("elsewhere.json");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert_eq!(code(store.load(&key())), "store_not_a_file");
    assert_eq!(code(store.store(&key(), None, &record(2))), "store_not_a_file");
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), record(1).expose());
    fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(code(store.load(&key())), "store_not_a_file");
    fs::remove_file(&path).unwrap();
    // The locks, and what a program left behind, where another user could have put a link.
    for extension in ["new", "lock", "write-lock"] {
        let planted = path.with_extension(extension);
        let _ = fs::remove_file(&planted);
        symlink(&elsewhere, &planted).unwrap();
        let (locked, stored) = (store.lock(&key(), Duration::ZERO), store.store(&key(), None, &record(2)));
        match extension {
            "new" => stored.unwrap(),
            "lock" => assert_eq!(code(locked), "store_not_a_file"),
            _ => assert_eq!(code(stored), "store_not_a_file"),
        }
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), record(1).expose());
        let _ = fs::remove_file(&planted);
        let _ = fs::remove_file(&path);
    }
    let not_a_directory = FileStore::new(&elsewhere);
    assert_eq!(code(not_a_directory.load(&key())), "store_not_a_file");
    assert_eq!(code(not_a_directory.lock(&key(), Duration::ZERO)), "store_io");
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    let directory = Directory::new("owner");
    let store = directory.store();
    store.store(&key(), None, &record(1)).unwrap();
    // Only root can give a file away; the directory of root is another user's for everyone else.
    let foreign = match std::os::unix::fs::chown(store.directory(), Some(1), None) {
        Ok(()) => store,
        Err(_) => FileStore::new("/"),
    };
    let error = foreign.load(&key()).unwrap_err();
    assert!(error.code() == "store_foreign_owner" && error.to_string().contains("belongs to user"), "{error}");
    assert_eq!(code(foreign.lock(&key(), Duration::ZERO)), "store_foreign_owner");
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_never_overwritten() {
    let directory = Directory::new("damaged");
    let store = directory.store();
    store.store(&key(), None, &record(1)).unwrap();
    let path = file(&store);
    let whole = record(1).expose().to_owned();
    let long = format!("{whole}{}", " ".repeat(16 << 20));
    for (bytes, expected) in [
        (b"".to_vec(), "store_malformed"),
        (b"{".to_vec(), "store_malformed"),
        (b"\xff".to_vec(), "store_malformed"),
        (whole.as_bytes()[..whole.len() / 2].to_vec(), "store_malformed"),
        (br#"{"version":1}"#.to_vec(), "store_malformed"),
        (br#"{"version":1,"revision":"+0000000000000000000000000000001"}"#.to_vec(), "store_malformed"),
        (br#"{"version":2,"whatever":true}"#.to_vec(), "store_version"),
        (long.into_bytes(), "store_too_large"),
    ] {
        fs::write(&path, &bytes).unwrap();
        assert_eq!(code(store.load(&key())), expected);
        assert_eq!(code(store.store(&key(), None, &record(2))), expected);
        assert_eq!(code(store.store(&key(), Some(record(1).revision()), &record(2))), expected);
        assert_eq!(code(store.remove(&key(), record(1).revision())), expected);
        let session = BlockingSession::new(Issuer::open().login(), store.clone());
        let error = session.status().unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(error.to_string().starts_with(&format!("tokens in {}: the record ", path.display())), "{error}");
        assert_eq!(session.sign_in(Issuer::open().tokens()).unwrap_err().code(), expected);
        assert!(fs::read(&path).unwrap() == bytes, "it was changed");
    }
    let error = Record::parse(r#"{"version":2}"#.to_owned()).unwrap_err().to_string();
    assert!(error.contains("version 2") && error.contains("update the program"), "{error}");
    fs::write(&path, &whole).unwrap();
    assert!(store.load(&key()).unwrap().is_some());
}

#[test]
fn tokens_that_cannot_be_read_or_are_another_clients_are_refused() {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let session = BlockingSession::new(issuer.login(), Arc::clone(&store)).with_clock(issuer.clock());
    session.sign_in(issuer.tokens()).unwrap();
    let honest = store.load(&key()).unwrap().unwrap();
    for (from, to, expected) in [
        ("as.example", "as.other", "store_another_client"),
        (CLIENT, "another", "store_another_client"),
        ("\\\"version\\\":1", "\\\"version\\\":2", "stored_tokens_version"),
        ("\"kind\":\"tokens\"", "\"kind\":\"identity\"", "stored_identity_malformed"),
        ("\"kind\":\"tokens\"", "\"kind\":\"passwords\"", "store_malformed"),
        ("\"ended\":null", "\"ended\":null,\"more\":1", "store_malformed"),
    ] {
        let edited = honest.expose().replace(from, to);
        assert_ne!(edited, honest.expose());
        let edited = Record::parse(edited).unwrap();
        store.store(&key(), Some(honest.revision()), &edited).unwrap();
        let error = BlockingSession::new(issuer.login(), Arc::clone(&store)).access_token(&issuer.http()).unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(!error.is_login_required() && error.to_string().starts_with("tokens in memory: "), "{error}");
        store.store(&key(), Some(edited.revision()), &honest).unwrap();
    }
    assert!(session.access_token(&issuer.http()).is_ok());
    assert_eq!(issuer.sent(), 0);
}

#[test]
fn what_a_killed_program_left_behind_does_not_disturb() {
    let directory = Directory::new("rest");
    let store = directory.store();
    store.store(&key(), None, &record(1)).unwrap();
    let rest = file(&store).with_extension("new");
    fs::File::create(&rest).unwrap().write_all(b"{\"version\":1,\"rev").unwrap();
    assert_eq!(store.load(&key()).unwrap().unwrap().revision(), record(1).revision());
    store.store(&key(), Some(record(1).revision()), &record(2)).unwrap();
    assert_eq!(store.load(&key()).unwrap().unwrap().revision(), record(2).revision());
    assert!(!rest.exists());
}

#[test]
fn the_directory_of_a_program_is_that_of_the_platform() {
    let store = FileStore::for_program("proofkey-test");
    match store {
        Ok(store) => assert!(store.directory().is_absolute() && store.directory().ends_with("proofkey-test")),
        Err(error) => assert_eq!(error.code(), "store_no_directory"),
    }
}

#[test]
fn several_users_of_a_client_are_kept_apart() {
    let (issuer, store) = (Issuer::open(), Arc::new(MemoryStore::new()));
    let record = |users: &str| {
        let text = format!(
            r#"{{"version":1,"revision":"{:032x}","issuer":"{ISSUER}","client_id":"{CLIENT}","users":[{users}]}}"#,
            7
        );
        Record::parse(text).unwrap()
    };
    let tokens = serde_json::to_string(&*issuer.tokens().to_json()).unwrap();
    let user = |name: &str| {
        let tokens = tokens.replace("access-0", &format!("access-{name}"));
        format!(r#"{{"subject":"{name}","kind":"tokens","credentials":{tokens},"refresh_begun":null,"ended":null}}"#)
    };
    store.store(&key(), None, &record(&format!("{},{}", user("ann"), user("bob")))).unwrap();
    let session = || BlockingSession::new(issuer.login(), Arc::clone(&store)).with_clock(issuer.clock());
    let token = |session: &BlockingSession| session.access_token(&issuer.http()).unwrap().expose().to_owned();
    let latest = session();
    assert_eq!(token(&latest), "access-ann");
    assert_eq!(latest.subjects().unwrap(), ["ann", "bob"]);
    assert_eq!(token(&session().with_subject("bob")), "access-bob");
    assert_eq!(session().with_subject("eve").access_token(&issuer.http()).unwrap_err().code(), "session_signed_out");
    session().with_subject("ann").forget().unwrap();
    assert_eq!(session().subjects().unwrap(), ["bob"]);
    // The session of a user who is gone does not become that of another.
    issuer.pass(3600);
    assert_eq!(latest.access_token(&issuer.http()).unwrap_err().code(), "session_signed_out");
    assert_eq!(issuer.sent(), 0);
}
