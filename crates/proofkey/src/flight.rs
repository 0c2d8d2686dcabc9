//! One fetch at a time.

use std::sync::Arc;

use async_lock::{Mutex, MutexGuardArc};

/// A lock that is held around one fetch. Those that wait for it find the result when they have it.
#[derive(Clone, Debug, Default)]
pub struct Flight(Arc<Mutex<()>>);

impl Flight {
    pub(crate) async fn lock(&self) -> MutexGuardArc<()> {
        self.0.lock_arc().await
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn lock_blocking(&self) -> MutexGuardArc<()> {
        self.0.lock_arc_blocking()
    }

    /// Whether a fetch is under way.
    pub(crate) fn is_held(&self) -> bool {
        self.0.try_lock().is_none()
    }
}
