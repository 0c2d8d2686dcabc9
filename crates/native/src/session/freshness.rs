//! How long an access token still lives, by clocks that may be wrong.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use proofkey::token::{AccessToken, ApiToken, TokenSet};
use zeroize::Zeroizing;

use crate::Credentials;

/// How long before its end a token is replaced. A tenth of its lifetime, if that is shorter.
const MARGIN: Duration = Duration::from_secs(60);

/// How far a clock is set back in passing. A token that comes from further in the future is of unknown age.
const SETBACK: Duration = Duration::from_secs(60);

/// How long after it was received a token that an API refuses is not refreshed.
const NEW: Duration = Duration::from_secs(10);

/// What a caller asks for.
#[derive(Clone, Default)]
pub(crate) struct Need {
    /// How long the access token must live; `None`: as long as it serves.
    valid_for: Option<Duration>,
    /// An access token that the API refused; empty if there was none.
    other_than: Option<Arc<Zeroizing<String>>>,
}

impl Need {
    pub(crate) fn valid_for(duration: Duration) -> Self {
        Self { valid_for: Some(duration), other_than: None }
    }

    /// A token that serves, and is not this one.
    pub(crate) fn other_than(refused: Option<&AccessToken>) -> Self {
        let text = refused.map(AccessToken::expose).unwrap_or_default();
        Self { valid_for: None, other_than: Some(Arc::new(Zeroizing::new(text.to_owned()))) }
    }

    /// Whether two callers can share an answer.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.other_than == other.other_than && self.valid_for == other.valid_for
    }

    fn refuses(&self, tokens: &TokenSet) -> bool {
        self.other_than.as_ref().is_some_and(|refused| refused.as_str() == text(tokens).unwrap_or_default())
    }
}

fn text(tokens: &TokenSet) -> Option<&str> {
    tokens.access_token().map(AccessToken::expose)
}

/// Credentials that were read, and how old their access token was then.
pub(crate) struct Cached {
    pub(crate) credentials: Arc<Credentials>,
    read_at: Instant,
    age_then: Duration,
}

impl Cached {
    /// `before` is what was cached until now. A monotonic clock that has run since then is kept.
    pub(crate) fn new(credentials: Credentials, before: Option<&Self>, now: SystemTime) -> Self {
        let is_known = |before: &&Self| {
            let (old, new) = (before.credentials.tokens(), credentials.tokens());
            text(old) == text(new) && old.received_at() == new.received_at()
        };
        let (read_at, age_then) = match before.filter(is_known) {
            Some(before) => (before.read_at, before.age_then),
            None => (Instant::now(), age(credentials.tokens().received_at(), now).unwrap_or_default()),
        };
        Self { credentials: Arc::new(credentials), read_at, age_then }
    }

    /// Whether the access token needs no refresh.
    pub(crate) fn serves(&self, need: &Need, now: SystemTime) -> bool {
        let tokens = self.credentials.tokens();
        if need.refuses(tokens) {
            return false;
        }
        let Some(life) = tokens.expires_in() else { return true };
        let margin = match need.valid_for {
            // A server that issues shorter tokens is not asked for a new one at each call.
            Some(asked) => asked.min(life - life / 10),
            None if tokens.refresh_token().is_none() => Duration::ZERO,
            None => MARGIN.min(life / 10),
        };
        self.left(now).is_some_and(|left| left > margin)
    }

    /// Whether this is the access token, received so lately that a newer one would be refused as well.
    pub(crate) fn is_new(&self, token: &ApiToken, now: SystemTime) -> bool {
        let tokens = self.credentials.tokens();
        token.is_of(tokens) && now.duration_since(tokens.received_at()).is_ok_and(|age| age < NEW)
    }

    /// Whether the access token serves as long as there is no newer one.
    pub(crate) fn serves_meanwhile(&self, need: &Need, now: SystemTime) -> bool {
        let is_valid = self.left(now).is_some_and(|left| left > Duration::ZERO);
        need.valid_for.is_none() && is_valid && !need.refuses(self.credentials.tokens())
    }

    /// How long the access token lives; `None` if that is not known because the clock was set back.
    fn left(&self, now: SystemTime) -> Option<Duration> {
        let tokens = self.credentials.tokens();
        let Some(life) = tokens.expires_in() else { return Some(Duration::MAX) };
        let age = age(tokens.received_at(), now)?.max(self.age_then.saturating_add(self.read_at.elapsed()));
        Some(life.saturating_sub(age))
    }
}

fn age(received_at: SystemTime, now: SystemTime) -> Option<Duration> {
    match now.duration_since(received_at) {
        Ok(age) => Some(age),
        Err(future) => (future.duration() <= SETBACK).then_some(Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use proofkey::token::TokenSet;

    use super::*;

    const LIFE: u64 = 3600;

    fn received(at: SystemTime) -> Credentials {
        let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let json = format!(
            "{{\"version\":1,\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":{LIFE},\"received_at\":{at},\
             \"resources\":[],\"further\":{{}},\"deviations\":[]}}"
        );
        TokenSet::from_json(&json).unwrap().into()
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn need(valid_for: u64) -> Need {
        Need::valid_for(seconds(valid_for))
    }

    #[test]
    fn a_token_is_replaced_before_its_end() {
        let now = SystemTime::now();
        let cached = Cached::new(received(now), None, now);
        for (later, serves, meanwhile) in
            [(0, true, true), (3538, true, true), (3541, false, true), (3600, false, false)]
        {
            assert_eq!(cached.serves(&Need::default(), now + seconds(later)), serves, "{later}");
            assert_eq!(cached.serves_meanwhile(&Need::default(), now + seconds(later)), meanwhile, "{later}");
        }
        assert!(cached.serves(&need(600), now + seconds(2990)) && !cached.serves(&need(600), now + seconds(3001)));
        assert!(!cached.serves_meanwhile(&need(600), now + seconds(3001)));
        // A lifetime that is shorter than what is asked for.
        assert!(cached.serves(&need(10 * LIFE), now + seconds(350)));
        assert!(!cached.serves(&need(10 * LIFE), now + seconds(361)));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_prolong_a_token() {
        let now = SystemTime::now();
        let cached = Cached::new(received(now), None, now);
        assert!(cached.serves(&Need::default(), now - seconds(30)), "a clock that is adjusted in passing");
        for back in [61, 86_400] {
            assert!(!cached.serves(&Need::default(), now - seconds(back)), "{back}");
            assert!(!cached.serves_meanwhile(&Need::default(), now - seconds(back)), "{back}");
        }
        // Read when it was about to expire; then the clock went back by half an hour.
        let cached = Cached::new(received(now), None, now + seconds(3590));
        assert!(!cached.serves(&Need::default(), now + seconds(1800)));
        // It is read once more from the store, and is the same.
        let again = Cached::new(received(now), Some(&cached), now + seconds(1800));
        assert!(!again.serves(&Need::default(), now + seconds(1800)));
        let other = Cached::new(received(now + seconds(1)), Some(&cached), now + seconds(1800));
        assert!(other.serves(&Need::default(), now + seconds(1800)));
    }
}
