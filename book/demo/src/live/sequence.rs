//! Where a login stands among the 20 steps of the book.

use proofkey_book::diagram::{self, LOGIN};

use super::message::Message;
use crate::note::Note;
use crate::watch::Trace;

/// What is shown, in order.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// A step of the table, counted from 0, with its messages.
    Step(usize, Vec<Message>),
    /// Steps that this login did without, the first and the last.
    Skipped(usize, usize),
    /// A message that is in no step: a second try, a password.
    Other(Message),
}

/// What is shown besides of a message or two more than anybody looks at.
const MOST: usize = 200;

const RETURN: usize = 16;
const TOKENS: usize = 18;
const END: usize = 19;

/// The steps so far. What stands here once stands here later as well.
pub(super) fn entries(messages: Vec<Message>, trace: &Trace) -> Vec<Entry> {
    let table: Vec<(usize, diagram::Message)> = (0..)
        .zip(LOGIN.steps)
        .flat_map(|(number, step)| step.wire.iter().map(move |message| (number, *message)))
        .collect();
    let answered = |seq: u64| trace.notes.iter().any(|(of, _)| *of == seq);
    let mut entries = Vec::new();
    let mut gathered: Vec<Message> = Vec::new();
    // The next step to be shown, and the place in the table from which on is looked.
    let (mut next, mut place) = (0, 0);
    let mut seen: Vec<Message> = Vec::new();
    for message in messages {
        let found = table.iter().skip(place).position(|(_, meant)| message.is(*meant)).map(|at| place + at);
        let Some((at, (number, _))) = found.and_then(|at| Some((at, *table.get(at)?))) else {
            entries.push(Entry::Other(message));
            continue;
        };
        seen.push(message.clone());
        if number > next && !gathered.is_empty() {
            entries.push(Entry::Step(next, std::mem::take(&mut gathered)));
            next += 1;
        }
        between(&mut entries, next, number, &seen);
        next = number;
        place = at + 1;
        gathered.push(message);
        if table.get(place).is_none_or(|(following, _)| *following != number) {
            entries.push(Entry::Step(number, std::mem::take(&mut gathered)));
            next = number + 1;
        }
    }
    hold_back(&mut entries, &seen, answered);
    entries.truncate(MOST);
    entries
}

/// What the app decided is shown when it has said so.
fn hold_back(entries: &mut Vec<Entry>, seen: &[Message], answered: impl Fn(u64) -> bool) {
    let Some(visit) =
        seen.iter().find(|message| message.is(diagram::Message::Request(diagram::Lane::App, "GET", "/callback")))
    else {
        return;
    };
    if !answered(visit.seq) {
        let undecided = |entry: &Entry| matches!(entry, Entry::Step(RETURN | TOKENS | END, _));
        if let Some(at) = entries.iter().position(undecided) {
            entries.truncate(at);
        }
    }
}

/// The steps without a message of their own, and those that did not happen.
fn between(entries: &mut Vec<Entry>, first: usize, end: usize, seen: &[Message]) {
    for number in first..end {
        if happened_inside(number, seen) {
            entries.push(Entry::Step(number, Vec::new()));
        } else if let Some(Entry::Skipped(_, last)) = entries.last_mut().filter(|entry| is_before(entry, number)) {
            *last = number;
        } else {
            entries.push(Entry::Skipped(number, number));
        }
    }
}

fn is_before(entry: &Entry, number: usize) -> bool {
    matches!(entry, Entry::Skipped(_, last) if last + 1 == number)
}

fn happened_inside(number: usize, seen: &[Message]) -> bool {
    let Some(step) = LOGIN.steps.get(number).filter(|step| step.is_inside()) else { return false };
    let latest = seen.last();
    match step.label {
        "challenge stored" => latest.is_some_and(|message| !message.line.starts_with("HTTP 4")),
        "user record" => latest.is_some_and(|message| message.notes.iter().any(|note| note.contains("user record"))),
        _ => latest.is_some_and(|message| message.value("code").is_some()),
    }
}

/// The app's word about the callback of this login: the last one, if it came more than once.
pub(super) fn word(trace: &Trace) -> Option<&Note> {
    trace
        .notes
        .iter()
        .rev()
        .map(|(_, note)| note)
        .find(|note| matches!(note, Note::SignedIn(_)))
        .or(trace.notes.last().map(|(_, note)| note))
}
