//! Where tokens are kept between two runs of a program.

mod error;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "file")]
mod keyring;
mod memory;
mod record;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use error::StoreError;
#[cfg(feature = "file")]
pub use file::FileStore;
#[cfg(feature = "file")]
pub use keyring::{Keyring, KeyringError, KeyringStore};
pub use memory::MemoryStore;
pub(crate) use record::{Document, Entry};
pub use record::{EndReason, Record, Revision};

/// A client at one authorization server: the name under which a store keeps a record. The record holds the tokens of all
/// users who signed in to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoreKey {
    issuer: String,
    client_id: String,
}

impl StoreKey {
    /// Names the client `client_id` at `issuer`, both byte for byte.
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), client_id: client_id.into() }
    }

    /// Returns the issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the client identifier.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

/// A place for the tokens of a program: [`MemoryStore`], `FileStore`, or one of your own. `Display` writes where it is.
///
/// A store keeps one [`Record`] for each [`StoreKey`] and does not interpret it. Records are replaced by
/// compare-and-swap, so that no process overwrites what another has written since; the lock keeps two processes from
/// refreshing the same token. Calls may block: [`Session`](crate::Session) makes them on a thread of its own.
///
/// An implementation must guarantee:
///
/// * A record that [`store`](Self::store) was given is durable when that returns, and a program that is killed at any
///   moment leaves the old record or the new one.
/// * `store` and [`remove`](Self::remove) compare the revision and write in one step, also between processes.
/// * The operating system releases [`lock`](Self::lock) when the process that holds it ends.
/// * A record that cannot be read ([`Record::parse`]) is an error. It is neither overwritten nor removed.
/// * Only this user can read and write what is stored.
pub trait TokenStore: fmt::Debug + fmt::Display + Send + Sync {
    /// Returns the record of `key`; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, StoreError>;

    /// Replaces the record whose revision is `expected` by `record`; with `None`, stores it if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if another record is stored, which is not changed; others if the record cannot be
    /// written.
    fn store(&self, key: &StoreKey, expected: Option<Revision>, record: &Record) -> Result<(), StoreError>;

    /// Removes the record whose revision is `expected`.
    ///
    /// # Errors
    ///
    /// As [`store`](Self::store).
    fn remove(&self, key: &StoreKey, expected: Revision) -> Result<(), StoreError>;

    /// Waits until no one else holds the lock of `key`, in this process or another, and holds it until the result is
    /// dropped. `load`, `store` and `remove` do not wait for it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] after `timeout`; others if there is no such lock.
    fn lock(&self, key: &StoreKey, timeout: Duration) -> Result<StoreLock, StoreError>;

    /// Returns where the record of `key` is, for error messages: as `Display` says, unless each record has a place of its
    /// own, such as a file.
    fn place(&self, key: &StoreKey) -> String {
        let _ = key;
        self.to_string()
    }
}

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, StoreError> {
        (**self).load(key)
    }

    fn store(&self, key: &StoreKey, expected: Option<Revision>, record: &Record) -> Result<(), StoreError> {
        (**self).store(key, expected, record)
    }

    fn remove(&self, key: &StoreKey, expected: Revision) -> Result<(), StoreError> {
        (**self).remove(key, expected)
    }

    fn lock(&self, key: &StoreKey, timeout: Duration) -> Result<StoreLock, StoreError> {
        (**self).lock(key, timeout)
    }

    fn place(&self, key: &StoreKey) -> String {
        (**self).place(key)
    }
}

/// A held lock, returned by [`TokenStore::lock`]. Dropping it releases the lock.
#[must_use = "the lock is released when this is dropped"]
pub struct StoreLock(#[expect(dead_code, reason = "it is kept for what its drop does")] Box<dyn Send>);

impl StoreLock {
    /// Wraps the value whose drop releases the lock.
    pub fn new(guard: impl Send + 'static) -> Self {
        Self(Box::new(guard))
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLock")
    }
}

/// Compares the revision that is stored with the one that is expected.
fn compare(stored: Option<&Record>, expected: Option<Revision>) -> Result<(), StoreError> {
    if stored.map(Record::revision) == expected { Ok(()) } else { Err(StoreError::Conflict) }
}
