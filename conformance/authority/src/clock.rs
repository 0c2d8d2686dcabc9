//! The clock that the authorities of a run share.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Real time plus an offset that a case can change, or a stopped clock that a case can move. Clones show the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// What stands in place of real time.
    stopped_at: Option<i64>,
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// Creates a clock that shows real time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a clock that is stopped at this time, in seconds since 1970, and moves only by
    /// [`advance`](Self::advance).
    #[must_use]
    pub fn stopped_at(unix: i64) -> Self {
        Self { stopped_at: Some(unix), ..Self::default() }
    }

    /// Moves the clock forward by `seconds`, or back if negative.
    pub fn advance(&self, seconds: i64) {
        self.offset.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Returns the total of all moves, in seconds.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.offset.load(Ordering::SeqCst)
    }

    /// Returns the time of this clock in seconds since 1970.
    #[must_use]
    pub fn unix(&self) -> i64 {
        let real = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let start = self.stopped_at.unwrap_or_else(|| i64::try_from(real()).unwrap_or(i64::MAX));
        start.saturating_add(self.offset())
    }

    /// Returns the time of this clock, for a client that takes the time as an argument.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(u64::try_from(self.unix()).unwrap_or(0))
    }
}
