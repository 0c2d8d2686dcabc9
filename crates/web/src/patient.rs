//! What is discovered when it is first needed, by one request for all, and not again at once after a failure.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use proofkey::token::Http;
use proofkey::{Lazy, LoginError};
use tokio::sync::Mutex;

use crate::failure::Failure;

/// How long the failure of a discovery answers for others, so that an issuer that is down is not asked by every request.
const COOLDOWN: Duration = Duration::from_secs(5);

pub(crate) struct Patient<T> {
    lazy: Lazy<T>,
    is_discovered: AtomicBool,
    /// When the last discovery failed. The lock is held during one.
    failed: Mutex<Option<(SystemTime, Option<Duration>)>>,
}

impl<T> Patient<T> {
    pub(crate) fn new(lazy: Lazy<T>) -> Self {
        Self { lazy, is_discovered: AtomicBool::new(false), failed: Mutex::new(None) }
    }

    pub(crate) async fn get(&self, http: &Http, now: SystemTime) -> Result<&T, Failure> {
        if self.is_discovered.load(Ordering::Acquire) {
            return Ok(self.lazy.get(http).await?);
        }
        let mut failed = self.failed.lock().await;
        if let Some((at, retry_after)) = *failed
            && now.duration_since(at).is_ok_and(|age| age < COOLDOWN)
        {
            return Err(Failure::Cooldown { retry_after });
        }
        let found = self.lazy.get(http).await;
        *failed = found.as_ref().err().map(|error: &LoginError| (now, error.retry_after()));
        self.is_discovered.store(found.is_ok(), Ordering::Release);
        Ok(found?)
    }
}
