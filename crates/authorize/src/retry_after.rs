//! How long a server asks to wait.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// Maximum wait: a longer one is shortened to this.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// Returns how long the `Retry-After` of a response asks to wait, at most a day (RFC 9110 section 10.2.3). Only a number
/// of seconds is read: a date would need a clock.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = value.bytes().try_fold(0_u64, |sum, byte| {
        let digit = char::from(byte).to_digit(10)?;
        Some(sum.saturating_mul(10).saturating_add(digit.into()))
    })?;
    (!value.is_empty()).then(|| Duration::from_secs(seconds).min(LONGEST_WAIT))
}
