//! Runs the operations interleaved, and prints how ours stand to the limit and to the best peer.

use std::time::Instant;

use proofkey_benches::{Contender, all};
use serde_json::{Value, json};

/// How long one turn of one contender takes, about.
const TURN_NS: u128 = 1_000_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    let names: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let rounds = if quick { 15 } else { 101 };
    let mut results = Vec::new();
    println!(
        "{:10} {:>10} {:>7} {:>8} {:>10} {:>8} {:>6} {:>6}  best peer",
        "operation", "ours ns", "allocs", "octets", "limit ns", "ours/lim", "goal", "met"
    );
    for mut operation in all() {
        if !names.is_empty() && !names.iter().any(|name| operation.name.starts_with(name.as_str())) {
            continue;
        }
        let figures = measure(&mut operation.contenders, rounds);
        let ours = &figures[0];
        let limit = figures.get(1).filter(|figure| figure.name == "limit");
        let peers = &figures[if limit.is_some() { 2 } else { 1 }..];
        let best = peers.iter().min_by(|a, b| a.ns.total_cmp(&b.ns));
        let ratio = limit.map(|limit| ours.ns / limit.ns);
        println!(
            "{:10} {:>10.0} {:>7} {:>8} {:>10} {:>8} {:>6.2} {:>6}  {}",
            operation.name,
            ours.ns,
            ours.allocations,
            ours.octets,
            limit.map_or("-".into(), |limit| format!("{:.0}", limit.ns)),
            ratio.map_or("-".into(), |ratio| format!("{ratio:.2}")),
            operation.goal,
            ratio.map_or("-", |ratio| if ratio <= operation.goal { "yes" } else { "no" }),
            best.map_or("-".into(), |best| format!(
                "{}: {:.0} ns, {:.2} x ours",
                best.name,
                best.ns,
                best.ns / ours.ns
            )),
        );
        let listed: serde_json::Map<String, Value> = peers
            .iter()
            .map(|peer| (peer.name.to_owned(), json!({"ns": peer.ns, "allocs": peer.allocations})))
            .collect();
        results.push(json!({
            "op": operation.name, "quick": quick, "about": operation.about, "goal": operation.goal,
            "ours_ns": ours.ns, "ours_p10": ours.p10, "ours_p90": ours.p90,
            "ours_allocs": ours.allocations, "ours_bytes": ours.octets,
            "limit_ns": limit.map(|limit| limit.ns), "limit_allocs": limit.map(|limit| limit.allocations),
            "peers": listed, "ratio_to_limit": ratio,
            "best_peer": best.map(|best| best.name), "ratio_to_best_peer": best.map(|best| ours.ns / best.ns),
        }));
    }
    let path = std::env::var("PROOFKEY_RATIOS").unwrap_or_else(|_| "ratios.json".into());
    match std::fs::write(&path, format!("{:#}\n", Value::from(results))) {
        Ok(()) => eprintln!("written to {path}"),
        Err(error) => {
            eprintln!("{path} cannot be written: {error}");
            std::process::exit(1);
        }
    }
}

struct Figure {
    name: &'static str,
    /// The median of the turns, in nanoseconds for one run.
    ns: f64,
    p10: f64,
    p90: f64,
    allocations: u64,
    octets: u64,
}

/// In each round every contender has a turn, and each round begins with another.
fn measure(contenders: &mut [Contender], rounds: usize) -> Vec<Figure> {
    let runs: Vec<u32> = contenders.iter_mut().map(calibrate).collect();
    let mut turns: Vec<Vec<f64>> = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..rounds {
        for step in 0..contenders.len() {
            let at = (round + step) % contenders.len();
            let start = Instant::now();
            for _ in 0..runs[at] {
                (contenders[at].run)();
            }
            turns[at].push(start.elapsed().as_nanos() as f64 / f64::from(runs[at]));
        }
    }
    let figure = |(contender, mut turns): (&mut Contender, Vec<f64>)| {
        turns.sort_by(f64::total_cmp);
        let part = |of: usize| turns[(turns.len() - 1) * of / 100];
        let counted = allocation_counter::measure(|| (contender.run)());
        let (allocations, octets) = (counted.count_total, counted.bytes_total);
        Figure { name: contender.name, ns: part(50), p10: part(10), p90: part(90), allocations, octets }
    };
    contenders.iter_mut().zip(turns).map(figure).collect()
}

/// How many runs make a turn.
fn calibrate(contender: &mut Contender) -> u32 {
    let mut runs = 1;
    loop {
        let start = Instant::now();
        for _ in 0..runs {
            (contender.run)();
        }
        if start.elapsed().as_nanos() >= TURN_NS || runs >= 1 << 20 {
            return runs;
        }
        runs *= 2;
    }
}
