//! Header fields that are read alike in every response.

use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};

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

/// Returns the media type of a body, without its parameters; an empty text when it is not stated, or more than once.
pub fn media_type(headers: &HeaderMap) -> &str {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let value = values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

/// Returns the content encoding of a body; `None` for `identity` or none. No request of this workspace asks for an
/// encoding.
pub fn content_encoding(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
    (!value.eq_ignore_ascii_case("identity")).then_some(value)
}
