use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Record, Revision, StoreError, StoreKey, StoreLock, TokenStore, compare};

/// Tokens in memory, which are lost when the program ends. Share one in an [`Arc`].
#[derive(Default)]
pub struct MemoryStore {
    records: Mutex<HashMap<StoreKey, Record>>,
    locks: Arc<Locks>,
}

#[derive(Default)]
struct Locks {
    held: Mutex<HashSet<StoreKey>>,
    released: Condvar,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

impl TokenStore for MemoryStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, StoreError> {
        Ok(lock(&self.records).get(key).cloned())
    }

    fn store(&self, key: &StoreKey, expected: Option<Revision>, record: &Record) -> Result<(), StoreError> {
        let mut records = lock(&self.records);
        compare(records.get(key), expected)?;
        records.insert(key.clone(), record.clone());
        Ok(())
    }

    fn remove(&self, key: &StoreKey, expected: Revision) -> Result<(), StoreError> {
        let mut records = lock(&self.records);
        compare(records.get(key), Some(expected))?;
        records.remove(key);
        Ok(())
    }

    fn lock(&self, key: &StoreKey, timeout: Duration) -> Result<StoreLock, StoreError> {
        let (begun, mut held) = (Instant::now(), lock(&self.locks.held));
        while held.contains(key) {
            let left = timeout.saturating_sub(begun.elapsed());
            if left == Duration::ZERO {
                return Err(StoreError::Busy { after: timeout });
            }
            held = self.locks.released.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        held.insert(key.clone());
        Ok(StoreLock::new(Held { locks: Arc::clone(&self.locks), key: key.clone() }))
    }
}

struct Held {
    locks: Arc<Locks>,
    key: StoreKey,
}

impl Drop for Held {
    fn drop(&mut self) {
        lock(&self.locks.held).remove(&self.key);
        self.locks.released.notify_all();
    }
}

/// A thread that panicked while it held the lock left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Display for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory")
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore(..)")
    }
}
