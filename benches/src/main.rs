//! Runs the operations interleaved, and prints how ours stand to the limit and to the best peer.

mod growth;
mod measure;

use measure::{Figure, measure};
use proofkey_benches::{Operation, all};
use serde_json::{Value, json};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    let names: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let rounds = if quick { 31 } else { 301 };
    let is_meant = |name: &str| names.is_empty() || names.iter().any(|own| name.starts_with(own.as_str()));
    let results = if words.iter().any(|word| word == "--growth") {
        growth::run(rounds, quick, is_meant)
    } else {
        ratios(rounds, quick, is_meant)
    };
    let path = std::env::var("PROOFKEY_RATIOS").unwrap_or_else(|_| "ratios.json".into());
    match std::fs::write(&path, format!("{:#}\n", Value::from(results))) {
        Ok(()) => eprintln!("written to {path}"),
        Err(error) => {
            eprintln!("{path} cannot be written: {error}");
            std::process::exit(1);
        }
    }
}

/// Prints a line for each operation, and gives them all.
fn ratios(rounds: usize, quick: bool, is_meant: impl Fn(&str) -> bool) -> Vec<Value> {
    let mut results = Vec::new();
    println!(
        "{:10} {:>9} {:>6} {:>6} {:>9} {:>9} {:>9}  {:55} met",
        "operation", "ours ns", "allocs", "bytes", "limit ns", "ours/lim", "ours/floor", "best peer"
    );
    for mut operation in all() {
        if !is_meant(operation.name) {
            continue;
        }
        let figures = measure(&mut operation.contenders, rounds);
        let result = Result::of(&operation, &figures);
        result.print();
        results.push(result.to_json(quick));
    }
    results
}

/// An operation with its figures, by the part that each contender has.
struct Result<'a> {
    operation: &'a Operation,
    ours: &'a Figure,
    limit: Option<&'a Figure>,
    floor: Option<&'a Figure>,
    peers: Vec<&'a Figure>,
}

impl<'a> Result<'a> {
    fn of(operation: &'a Operation, figures: &'a [Figure]) -> Self {
        let named = |name: &str| figures.iter().find(|figure| figure.name == name);
        let peers = figures.iter().filter(|figure| !["ours", "limit", "floor"].contains(&figure.name)).collect();
        Self { operation, ours: &figures[0], limit: named("limit"), floor: named("floor"), peers }
    }

    fn best(&self) -> Option<&'a Figure> {
        self.peers.iter().copied().min_by(|a, b| a.ns.total_cmp(&b.ns))
    }

    /// What is not as promised, in words; nothing when all is.
    fn missed(&self) -> Vec<String> {
        let goals = &self.operation.goals;
        let mut missed = Vec::new();
        for (name, other) in [("limit", self.limit), ("floor", self.floor)] {
            if other.is_some_and(|other| self.ours.ns > goals.limit * other.ns) {
                missed.push(format!("{name}: at most {:.2} x", goals.limit));
            }
        }
        if let Some(most) = goals.allocations.filter(|most| self.ours.allocations > *most) {
            missed.push(format!("allocations: at most {most}"));
        }
        if let (Some(lead), Some(best)) = (goals.lead, self.best())
            && best.ns < lead * self.ours.ns
        {
            missed.push(format!("best peer: at least {lead:.2} x ours"));
        }
        missed
    }

    fn print(&self) {
        let ratio =
            |other: Option<&Figure>| other.map_or("-".into(), |other| format!("{:.2}", self.ours.ns / other.ns));
        let best = self.best().map_or("-".into(), |best| {
            format!("{}: {:.0} ns, {:.2} x ours", best.name, best.ns, best.ns / self.ours.ns)
        });
        let missed = self.missed();
        println!(
            "{:10} {:>9.0} {:>6} {:>6} {:>9} {:>9} {:>9}  {best:55} {}",
            self.operation.name,
            self.ours.ns,
            self.ours.allocations,
            self.ours.octets,
            self.limit.map_or("-".into(), |limit| format!("{:.0}", limit.ns)),
            ratio(self.limit),
            ratio(self.floor),
            if missed.is_empty() { "yes".into() } else { format!("NO, {}", missed.join("; ")) },
        );
    }

    fn to_json(&self, quick: bool) -> Value {
        let ours = self.ours;
        let all = |figure: &Figure| json!({"ns": figure.ns, "p10": figure.p10, "p90": figure.p90, "allocs": figure.allocations});
        let peers: serde_json::Map<String, Value> =
            self.peers.iter().map(|peer| (peer.name.to_owned(), all(peer))).collect();
        let (best, goals) = (self.best(), &self.operation.goals);
        json!({
            "op": self.operation.name, "quick": quick, "about": self.operation.about,
            "goal": goals.limit, "goal_lead": goals.lead, "goal_allocs": goals.allocations,
            "ours_ns": ours.ns, "ours_p10": ours.p10, "ours_p90": ours.p90,
            "ours_allocs": ours.allocations, "ours_bytes": ours.octets,
            "limit_ns": self.limit.map(|limit| limit.ns), "limit_allocs": self.limit.map(|limit| limit.allocations),
            "limit_p10": self.limit.map(|limit| limit.p10), "limit_p90": self.limit.map(|limit| limit.p90),
            "floor_ns": self.floor.map(|floor| floor.ns), "floor_allocs": self.floor.map(|floor| floor.allocations),
            "peers": peers,
            "ratio_to_limit": self.limit.map(|limit| ours.ns / limit.ns),
            "ratio_to_floor": self.floor.map(|floor| ours.ns / floor.ns),
            "best_peer": best.map(|best| best.name), "ratio_to_best_peer": best.map(|best| ours.ns / best.ns),
            "missed": self.missed(),
        })
    }
}
