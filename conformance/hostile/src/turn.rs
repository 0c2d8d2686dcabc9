//! What there is to be met, taken by turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::attack::{Attack, Endpoint};
use crate::forgery::Forgery;
use crate::word::Word;

/// One attack at one endpoint, or one forged callback.
#[derive(Clone)]
pub(crate) enum Turn {
    Server { attack: Arc<Attack>, endpoint: Endpoint, base: String },
    Callback(Forgery),
}

impl Turn {
    /// Every attack at every endpoint, then the forgeries.
    pub(crate) fn all(attacks: &[(Arc<Attack>, u16)], forgeries: &[Forgery]) -> Vec<Self> {
        let at_each = |(attack, port): &(Arc<Attack>, u16)| {
            let (attack, base) = (Arc::clone(attack), attack.address(*port));
            Endpoint::REMOTE.map(|endpoint| Self::Server { attack: Arc::clone(&attack), endpoint, base: base.clone() })
        };
        attacks.iter().flat_map(at_each).chain(forgeries.iter().copied().map(Self::Callback)).collect()
    }

    pub(crate) fn begins(&self) {
        let (attack, endpoint) = self.name();
        Word::Begin { attack: attack.to_owned(), endpoint: endpoint.to_owned() }.say();
    }

    pub(crate) fn ended(&self, code: String, since: Instant, bytes: Option<u64>) {
        let (attack, endpoint) = self.name();
        let time = since.elapsed();
        Word::End { attack: attack.to_owned(), endpoint: endpoint.to_owned(), code, time, bytes }.say();
    }

    fn name(&self) -> (&'static str, &'static str) {
        match self {
            Self::Server { attack, endpoint, .. } => (attack.name, endpoint.name()),
            Self::Callback(forgery) => (forgery.name, Endpoint::Callback.name()),
        }
    }
}

/// Hands out turns to many, each in order and then again, until the time is over; but each at least once.
pub(crate) struct Turns {
    all: Vec<Turn>,
    next: AtomicUsize,
    end: Instant,
}

impl Turns {
    pub(crate) fn new(all: Vec<Turn>, time: Duration) -> Self {
        Self { all, next: AtomicUsize::new(0), end: Instant::now() + time }
    }

    pub(crate) fn next(&self) -> Option<&Turn> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let goes_on = number < self.all.len() || Instant::now() < self.end;
        self.all.get(number % self.all.len()).filter(|_| goes_on)
    }
}
