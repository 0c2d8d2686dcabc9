//! The part of async-lock that the facade uses, with a `Mutex` that shuttle schedules.
//!
//! async-lock's own reads the clock to decide who is next, and waits for threads that shuttle does not know. This one
//! gives a lock that was released to any of those that want it, so shuttle tries each.

use std::marker::PhantomData;
use std::sync::Arc;

use shuttle::future::batch_semaphore::{BatchSemaphore, Fairness};

/// A lock that may be held across an await. The facade protects no value with it.
#[derive(Debug)]
pub struct Mutex<T> {
    permit: BatchSemaphore,
    value: PhantomData<T>,
}

impl<T> Default for Mutex<T> {
    fn default() -> Self {
        Self { permit: BatchSemaphore::new(1, Fairness::Unfair), value: PhantomData }
    }
}

impl<T> Mutex<T> {
    /// Waits for the lock.
    ///
    /// # Panics
    ///
    /// If the semaphore was closed, which shuttle does when it gives up a run.
    pub async fn lock_arc(self: &Arc<Self>) -> MutexGuardArc<T> {
        self.permit.acquire(1).await.expect("shuttle gave up this run");
        MutexGuardArc(Arc::clone(self))
    }

    /// Blocks the thread until it has the lock.
    ///
    /// # Panics
    ///
    /// As [`lock_arc`](Self::lock_arc).
    pub fn lock_arc_blocking(self: &Arc<Self>) -> MutexGuardArc<T> {
        self.permit.acquire_blocking(1).expect("shuttle gave up this run");
        MutexGuardArc(Arc::clone(self))
    }

    /// Takes the lock if no one holds it.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.permit.try_acquire(1).ok().map(|()| MutexGuard(self))
    }
}

/// Holds the lock until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is released at once"]
pub struct MutexGuard<'a, T>(&'a Mutex<T>);

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.0.permit.release(1);
    }
}

/// Holds the lock until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is released at once"]
pub struct MutexGuardArc<T>(Arc<Mutex<T>>);

impl<T> Drop for MutexGuardArc<T> {
    fn drop(&mut self) {
        self.0.permit.release(1);
    }
}
