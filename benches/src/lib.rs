//! What is measured: each operation by us, by the least code that does just that work, and by the peers.

mod fixtures;
mod loopback;
mod operations;
mod sizes;

use std::hint::black_box;
use std::time::{Duration, Instant};

pub use operations::all;
pub use sizes::{Growth, growing};

/// One way to do an operation, ready to be run again and again.
pub struct Contender {
    /// Who: `ours`, `limit`, `floor`, or a peer's name and version.
    pub name: &'static str,
    /// Does it so many times. What it makes is given to [`std::hint::black_box`].
    pub run: Box<dyn FnMut(u32) -> Turn>,
}

/// What some runs took together.
#[derive(Default)]
pub struct Turn {
    /// From the first to the last.
    pub time: Duration,
    /// How many allocations they made.
    pub allocations: u64,
    /// How many octets these had.
    pub octets: u64,
}

/// What is promised of an operation.
pub struct Goals {
    /// How many times as long as the limit ours may take, and as long as the floor where there is one.
    pub limit: f64,
    /// How many times as long as ours the best peer takes at least.
    pub lead: Option<f64>,
    /// How many allocations ours may make.
    pub allocations: Option<u64>,
}

/// An operation, and all who do it.
pub struct Operation {
    /// Its name, as `cargo xtask bench NAME` takes it.
    pub name: &'static str,
    /// What the limit does, and what else is to be known.
    pub about: String,
    /// What is promised.
    pub goals: Goals,
    /// Ours first, then the limit, then the floor, then the peers.
    pub contenders: Vec<Contender>,
}

impl Operation {
    fn new(name: &'static str, about: impl Into<String>, limit: f64) -> Self {
        let goals = Goals { limit, lead: None, allocations: None };
        Self { name, about: about.into(), goals, contenders: Vec::new() }
    }

    /// The best peer takes at least so many times as long as ours.
    fn ahead(mut self, lead: f64) -> Self {
        self.goals.lead = Some(lead);
        self
    }

    /// Ours makes no more allocations than this.
    fn allocations(mut self, most: u64) -> Self {
        self.goals.allocations = Some(most);
        self
    }

    /// A contender whose every run begins with the same; what it makes is dropped while the clock runs.
    fn with<T>(self, name: &'static str, mut run: impl FnMut() -> T + 'static) -> Self {
        self.contender(name, move |runs| {
            timed(|| {
                for _ in 0..runs {
                    black_box(run());
                }
            })
        })
    }

    /// A contender whose every run uses up what `prepare` makes. That, and what the run makes, are made and dropped
    /// while the clock stands still.
    fn with_each<S, T>(
        self,
        name: &'static str,
        mut prepare: impl FnMut() -> S + 'static,
        mut run: impl FnMut(S) -> T + 'static,
    ) -> Self {
        self.contender(name, move |runs| {
            let mut turn = Turn::default();
            for first in (0..runs).step_by(BATCH) {
                let number = (runs - first).min(BATCH as u32);
                let prepared: Vec<S> = (0..number).map(|_| prepare()).collect();
                let mut made = Vec::with_capacity(BATCH);
                let part = timed(|| made.extend(prepared.into_iter().map(|each| black_box(run(each)))));
                turn.time += part.time;
                turn.allocations += part.allocations;
                turn.octets += part.octets;
            }
            turn
        })
    }

    fn contender(mut self, name: &'static str, run: impl FnMut(u32) -> Turn + 'static) -> Self {
        self.contenders.push(Contender { name, run: Box::new(run) });
        self
    }
}

/// How many are prepared at a time: so few that they stay in the cache.
const BATCH: usize = 32;

fn timed(run: impl FnOnce()) -> Turn {
    let mut time = Duration::ZERO;
    let counted = allocation_counter::measure(|| {
        let start = Instant::now();
        run();
        time = start.elapsed();
    });
    Turn { time, allocations: counted.count_total, octets: counted.bytes_total }
}
