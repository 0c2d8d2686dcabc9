//! When to fetch a key set, when to wait, and when to go on with the old one. No I/O, no clock.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::cache_control::{self, Freshness};
use crate::jwk_set::JwkSet;

/// Keeps the key set of one issuer, and says when it is to be fetched.
///
/// It neither fetches nor looks at a clock: ask it with the time at hand, carry out the
/// [`FetchTicket`] that it may hand out, and give back what came. One ticket is out at a time; one
/// that is never given back (a cancelled task, say) lapses after [`TICKET_LIFE`].
///
/// - Fresh for the `max-age` of the response, within [`MIN_FRESH`] and [`MAX_FRESH`]; for
///   [`DEFAULT_FRESH`] when it says nothing; for [`MIN_FRESH`] when it says `no-store`.
/// - A token with an unknown key brings one fetch, and then none for [`COOLDOWN`]: forged tokens
///   cannot be used to flood the issuer.
/// - When a fetch fails, the old set serves on for [`MAX_STALE`] past its freshness, and the next
///   try waits for [`COOLDOWN`].
///
/// A clock that is set back by more than a minute ends every wait, so that nothing hangs on a time
/// that will not come; the old set serves meanwhile.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use proofkey_jwt::{JwkCache, JwkSet};
///
/// let mut cache = JwkCache::new();
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
///
/// let lookup = cache.look(now);
/// assert!(lookup.keys.is_none());
/// let ticket = lookup.fetch.expect("the first look asks for a fetch");
/// assert!(cache.look(now).fetch.is_none(), "and no second one meanwhile");
///
/// // ... GET the jwks_uri ...
/// # #[cfg(feature = "aws-lc-rs")] {
/// let set = JwkSet::parse(br#"{"keys":[]}"#)?;
/// cache.fetched(ticket, set, Some("public, max-age=3600"), now);
/// assert!(cache.look(now + Duration::from_secs(3599)).keys.is_some());
/// # }
/// # Ok::<(), proofkey_jwt::JwkSetError>(())
/// ```
#[derive(Debug, Default)]
pub struct JwkCache {
    entry: Option<Entry>,
    out: Option<Out>,
    // The end of the last fetch, whether it went well or not.
    last: Option<SystemTime>,
    next_ticket: u64,
}

/// What there is, and what is to be done.
#[derive(Debug)]
#[non_exhaustive]
pub struct Lookup {
    /// The set to use now: fresh, or old and still bearable.
    pub keys: Option<Arc<JwkSet>>,
    /// Carry this out. With keys at hand there is no need to wait for it.
    pub fetch: Option<FetchTicket>,
}

/// The right, and the duty, to fetch the set once. Give it back to [`JwkCache::fetched`] or [`JwkCache::failed`].
#[must_use]
pub struct FetchTicket(u64);

/// How long a set is fresh at least: one minute.
pub const MIN_FRESH: Duration = Duration::from_secs(60);
/// How long a set is fresh when the response does not say: five minutes.
pub const DEFAULT_FRESH: Duration = Duration::from_secs(5 * 60);
/// How long a set is fresh at most: one day.
pub const MAX_FRESH: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a set that is no longer fresh serves while the issuer cannot be reached: one day.
pub const MAX_STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long no fetch is made for an unknown key, or after a failure: 30 seconds.
pub const COOLDOWN: Duration = Duration::from_secs(30);
/// After what time a ticket that was not given back is given up: 30 seconds.
pub const TICKET_LIFE: Duration = Duration::from_secs(30);

impl JwkCache {
    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to use at `now`. Asks for a fetch when the set is absent or no longer fresh.
    pub fn look(&mut self, now: SystemTime) -> Lookup {
        let keys = self.entry.as_ref().filter(|entry| entry.is_bearable(now)).map(|entry| Arc::clone(&entry.keys));
        let is_fresh = self.entry.as_ref().is_some_and(|entry| entry.is_fresh(now));
        let fetch = if is_fresh { None } else { self.ticket(now) };
        Lookup { keys, fetch }
    }

    /// Asks for one fetch because a token's key is not in the set
    /// ([`IdTokenError::is_key_not_found`](crate::IdTokenError::is_key_not_found)). `None` while a
    /// fetch is out or the last one is less than [`COOLDOWN`] ago: then the token is refused.
    pub fn unknown_key(&mut self, now: SystemTime) -> Option<FetchTicket> {
        self.ticket(now)
    }

    /// Takes in a set that was fetched, with the response's `Cache-Control`. A ticket that lapsed
    /// is as good: the set is newer than what there was, unless another fetch has ended since.
    pub fn fetched(&mut self, ticket: FetchTicket, keys: JwkSet, cache_control: Option<&str>, now: SystemTime) {
        if !self.settle(&ticket, now) {
            return;
        }
        let fresh_for = match cache_control.map_or(Freshness::Unsaid, cache_control::read) {
            Freshness::Never => MIN_FRESH,
            Freshness::For(age) => age.clamp(MIN_FRESH, MAX_FRESH),
            Freshness::Unsaid => DEFAULT_FRESH,
        };
        self.entry = Some(Entry { keys: Arc::new(keys), fetched_at: now, fresh_for });
    }

    /// Notes that a fetch failed: no answer, or no key set in it.
    pub fn failed(&mut self, ticket: FetchTicket, now: SystemTime) {
        self.settle(&ticket, now);
    }

    fn ticket(&mut self, now: SystemTime) -> Option<FetchTicket> {
        if self.out.as_ref().is_some_and(|out| since(out.since, now) < TICKET_LIFE) {
            return None;
        }
        if self.last.is_some_and(|last| since(last, now) < COOLDOWN) {
            return None;
        }
        self.next_ticket += 1;
        self.out = Some(Out { ticket: self.next_ticket, since: now });
        Some(FetchTicket(self.next_ticket))
    }

    /// Whether the ticket is the newest handed out.
    fn settle(&mut self, ticket: &FetchTicket, now: SystemTime) -> bool {
        let is_newest = self.out.as_ref().is_some_and(|out| out.ticket == ticket.0);
        if is_newest {
            self.out = None;
            self.last = Some(now);
        }
        is_newest
    }
}

impl fmt::Debug for FetchTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FetchTicket(..)")
    }
}

#[derive(Debug)]
struct Entry {
    keys: Arc<JwkSet>,
    fetched_at: SystemTime,
    fresh_for: Duration,
}

impl Entry {
    fn is_fresh(&self, now: SystemTime) -> bool {
        since(self.fetched_at, now) < self.fresh_for
    }

    fn is_bearable(&self, now: SystemTime) -> bool {
        now.duration_since(self.fetched_at).unwrap_or_default() < self.fresh_for + MAX_STALE
    }
}

#[derive(Debug)]
struct Out {
    ticket: u64,
    since: SystemTime,
}

/// Two threads may ask in another order than they read the clock, which is no time at all. A clock
/// that was really set back counts as a very long time.
fn since(then: SystemTime, now: SystemTime) -> Duration {
    match now.duration_since(then) {
        Ok(elapsed) => elapsed,
        Err(back) if back.duration() <= Duration::from_secs(60) => Duration::ZERO,
        Err(_) => Duration::MAX,
    }
}
