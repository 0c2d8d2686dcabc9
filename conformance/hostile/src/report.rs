//! Compares the results with the required outcomes, and prints them.

use std::collections::{BTreeMap, HashMap};
use std::process::ExitStatus;
use std::time::Duration;

use crate::attack::{Client, Endpoint};
use crate::client::SLACK;
use crate::server::Requests;
use crate::turn::Turn;
use crate::victim::{HASTE, PATIENCE};
use crate::word::Word;

/// The most octets that one exchange may have allocated at a time.
const MOST_BYTES: u64 = 16 << 20;
/// The same where bodies of 6 MiB were allowed.
const MOST_BYTES_GREEDY: u64 = 24 << 20;
/// The most memory that the client's process may ever have had beside that of its attacks.
const MOST_BYTES_BESIDE: u64 = 64 << 20;

/// What there is to say in the end.
pub(crate) struct Report {
    rows: Vec<Row>,
    by_name: HashMap<(&'static str, &'static str), usize>,
    logins: Vec<Duration>,
    peak_kib: Option<u64>,
    most_kib: u64,
    wrong: Vec<String>,
}

/// An attack at an endpoint.
struct Row {
    attack: &'static str,
    endpoint: Endpoint,
    /// What the client must say.
    code: &'static str,
    deadline: Duration,
    most_bytes: u64,
    under_way: u64,
    rounds: u64,
    codes: BTreeMap<String, u64>,
    worst: Duration,
    late: Vec<String>,
    bytes: u64,
}

impl Row {
    fn new(turn: &Turn) -> Self {
        let (attack, endpoint, code, client) = match turn {
            Turn::Server { attack, endpoint, .. } => {
                let at = Endpoint::REMOTE.iter().position(|remote| remote == endpoint);
                (attack.name, *endpoint, at.map_or("", |at| attack.codes[at]), attack.client)
            }
            Turn::Callback(forgery) => (forgery.name, Endpoint::Callback, forgery.code, Client::Patient),
        };
        let deadline = if client == Client::Hasty { HASTE } else { PATIENCE };
        let most_bytes = if client == Client::Greedy { MOST_BYTES_GREEDY } else { MOST_BYTES };
        Self {
            attack,
            endpoint,
            code,
            deadline,
            most_bytes,
            under_way: 0,
            rounds: 0,
            codes: BTreeMap::new(),
            worst: Duration::ZERO,
            late: Vec::new(),
            bytes: 0,
        }
    }

    fn said(&self) -> String {
        self.codes.keys().map(String::as_str).collect::<Vec<_>>().join("|")
    }

    fn wrong(&self, requests: &Requests) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut say = |what: String| wrong.push(format!("{} at {}: {what}", self.attack, self.endpoint.name()));
        if self.under_way > 0 {
            say(format!("{} under way when the client ended", self.under_way));
        }
        if self.rounds == 0 {
            say("never met".to_owned());
        }
        for (code, count) in &self.codes {
            if !self.code.split('|').any(|expected| expected == code) {
                say(format!("{count} times {code}, expected {}", self.code));
            }
        }
        self.late.iter().cloned().for_each(&mut say);
        if self.bytes > self.most_bytes {
            say(format!("{} allocated at a time, at most {}", mib(self.bytes), mib(self.most_bytes)));
        }
        let sent = requests.of(self.attack, self.endpoint);
        if sent > self.rounds + self.under_way {
            say(format!("{sent} requests in {} rounds: something was sent twice", self.rounds));
        }
        wrong
    }
}

impl Report {
    /// Of these turns, taken by so many at a time.
    pub(crate) fn new(turns: &[Turn], at_a_time: usize) -> Self {
        let rows: Vec<_> = turns.iter().map(Row::new).collect();
        let by_name = rows.iter().enumerate().map(|(at, row)| ((row.attack, row.endpoint.name()), at)).collect();
        let most_kib = (MOST_BYTES_BESIDE + at_a_time as u64 * MOST_BYTES) >> 10;
        Self { rows, by_name, logins: Vec::new(), peak_kib: None, most_kib, wrong: Vec::new() }
    }

