use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{ActiveToken, IntrospectionRequest};

/// The hash of a request.
type Key = [u8; 32];

/// A cache of introspection responses, so that not every request to an API becomes two.
///
/// A response is cached for a fixed time, and never beyond the token's `exp` (RFC 7662 section 4). It is
/// found only by a request of the same client with the same token, parameters and demands: audience, scope,
/// binding. A revoked token still gives access as long as its response is cached. Refusals are not cached.
/// Tokens are held as hashes.
pub struct IntrospectionCache {
    capacity: usize,
    kept_for: Duration,
    answers: HashMap<Key, (Arc<ActiveToken>, SystemTime)>,
    /// The keys of `answers`, those that expire next first.
    by_end: BTreeSet<(SystemTime, Key)>,
}

impl IntrospectionCache {
    /// Creates an empty cache for at most `capacity` responses, each cached for `kept_for` at most.
    #[must_use]
    pub fn new(capacity: usize, kept_for: Duration) -> Self {
        Self { capacity, kept_for, answers: HashMap::new(), by_end: BTreeSet::new() }
    }

    /// Returns the cached response to the same request, if it is valid at `now`.
    pub fn get(&mut self, request: &IntrospectionRequest<'_>, now: SystemTime) -> Option<Arc<ActiveToken>> {
        let key = request.key();
        let (token, until) = self.answers.get(&key)?;
        // A clock that was set back cannot say how old a response is.
        let is_good = until.duration_since(now).is_ok_and(|left| !left.is_zero() && left <= self.kept_for);
        if is_good {
            return Some(Arc::clone(token));
        }
        self.remove(&key);
        None
    }

    /// Caches a response that arrived at `now`, and returns it. When the cache is full, the response that
    /// expires next is removed.
    pub fn insert(&mut self, token: ActiveToken, now: SystemTime) -> Arc<ActiveToken> {
        let token = Arc::new(token);
        let limit = now.checked_add(self.kept_for).unwrap_or(now);
        let until = token.expires_at.map_or(limit, |exp| exp.min(limit));
        self.remove(&token.key);
        if self.answers.len() >= self.capacity
            && let Some((_, next)) = self.by_end.pop_first()
        {
            self.answers.remove(&next);
        }
        if self.capacity > 0 {
            self.by_end.insert((until, token.key));
            self.answers.insert(token.key, (Arc::clone(&token), until));
        }
        token
    }

    fn remove(&mut self, key: &Key) {
        if let Some((_, until)) = self.answers.remove(key) {
            self.by_end.remove(&(until, *key));
        }
    }
}

impl fmt::Debug for IntrospectionCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionCache")
            .field("capacity", &self.capacity)
            .field("kept_for", &self.kept_for)
            .field("len", &self.answers.len())
            .finish_non_exhaustive()
    }
}
