//! Points in time as tokens write them (RFC 7519 section 2).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z, fractions allowed, from 0 to the end of the year 9999.
///
/// A number outside that range is no date: a token that says so is refused rather than read as
/// "never expires". Milliseconds, a common slip, fall outside too.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct NumericDate(f64);

impl NumericDate {
    /// The date `seconds` after the epoch; `None` outside the range.
    #[must_use]
    pub fn new(seconds: f64) -> Option<Self> {
        (0.0..=LAST).contains(&seconds).then_some(Self(seconds))
    }

    /// Seconds since the epoch.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0
    }

    /// The same point as the standard library writes it.
    #[must_use]
    pub fn to_system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs_f64(self.0)
    }
}

/// Seconds since the epoch, negative before it.
pub(crate) fn seconds(time: SystemTime) -> f64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

/// 9999-12-31T23:59:59Z.
const LAST: f64 = 253_402_300_799.0;