    pub(crate) fn hear(&mut self, word: Word) {
        match word {
            Word::Begin { attack, endpoint } => self.row(&attack, &endpoint, |row| row.under_way += 1),
            Word::End { attack, endpoint, code, time, bytes } => self.row(&attack, &endpoint, |row| {
                if time > row.deadline + SLACK {
                    let place = if bytes.is_some() { "alone in a thread" } else { "in the application" };
                    row.late.push(format!("{time:.1?} {place}, the deadline is {:?}", row.deadline));
                }
                row.under_way -= 1;
                row.rounds += 1;
                *row.codes.entry(code).or_default() += 1;
                row.worst = row.worst.max(time);
                row.bytes = row.bytes.max(bytes.unwrap_or(0));
            }),
            Word::Login { time, error } => {
                self.wrong.extend(error.map(|error| format!("an honest login: {error}")));
                self.logins.push(time);
            }
            Word::Memory { kib } => self.peak_kib = kib,
        }
    }

    fn row(&mut self, attack: &str, endpoint: &str, change: impl FnOnce(&mut Row)) {
        match self.by_name.get(&(attack, endpoint)).and_then(|at| self.rows.get_mut(*at)) {
            Some(row) => change(row),
            None => self.wrong.push(format!("{attack} at {endpoint}: nobody was to meet that")),
        }
    }

    /// The client is gone.
    pub(crate) fn ended(&mut self, status: ExitStatus, requests: &Requests) {
        if !status.success() {
            self.wrong.push(format!("the client ended with {status}"));
        }
        self.wrong.extend(self.rows.iter().flat_map(|row| row.wrong(requests)));
        if self.logins.is_empty() {
            self.wrong.push("no honest login came to its end".to_owned());
        }
        if let Some(kib) = self.peak_kib.filter(|kib| *kib > self.most_kib) {
            self.wrong.push(format!("{} of memory in all, at most {}", mib(kib << 10), mib(self.most_kib << 10)));
        }
    }

    /// Prints all of it. Whether everything was as it must be.
    pub(crate) fn print(mut self) -> bool {
        println!("{:34} {:38} {:>6}  {:28} {:>9} {:>9}", "attack", "endpoints", "rounds", "code", "worst", "peak");
        let mut rows = self.rows.as_slice();
        while let Some(first) = rows.first() {
            let alike = |row: &&Row| row.attack == first.attack && row.said() == first.said();
            let group: Vec<_> = rows.iter().take_while(alike).collect();
            let names: Vec<_> = group.iter().map(|row| row.endpoint.name()).collect();
            let names = if names.len() == Endpoint::REMOTE.len() { "all".to_owned() } else { names.join(" ") };
            println!(
                "{:34} {names:38} {:>6}  {:28} {:>7.2} s {:>9}",
                first.attack,
                group.iter().map(|row| row.rounds).sum::<u64>(),
                first.said(),
                group.iter().map(|row| row.worst).max().unwrap_or_default().as_secs_f64(),
                mib(group.iter().map(|row| row.bytes).max().unwrap_or(0)),
            );
            rows = &rows[group.len()..];
        }
        self.logins.sort();
        let at = |part: usize| {
            self.logins.get(self.logins.len().saturating_sub(1) * part / 100).copied().unwrap_or_default()
        };
        println!(
            "\n{} rounds; {} honest logins beside them, {} failed: median {:.0?}, 99 of 100 {:.0?}, worst {:.0?}",
            self.rows.iter().map(|row| row.rounds).sum::<u64>(),
            self.logins.len(),
            self.wrong.iter().filter(|what| what.starts_with("an honest login")).count(),
            at(50),
            at(99),
            at(100),
        );
        match self.peak_kib {
            Some(kib) => println!("the client's process had at most {} of memory", mib(kib << 10)),
            None => println!("this system does not say how much memory the client's process had"),
        }
        for what in &self.wrong {
            println!("WRONG  {what}");
        }
        self.wrong.is_empty()
    }
}

fn mib(bytes: u64) -> String {
    format!("{:.2} MiB", bytes as f64 / f64::from(1 << 20))
}
