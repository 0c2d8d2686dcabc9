//! How ours stand to the limit and to the peers, as tables and as a picture.

use serde_json::Value;

use proofkey_book::diagram;

use crate::Run;
use crate::tables::{self, table};

/// Each operation in words, in the order of a login.
const WORDS: &[(&str, &str)] = &[
    ("challenge", "challenge from a verifier"),
    ("check", "a server's check of a verifier"),
    ("check-text", "the same, the challenge kept as text"),
    ("begin", "begin a login: entropy, S256, URL"),
    ("url", "the URL alone, from given secrets"),
    ("store", "a login under way to JSON"),
    ("restore", "and back"),
    ("callback", "callback: parse, repetitions, state, iss, error, code"),
    ("token", "token response of 1.9 kB"),
    ("exchange", "exchange of a code on loopback, one at a time"),
    ("exchanges", "64 exchanges at once, all of them"),
    ("decode", "decode a JWT's header and claims"),
    ("rs256", "validate an ID token, RS256"),
    ("es256", "the same, ES256"),
    ("eddsa", "the same, Ed25519"),
    ("keys-2", "the same, 2 keys in the set"),
    ("keys-20", "20 keys"),
    ("keys-200", "200 keys"),
    ("jwks-2", "a key set read, 2 RSA keys"),
    ("jwks-20", "the same, 20 keys"),
    ("jwks-200", "the same, 200 keys"),
    ("first", "a key set read, and its first token validated"),
];

/// One operation as it was measured.
struct Row {
    words: String,
    about: String,
    ours: f64,
    spread: (f64, f64),
    allocations: u64,
    octets: u64,
    /// At most so many times the limit's time, so many allocations, and at least so many times ours for the best peer.
    goals: (f64, Option<u64>, Option<f64>),
    /// How many times as long ours take as the least that does not check all that we check.
    floor: Option<f64>,
    /// Nanoseconds of the limit, and how many times as long ours take.
    limit: Option<(f64, f64)>,
    /// Name, nanoseconds and allocations, the fastest first.
    peers: Vec<(String, f64, u64)>,
}

impl Row {
    fn of(result: &Value) -> Self {
        let number = |key: &str| tables::number(&result[key]);
        let count = |key: &str| result[key].as_u64().unwrap_or_default();
        let op = result["op"].as_str().unwrap_or_default();
        let words = WORDS.iter().find(|(known, _)| *known == op).map_or(op, |(_, words)| words);
        let listed = result["peers"].as_object().into_iter().flatten();
        let mut peers: Vec<_> = listed
            .map(|(name, peer)| {
                (name.clone(), tables::number(&peer["ns"]), peer["allocs"].as_u64().unwrap_or_default())
            })
            .collect();
        peers.sort_by(|a, b| a.1.total_cmp(&b.1));
        Self {
            words: words.to_owned(),
            about: result["about"].as_str().unwrap_or_default().to_owned(),
            ours: number("ours_ns"),
            spread: (number("ours_p10"), number("ours_p90")),
            allocations: count("ours_allocs"),
            octets: count("ours_bytes"),
            goals: (number("goal"), result["goal_allocs"].as_u64(), result["goal_lead"].as_f64()),
            floor: result["ratio_to_floor"].as_f64(),
            limit: result["limit_ns"].as_f64().zip(result["ratio_to_limit"].as_f64()),
            peers,
        }
    }

    /// Each of these three names its goal where it was missed.
    fn to_the_limit(&self) -> String {
        let ratio =
            |ratio: f64| format!("{ratio:.2} x{}", missed(ratio > self.goals.0, format!("{:.2}", self.goals.0)));
        let floor = self.floor.map_or_else(String::new, |floor| format!("; to the floor {}", ratio(floor)));
        self.limit.map_or_else(String::new, |(_, limit)| ratio(limit)) + &floor
    }

    fn allocated(&self) -> String {
        let goal = self.goals.1.filter(|goal| self.allocations > *goal);
        format!("{}{}", self.allocations, missed(goal.is_some(), goal.unwrap_or_default().to_string()))
    }

    fn best(&self) -> String {
        let Some(best) = self.peers.first() else { return String::new() };
        let goal = self.goals.2.filter(|goal| best.1 < goal * self.ours);
        self.peer(best) + &missed(goal.is_some(), format!("{:.2}", goal.unwrap_or_default()))
    }

    fn peer(&self, (name, ns, _): &(String, f64, u64)) -> String {
        format!("{name}: {}, {:.2} x ours", time(*ns), ns / self.ours)
    }
}

fn missed(is_missed: bool, goal: String) -> String {
    if is_missed { format!(" (goal {goal})") } else { String::new() }
}

/// For README: one line an operation.
pub(crate) fn short(run: &Run) -> String {
    let head = ["Operation", "ours", "allocations", "to the limit", "best peer"];
    let rows = run.results.iter().map(Row::of);
    let rows = rows.map(|row| [row.words.clone(), time(row.ours), row.allocated(), row.to_the_limit(), row.best()]);
    format!(
        "{} Medians of turns that are taken one after the other in one process: the ratios hold, the nanoseconds vary.\n\n{}",
        run.origin,
        table(head, rows)
    )
}

