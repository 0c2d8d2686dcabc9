use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{FileStore, Record, Revision, StoreError, StoreKey, StoreLock, TokenStore, compare};

/// A keyring of the operating system: secrets by name. The crate `proofkey-keyring` implements it for the platform's
/// keyring.
pub trait Keyring: fmt::Debug + Send + Sync {
    /// Maximum size of a secret, in bytes.
    fn limit(&self) -> usize;

    /// Returns the secret of that name; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The reason why the keyring failed. It is shown, so it must not contain a secret.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError>;

    /// Sets the secret of that name.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError>;

    /// Removes the secret of that name, if there is one.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    fn remove(&self, name: &str) -> Result<(), KeyringError>;
}

/// The error of a [`Keyring`].
pub type KeyringError = Box<dyn Error + Send + Sync>;

/// Tokens in the keyring of the operating system, or, if that cannot keep them, in files.
///
/// The directory of a [`FileStore`] has the locks, and states what is in the keyring, so that all processes agree about
/// that. A record is written in pieces that fit, and is read back before it counts as stored. If the keyring is absent,
/// is locked, or does not return what was written, the record is written to the file instead, and
/// [`fallback`](Self::fallback) returns the reason.
///
/// A record in the keyring can be read only where the keyring is available. In another session of the same user, such
/// as one over SSH, reading it is an error and does not lead to a new login.
#[derive(Debug)]
pub struct KeyringStore {
    keyring: Box<dyn Keyring>,
    files: FileStore,
    fallback: Mutex<Option<String>>,
}

/// What the file says if the record is in the keyring. [`Record::parse`] reads it as a record.
#[derive(Serialize, Deserialize)]
struct Pointer<'a> {
    version: u32,
    revision: &'a str,
    keyring: Pieces,
}

/// Where the record is in the keyring. The next one is written to the other slot, so that a program that is killed leaves
/// this one whole.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Pieces {
    /// What tells directories apart that share a keyring: chosen for the first record, and kept.
    ring: u128,
    slot: u8,
    count: u32,
}

impl KeyringStore {
    /// Keeps tokens in `keyring`, and the locks and other shared state in `files`.
    pub fn new(keyring: impl Keyring + 'static, files: FileStore) -> Self {
        Self { keyring: Box::new(keyring), files, fallback: Mutex::default() }
    }

    /// Returns why the last record was written to a file; `None` if it was written to the keyring, or none was written.
    pub fn fallback(&self) -> Option<String> {
        self.reason().clone()
    }

    fn reason(&self) -> MutexGuard<'_, Option<String>> {
        self.fallback.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a record to the keyring, reads it back, and returns what the file says about it.
    fn keep(&self, key: &StoreKey, old: Option<Pieces>, record: &Record) -> Result<Record, KeyringError> {
        let bytes = record.expose().as_bytes();
        let split = bytes.chunks(self.keyring.limit().max(1));
        let (ring, slot) = match old {
            Some(old) => (old.ring, 1 - old.slot.min(1)),
            None => (ring()?, 0),
        };
        let pieces = Pieces { ring, slot, count: u32::try_from(split.len())? };
        let written =
            (0..).zip(split).try_for_each(|(number, piece)| self.keyring.set(&name(key, pieces, number), piece));
        let read = written.and_then(|()| self.fetch(key, pieces));
        if !read.as_ref().is_ok_and(|read| read.as_ref().is_some_and(|read| **read == bytes)) {
            self.clear(key, pieces);
            return Err(read.err().unwrap_or_else(|| "it did not return what was written".into()));
        }
        let pointer = Pointer { version: 1, revision: &record.revision().to_string(), keyring: pieces };
        Ok(Record::parse(serde_json::to_string(&pointer)?)?)
    }

