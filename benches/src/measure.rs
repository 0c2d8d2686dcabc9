//! The clock: every contender in turns, so that what disturbs one disturbs all.

use proofkey_benches::{Contender, Turn};

/// How long one turn of one contender takes, about. Short, so that few are interrupted.
const TURN_NS: u128 = 250_000;

pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// The median of the turns, in nanoseconds for one run.
    pub(crate) ns: f64,
    pub(crate) p10: f64,
    pub(crate) p90: f64,
    pub(crate) allocations: u64,
    pub(crate) octets: u64,
}

/// In each round every contender has a turn, and each round begins with another.
pub(crate) fn measure(contenders: &mut [Contender], rounds: usize) -> Vec<Figure> {
    let runs: Vec<u32> = contenders.iter_mut().map(calibrate).collect();
    let mut turns: Vec<Vec<f64>> = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..rounds {
        for step in 0..contenders.len() {
            let at = (round + step) % contenders.len();
            let turn = (contenders[at].run)(runs[at]);
            turns[at].push(turn.time.as_nanos() as f64 / f64::from(runs[at]));
        }
    }
    let figure = |(contender, mut turns): (&mut Contender, Vec<f64>)| {
        turns.sort_by(f64::total_cmp);
        let part = |of: usize| turns[(turns.len() - 1) * of / 100];
        let Turn { allocations, octets, .. } = (contender.run)(1);
        Figure { name: contender.name, ns: part(50), p10: part(10), p90: part(90), allocations, octets }
    };
    contenders.iter_mut().zip(turns).map(figure).collect()
}

/// How many runs make a turn, by the shortest of three tries: an interruption must not pass for work.
fn calibrate(contender: &mut Contender) -> u32 {
    let mut runs = 1;
    loop {
        let shortest = (0..3).map(|_| (contender.run)(runs).time.as_nanos()).min();
        if shortest.is_none_or(|time| time >= TURN_NS) || runs >= 1 << 20 {
            return runs;
        }
        runs *= 2;
    }
}
