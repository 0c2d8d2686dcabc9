//! The header `Cache-Control` of a response, as far as a key set needs it (RFC 9111 section 5.2).

use std::time::Duration;

/// How long a response says that it is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// `no-store` or `no-cache`.
    Never,
    /// `max-age`.
    For(Duration),
    /// Nothing that could be read.
    Unsaid,
}

/// Reads a header's value. Names are compared in any case; `max-age` may be quoted; a `max-age`
/// that is no number, or that stands twice with two values, counts as never, the careful reading.
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
    if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    // More digits than fit mean a very long time, which the cache bounds anyway.
    Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

/// Real headers have a handful.
const MAX_DIRECTIVES: usize = 32;