/// For the book: what the limit does, the spread, and every peer.
pub(crate) fn details(run: &Run) -> String {
    let head = ["Operation", "ours (p10 to p90)", "allocations, bytes", "the limit", "peers"];
    let rows = run.results.iter().map(Row::of).map(|row| {
        let limit = row.limit.map_or_else(
            || row.about.clone(),
            |(ns, _)| format!("{}: {}; ours {}", row.about, time(ns), row.to_the_limit()),
        );
        let peers = row.peers.iter().map(|peer| format!("{}, {} allocations", row.peer(peer), peer.2));
        [
            row.words.clone(),
            format!("{} ({} to {})", time(row.ours), time(row.spread.0), time(row.spread.1)),
            format!("{}, {}", row.allocations, row.octets),
            limit,
            peers.collect::<Vec<_>>().join("; "),
        ]
    });
    format!("{}\n\n{}", run.origin, table(head, rows))
}

/// Nanoseconds in the unit that leaves two to four digits.
pub(crate) fn time(ns: f64) -> String {
    match ns {
        ..10_000.0 => format!("{ns:.0} ns"),
        ..100_000.0 => format!("{:.1} µs", ns / 1e3),
        ..10_000_000.0 => format!("{:.0} µs", ns / 1e3),
        _ => format!("{:.1} ms", ns / 1e6),
    }
}

/// Between the light and the dark backgrounds of the book, with a contrast of more than 3 to both.
const OURS: &str = "#3a84d8";

const WIDTH: f64 = 960.0;
const LEFT: f64 = 370.0;
const RIGHT: f64 = WIDTH - 30.0;
const TOP: f64 = 76.0;
const ROW: f64 = 26.0;
/// From half the limit's time to 32 times as much, by powers of two.
const TICKS: std::ops::RangeInclusive<i32> = -1..=5;

/// A disc for ours and a diamond for each peer, by shape and not by colour alone.
pub(crate) fn picture(run: &Run) -> String {
    let rows: Vec<Row> = run.results.iter().map(Row::of).collect();
    let rows: Vec<_> = rows.iter().filter_map(|row| Some((row, row.limit?))).collect();
    let bottom = TOP + ROW * rows.len() as f64;
    let at = |ratio: f64| {
        let (first, last) = (f64::from(*TICKS.start()), f64::from(*TICKS.end()));
        LEFT + (RIGHT - LEFT) * (ratio.log2().clamp(first, last) - first) / (last - first)
    };
    let mut body = [
        ours(LEFT + 6.0, 16.0),
        text(LEFT + 18.0, 21.0, "start", "ours"),
        peer(LEFT + 76.0, 16.0),
        text(LEFT + 88.0, 21.0, "start", "a peer"),
        text(RIGHT, 21.0, "end", "time, the limit's = 1; to the left is faster"),
    ]
    .concat();
    for power in TICKS {
        let ratio = f64::from(power).exp2();
        let opacity = if power == 0 { 0.9 } else { 0.25 };
        let label = if power == 0 { "1 = limit".to_owned() } else { ratio.to_string() };
        body += &format!(
            "<path d=\"M{x:.1} {:.1}L{x:.1} {bottom:.1}\" stroke=\"currentColor\" stroke-opacity=\"{opacity}\"/>\n",
            TOP - 16.0,
            x = at(ratio)
        );
        body += &text(at(ratio), TOP - 22.0, "middle", &label);
    }
    let mut sentences = Vec::new();
    for (index, (row, (limit, ratio))) in rows.iter().enumerate() {
        let y = TOP + ROW * index as f64 + ROW / 2.0;
        body += &text(LEFT - 14.0, y + 5.0, "end", &row.words);
        body.extend(row.peers.iter().map(|(_, ns, _)| peer(at(ns / limit), y)));
        body += &ours(at(*ratio), y);
        let peers: String = row.peers.iter().map(|(name, ns, _)| format!(", {name} {:.2}", ns / limit)).collect();
        sentences.push(format!("{}: ours {ratio:.2}{peers}.", row.words));
    }
    let title = "Time of each operation, as a multiple of the limit's";
    diagram::picture("ratios", (WIDTH as usize, bottom as usize + 8), title, &sentences.join(" "), &body)
}

fn text(x: f64, y: f64, anchor: &str, text: &str) -> String {
    format!("<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"{anchor}\">{}</text>\n", diagram::escape(text))
}

fn ours(x: f64, y: f64) -> String {
    format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{OURS}\"/>\n")
}

fn peer(x: f64, y: f64) -> String {
    let left = x - 5.0;
    format!(
        "<path d=\"M{left:.1} {y:.1}l5 -5l5 5l-5 5z\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\"/>\n"
    )
}
