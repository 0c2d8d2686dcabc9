//! The directives of `Cache-Control` that a key set needs (RFC 9111 section 5.2).

use std::time::Duration;

/// The freshness that a response states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// `no-store` or `no-cache`.
    Never,
    /// `max-age`.
    For(Duration),
    /// No directive that was understood.
    Unsaid,
}

/// Reads a header value. Names are case-insensitive and `max-age` may be quoted. A `max-age` that is
/// not a number, or that is repeated with another value, counts as `Never`: the safe reading.
pub(crate) fn read(header: &str) -> Freshness {
    let mut freshness = Freshness::Unsaid;
    for directive in header.split(',').take(MAX_DIRECTIVES) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Freshness::Never;
        }
        if name.eq_ignore_ascii_case("max-age") {
            let seconds = seconds(value.trim().trim_matches('"'));
            freshness = match (freshness, seconds) {
                (Freshness::Unsaid, Some(seconds)) => Freshness::For(seconds),
                (Freshness::For(before), Some(seconds)) if before == seconds => freshness,
                _ => return Freshness::Never,
            };
        }
    }
    freshness
}

fn seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More digits than fit mean a very long time, which the cache caps.
    Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

/// Directives read of one header; real ones have a handful.
const MAX_DIRECTIVES: usize = 32;