    /// The bytes of a record; `None` if a piece is missing.
    fn fetch(&self, key: &StoreKey, pieces: Pieces) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        let mut bytes = Zeroizing::new(Vec::new());
        for number in 0..pieces.count {
            let Some(piece) = self.keyring.get(&name(key, pieces, number))? else { return Ok(None) };
            let mut longer = Zeroizing::new(Vec::with_capacity(bytes.len() + piece.len()));
            longer.extend_from_slice(&bytes);
            longer.extend_from_slice(&piece);
            bytes = longer;
        }
        Ok(Some(bytes))
    }

    /// Removes what is not pointed at any more. What stays is overwritten later.
    fn clear(&self, key: &StoreKey, pieces: Pieces) {
        for number in 0..pieces.count {
            let _ = self.keyring.remove(&name(key, pieces, number));
        }
    }

    /// The record that a record of the file stands for.
    fn follow(&self, key: &StoreKey, record: Record) -> Result<Record, StoreError> {
        let Some(pieces) = pieces(&record) else {
            self.reason().get_or_insert_with(|| "it could not be used when they were stored".to_owned());
            return Ok(record);
        };
        let failed = |reason: &dyn fmt::Display| {
            let file = self.files.path(key, "json");
            let text = "the tokens are in the keyring, which does not return them";
            StoreError::Other(
                format!("{text} ({reason}); unlock it, or remove {} and log in again", file.display()).into(),
            )
        };
        let bytes = self.fetch(key, pieces).map_err(|error| failed(&error))?;
        let text = bytes.and_then(|bytes| std::str::from_utf8(&bytes).ok().map(str::to_owned).map(Zeroizing::new));
        let whole =
            text.and_then(|text| Record::parse(text).ok()).filter(|whole| whole.revision() == record.revision());
        whole.ok_or_else(|| failed(&"they are missing"))
    }
}

/// The name of a piece.
fn name(key: &StoreKey, pieces: Pieces, number: u32) -> String {
    format!("{}-{:032x}-{}-{number}", FileStore::name(key), pieces.ring, pieces.slot)
}

fn ring() -> Result<u128, KeyringError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(u128::from_ne_bytes(bytes))
}

fn pieces(record: &Record) -> Option<Pieces> {
    serde_json::from_str(record.expose()).ok().map(|pointer: Pointer<'_>| pointer.keyring)
}

impl TokenStore for KeyringStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, StoreError> {
        let Some(record) = self.files.load(key)? else { return Ok(None) };
        match self.follow(key, record) {
            Ok(record) => Ok(Some(record)),
            // Another process may have replaced it meanwhile.
            Err(_) => {
                let _lock = self.files.lock_writing(key)?;
                let record = self.files.read(key)?;
                record.map(|record| self.follow(key, record)).transpose()
            }
        }
    }

    fn store(&self, key: &StoreKey, expected: Option<Revision>, record: &Record) -> Result<(), StoreError> {
        let _lock = self.files.lock_writing(key)?;
        let old = self.files.read(key)?;
        compare(old.as_ref(), expected)?;
        let old = old.as_ref().and_then(pieces);
        match self.keep(key, old, record) {
            Ok(pointer) => {
                self.files.write(key, &pointer)?;
                *self.reason() = None;
            }
            Err(error) => {
                self.files.write(key, record)?;
                *self.reason() = Some(error.to_string());
            }
        }
        if let Some(old) = old {
            self.clear(key, old);
        }
        Ok(())
    }

    fn remove(&self, key: &StoreKey, expected: Revision) -> Result<(), StoreError> {
        // Until all of it is removed, so that no other process stores pieces that are removed then.
        let _lock = self.files.lock_writing(key)?;
        let old = self.files.read(key)?;
        compare(old.as_ref(), Some(expected))?;
        self.files.delete(key)?;
        if let Some(pieces) = old.as_ref().and_then(pieces) {
            self.clear(key, pieces);
        }
        Ok(())
    }

    fn lock(&self, key: &StoreKey, timeout: Duration) -> Result<StoreLock, StoreError> {
        self.files.lock(key, timeout)
    }

    /// The file: it names what is in the keyring, which is of no use without it.
    fn place(&self, key: &StoreKey) -> String {
        self.files.place(key)
    }
}

impl fmt::Display for KeyringStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.reason() {
            None => f.write_str("the keyring"),
            Some(reason) => write!(f, "{}, because the keyring cannot be used ({reason})", self.files),
        }
    }
}
