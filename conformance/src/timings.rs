//! Where the time of a run goes.

use std::time::{Duration, Instant};

/// A part of playing a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The authorization servers start.
    Authority,
    /// The subject starts and states its capabilities.
    Start,
    /// The subject learns its configuration, reads the metadata and begins a login.
    Begin,
    /// The browser is at the authorization server.
    Browser,
    /// The subject has a callback, or another message, and answers: the exchange and all validation.
    Answer,
    /// The subject ends.
    End,
}

impl Part {
    /// All parts, in order.
    pub const ALL: [Self; 6] = [Self::Authority, Self::Start, Self::Begin, Self::Browser, Self::Answer, Self::End];

    /// Returns a stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Start => "start",
            Self::Begin => "begin",
            Self::Browser => "browser",
            Self::Answer => "answer",
            Self::End => "end",
        }
    }
}

/// Time by part. For plays that run in parallel it is the sum, which is longer than the elapsed time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings([Duration; Part::ALL.len()]);

impl Timings {
    /// Returns the time of this part.
    #[must_use]
    pub fn of(&self, part: Part) -> Duration {
        self.0[part as usize]
    }

    /// Returns the time of all parts together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.0.iter().sum()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (all, one) in self.0.iter_mut().zip(other.0) {
            *all += one;
        }
    }
}

/// Gives each stretch of time to one part.
pub(crate) struct Watch {
    since: Instant,
    pub(crate) timings: Timings,
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { since: Instant::now(), timings: Timings::default() }
    }

    /// What has passed since the last lap belongs to `part`.
    pub(crate) fn lap(&mut self, part: Part) {
        let now = Instant::now();
        self.timings.0[part as usize] += now - std::mem::replace(&mut self.since, now);
    }
}
