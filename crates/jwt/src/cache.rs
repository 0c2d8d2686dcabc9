//! When to fetch a key set, when to wait, and when to use the old one. No I/O, no clock.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use crate::cache_control::{self, Freshness};
use crate::jwk_set::JwkSet;

/// The key set of one issuer, and the rules that say when to fetch it again.
///
/// The cache does no I/O and reads no clock. Call it with the current time. If it returns a
/// [`FetchTicket`], fetch the set, and pass the ticket to [`fetched`](Self::fetched) or
/// [`failed`](Self::failed). When a ticket is dropped, for instance by a cancelled task, the next call
/// can return another one at once.
///
/// 1. **Without a usable set**, every [`lookup`](Self::lookup) returns a ticket, since no token can be validated. To
///    fetch once only, hold a lock around the fetch. After two failures in a row, there is no ticket for
///    [`RETRY_DELAY`](Self::RETRY_DELAY), so that the callers that waited do not each try again.
/// 2. **With a usable set that is no longer fresh**, one ticket exists at a time, and every other
///    lookup returns the old set. After a failure, there is no ticket for
///    [`COOLDOWN`](Self::COOLDOWN).
/// 3. **For a token that names an unknown key**, [`unknown_key`](Self::unknown_key) returns one ticket,
///    and then none for [`COOLDOWN`](Self::COOLDOWN), so that forged tokens cannot flood the issuer.
///    Fetches for other reasons do not count: a key that was rotated seconds after the last fetch is
///    found by the first token that names it.
///
/// A set is fresh for the `max-age` of its response, within [`MIN_FRESH`](Self::MIN_FRESH) and
/// [`MAX_FRESH`](Self::MAX_FRESH). It is fresh for [`DEFAULT_FRESH`](Self::DEFAULT_FRESH) if the
/// response has no `max-age`, and for `MIN_FRESH` if it has `no-store` or `no-cache`. After that, it
/// stays usable for [`MAX_STALE`](Self::MAX_STALE).
///
/// If the clock is set back by more than a minute, every waiting time ends and no set is fresh, so
/// that nothing waits for a time that may never come. The old set stays usable.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use proofkey_jwt::{JwkCache, JwkSet, Lookup};
///
/// let mut cache = JwkCache::new();
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let Lookup::Missing(ticket) = cache.lookup(now) else { panic!("a new cache is empty") };
///
/// // ... GET the jwks_uri ...
/// # #[cfg(feature = "aws-lc-rs")] {
/// let set = JwkSet::parse(br#"{"keys":[]}"#)?;
/// cache.fetched(ticket, set, Some("public, max-age=3600"), now);
/// assert!(matches!(cache.lookup(now + Duration::from_secs(3599)), Lookup::Ready(_)));
/// assert!(matches!(cache.lookup(now + Duration::from_secs(3600)), Lookup::Stale(_, _)));
/// # }
/// # Ok::<(), proofkey_jwt::JwkSetError>(())
/// ```
#[derive(Debug, Default)]
pub struct JwkCache {
    entry: Option<Entry>,
    /// The newest ticket for each reason.
    renewal: Option<Out>,
    doubt: Option<Out>,
    /// When the last fetch ended, if it failed.
    failed_at: Option<SystemTime>,
    /// How many fetches have failed since one succeeded.
    failures: u32,
    /// When the last fetch for an unknown key ended.
    doubted_at: Option<SystemTime>,
    tickets: u64,
}

/// The set to use, and whether to fetch another one. Returned by [`JwkCache::lookup`].
#[derive(Debug)]
#[must_use]
pub enum Lookup {
    /// Use this set. No fetch is due: the set is fresh, another ticket exists, or a fetch failed less
    /// than [`COOLDOWN`](JwkCache::COOLDOWN) ago.
    Ready(Arc<JwkSet>),
    /// Use this set, which is no longer fresh, and fetch another one for later.
    Stale(Arc<JwkSet>, FetchTicket),
    /// There is no usable set. Fetch one.
    Missing(FetchTicket),
    /// There is no usable set, and the second fetch in a row failed less than
    /// [`RETRY_DELAY`](JwkCache::RETRY_DELAY) ago. Report a temporary error.
    CoolingDown,
}

/// What to do about a token whose key is not in the set. Returned by [`JwkCache::unknown_key`].
#[derive(Debug)]
#[must_use]
pub enum UnknownKey {
    /// The cache has another set than the one that was tried. Try this one.
    Newer(Arc<JwkSet>),
    /// Fetch the set, then validate the token again.
    Fetch(FetchTicket),
    /// Another fetch for an unknown key is under way. Validate the token again when it has ended.
    Fetching,
    /// A fetch for an unknown key ended less than [`COOLDOWN`](JwkCache::COOLDOWN) ago.
    CoolingDown {
        /// Whether the last fetch failed. If it did, report a temporary error, since the issuer may
        /// have the key. If it did not, refuse the token, since the issuer has no such key.
        last_failed: bool,
    },
}

/// Permission to fetch the set once. Pass it to [`JwkCache::fetched`] or [`JwkCache::failed`]. A
/// dropped ticket no longer counts.
#[must_use = "a dropped ticket returns the right to fetch"]
pub struct FetchTicket {
    number: u64,
    reason: Reason,
    /// Lives as long as the ticket does.
    alive: Arc<()>,
}

impl JwkCache {
    /// Minimum time for which a set is fresh: one minute.
    pub const MIN_FRESH: Duration = Duration::from_secs(60);
    /// Time for which a set is fresh if its response states no `max-age`: five minutes.
    pub const DEFAULT_FRESH: Duration = Duration::from_secs(5 * 60);
    /// Maximum time for which a set is fresh: one day.
    pub const MAX_FRESH: Duration = Duration::from_secs(24 * 60 * 60);
    /// Time for which a set that is no longer fresh stays usable: one day.
    pub const MAX_STALE: Duration = Duration::from_secs(24 * 60 * 60);
    /// Time without a fetch after a failure, and after a fetch for an unknown key: 30 seconds.
    pub const COOLDOWN: Duration = Duration::from_secs(30);
    /// Time without a fetch after two failures in a row, without a usable set: one second.
    pub const RETRY_DELAY: Duration = Duration::from_secs(1);
    /// Time after which an unused ticket no longer prevents others: 30 seconds, for a transport without a
    /// deadline. Its result is still accepted.
    pub const TICKET_LIFE: Duration = Duration::from_secs(30);

    /// Creates an empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the set to use at `now`, with a ticket if one is to be fetched.
    pub fn lookup(&mut self, now: SystemTime) -> Lookup {
        match self.usable(now) {
            None if !self.is_due(now) => Lookup::CoolingDown,
            None => Lookup::Missing(self.ticket(Reason::Renewal, now)),
            Some(keys) if self.is_due(now) => Lookup::Stale(keys, self.ticket(Reason::Renewal, now)),
            Some(keys) => Lookup::Ready(keys),
        }
    }

    /// Returns whether [`lookup`](Self::lookup) would return a ticket.
    #[must_use]
    pub fn is_due(&self, now: SystemTime) -> bool {
        let Some(entry) = self.entry.as_ref().filter(|entry| entry.is_usable(now)) else {
            return self.failures < 2 || !is_recent(self.failed_at, Self::RETRY_DELAY, now);
        };
        let is_out = self.renewal.as_ref().is_some_and(|out| out.counts(now));
        !entry.is_fresh(now) && !is_out && !is_recent(self.failed_at, Self::COOLDOWN, now)
    }

    /// Returns what to do about a token whose key is not in `tried`, the set that it was validated with
    /// ([`IdTokenError::is_key_not_found`](crate::IdTokenError::is_key_not_found)).
    pub fn unknown_key(&mut self, tried: &Arc<JwkSet>, now: SystemTime) -> UnknownKey {
        if let Some(newer) = self.usable(now).filter(|keys| !Arc::ptr_eq(keys, tried)) {
            return UnknownKey::Newer(newer);
        }
        if self.doubt.as_ref().is_some_and(|out| out.counts(now)) {
            return UnknownKey::Fetching;
        }
        if is_recent(self.doubted_at, Self::COOLDOWN, now) {
            return UnknownKey::CoolingDown { last_failed: self.failed_at.is_some() };
        }
        UnknownKey::Fetch(self.ticket(Reason::Doubt, now))
    }

    /// Stores a fetched set and returns the one to use. `cache_control` is the response's
    /// `Cache-Control`, if it has one.
    ///
    /// The set is ignored if the cache already has one that was fetched with a later ticket.
    pub fn fetched(
        &mut self,
        ticket: FetchTicket,
        keys: JwkSet,
        cache_control: Option<&str>,
        now: SystemTime,
    ) -> Arc<JwkSet> {
        self.end(&ticket, now);
        (self.failed_at, self.failures) = (None, 0);
        if let Some(newer) = self.entry.as_ref().filter(|entry| entry.ticket > ticket.number) {
            return Arc::clone(&newer.keys);
        }
        let fresh_for = match cache_control.map_or(Freshness::Unsaid, cache_control::read) {
            Freshness::Never => Self::MIN_FRESH,
            Freshness::For(age) => age.clamp(Self::MIN_FRESH, Self::MAX_FRESH),
            Freshness::Unsaid => Self::DEFAULT_FRESH,
        };
        let keys = Arc::new(keys);
        self.entry = Some(Entry { keys: Arc::clone(&keys), ticket: ticket.number, fetched_at: now, fresh_for });
        keys
    }

    /// Records that a fetch failed: there was no response, or it was not a key set.
    pub fn failed(&mut self, ticket: FetchTicket, now: SystemTime) {
        self.end(&ticket, now);
        (self.failed_at, self.failures) = (Some(now), self.failures.saturating_add(1));
    }

    fn usable(&self, now: SystemTime) -> Option<Arc<JwkSet>> {
        self.entry.as_ref().filter(|entry| entry.is_usable(now)).map(|entry| Arc::clone(&entry.keys))
    }

    fn ticket(&mut self, reason: Reason, now: SystemTime) -> FetchTicket {
        self.tickets += 1;
        let alive = Arc::new(());
        *self.out(reason) = Some(Out { alive: Arc::downgrade(&alive), since: now });
        FetchTicket { number: self.tickets, reason, alive }
    }

    fn out(&mut self, reason: Reason) -> &mut Option<Out> {
        match reason {
            Reason::Renewal => &mut self.renewal,
            Reason::Doubt => &mut self.doubt,
        }
    }

    fn end(&mut self, ticket: &FetchTicket, now: SystemTime) {
        // Unless a later ticket stands there.
        self.out(ticket.reason).take_if(|out| out.alive.as_ptr() == Arc::as_ptr(&ticket.alive));
        if let Reason::Doubt = ticket.reason {
            self.doubted_at = Some(now);
        }
    }
}

impl fmt::Debug for FetchTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchTicket").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// Why a set is fetched.
#[derive(Clone, Copy, Debug)]
enum Reason {
    /// There is none, or it is no longer fresh.
    Renewal,
    /// A token names a key that is not in it.
    Doubt,
}

#[derive(Debug)]
struct Entry {
    keys: Arc<JwkSet>,
    /// The number of the ticket that brought it.
    ticket: u64,
    fetched_at: SystemTime,
    fresh_for: Duration,
}

impl Entry {
    fn is_fresh(&self, now: SystemTime) -> bool {
        since(self.fetched_at, now) < self.fresh_for
    }

    fn is_usable(&self, now: SystemTime) -> bool {
        now.duration_since(self.fetched_at).unwrap_or_default() < self.fresh_for + JwkCache::MAX_STALE
    }
}

/// A ticket that was handed out.
#[derive(Debug)]
struct Out {
    alive: Weak<()>,
    since: SystemTime,
}

impl Out {
    fn counts(&self, now: SystemTime) -> bool {
        self.alive.strong_count() > 0 && since(self.since, now) < JwkCache::TICKET_LIFE
    }
}

fn is_recent(then: Option<SystemTime>, limit: Duration, now: SystemTime) -> bool {
    then.is_some_and(|then| since(then, now) < limit)
}

/// Time since `then`. Two threads may ask in another order than they read the clock, which counts as
/// no time; a clock that was set back counts as a very long time.
fn since(then: SystemTime, now: SystemTime) -> Duration {
    match now.duration_since(then) {
        Ok(elapsed) => elapsed,
        Err(back) if back.duration() <= Duration::from_secs(60) => Duration::ZERO,
        Err(_) => Duration::MAX,
    }
}
