//! Mutants that no test can notice, each with the reason; and the rule that the list may not grow stale.

use serde_json::Value;
use toml_edit::DocumentMut;

use super::outcomes::{Outcome, Outcomes};
use crate::failure::Failure;
use crate::workspace;

const LIST: &str = "xtask/src/mutants/survivors.toml";

/// A mutant as cargo-mutants lists it.
#[derive(Debug)]
pub(super) struct Mutant {
    /// `path:line:column: what is replaced`.
    pub(super) name: String,
    pub(super) file: String,
    what: String,
    /// The text of the first line that it changes.
    at: String,
}

/// Reads what `--list --json` prints.
pub(super) fn mutants(json: &str) -> Result<Vec<Mutant>, Failure> {
    let unknown = || Failure::Failed("cargo-mutants listed something unknown".into());
    let values: Vec<Value> = serde_json::from_str(json).map_err(|_| unknown())?;
    let mutant = |value: &Value| {
        let name = value.get("name")?.as_str()?;
        let file = value.get("file")?.as_str()?;
        let line: usize = value.get("span")?.get("start")?.get("line")?.as_u64()?.try_into().ok()?;
        let text = std::fs::read_to_string(workspace::root().join(file)).ok()?;
        Some(Mutant {
            what: name.splitn(4, ':').nth(3)?.trim().to_owned(),
            at: text.lines().nth(line.checked_sub(1)?)?.trim().to_owned(),
            name: name.to_owned(),
            file: file.to_owned(),
        })
    };
    values.iter().map(mutant).collect::<Option<_>>().ok_or_else(unknown)
}

/// The entries of the list.
#[derive(Debug)]
pub(super) struct Survivors(Vec<Survivor>);

/// A line and column would be wrong after the next change: the text of the line tells which mutant is meant.
#[derive(Debug)]
struct Survivor {
    file: String,
    mutant: String,
    line: String,
}

impl Survivors {
    pub(super) fn read() -> Result<Self, Failure> {
        let text = std::fs::read_to_string(workspace::root().join(LIST))
            .map_err(|error| Failure::Failed(format!("{LIST} cannot be read: {error}")))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let document: DocumentMut =
            text.parse().map_err(|error| Failure::Failed(format!("{LIST} is not TOML: {error}")))?;
        let entries = document.get("survivor").and_then(|item| item.as_array_of_tables()).into_iter().flatten();
        let survivor = |entry: &toml_edit::Table| {
            let word = |key| entry.get(key).and_then(|item| item.as_str()).map(str::to_owned);
            word("reason").filter(|reason| !reason.is_empty())?;
            Some(Survivor { file: word("file")?, mutant: word("mutant")?, line: word("line")? })
        };
        entries
            .map(|entry| {
                survivor(entry).ok_or_else(|| {
                    Failure::Failed(format!("{LIST}: an entry has not all of file, mutant, line, reason:\n{entry}"))
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// What is wrong with the survivors in `folder`: the mutants that nobody explained, and the explanations of what is
    /// caught by now or does not exist.
    pub(super) fn judge(&self, folder: &str, mutants: &[Mutant], outcomes: &Outcomes) -> Vec<String> {
        let missed = mutants.iter().filter(|mutant| outcomes.get(&mutant.name) == Some(&Outcome::Missed));
        let unexplained = missed.filter(|mutant| !self.0.iter().any(|entry| entry.is(mutant)));
        let mut wrong: Vec<String> =
            unexplained.map(|mutant| format!("missed: {}\n        {}", mutant.name, mutant.at)).collect();
        for entry in self.0.iter().filter(|entry| entry.file.starts_with(folder)) {
            let found: Vec<_> = mutants.iter().filter(|mutant| entry.is(mutant)).collect();
            let is_caught = |mutant: &&Mutant| outcomes.get(&mutant.name).is_some_and(|own| *own != Outcome::Missed);
            let why = match found.as_slice() {
                [] => "there is no such mutant any more",
                found if found.iter().all(is_caught) => "it is caught by now",
                _ => continue,
            };
            wrong.push(format!("{LIST}: {}: {}: {why}: remove the entry", entry.file, entry.mutant));
        }
        wrong
    }
}

impl Survivor {
    fn is(&self, mutant: &Mutant) -> bool {
        self.file == mutant.file && self.mutant == mutant.what && self.line == mutant.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "xtask/src/failure.rs";

    fn list() -> Vec<Mutant> {
        let mutant = |line: usize, what: &str| serde_json::json!({ "name": format!("{FILE}:{line}:9: {what}"), "file": FILE, "span": { "start": { "line": line } } });
        mutants(&Value::Array(vec![mutant(1, "replace a with b"), mutant(3, "replace a with b")]).to_string()).unwrap()
    }

    /// An entry for the mutant in the third line.
    fn entry(what: &str) -> Survivors {
        let line = "/// What went wrong, and with it the exit code.";
        let text = format!("[[survivor]]\nfile = '{FILE}'\nmutant = '{what}'\nline = '{line}'\nreason = 'because'\n");
        Survivors::parse(&text).unwrap()
    }

    fn outcomes(first: Outcome, third: Outcome) -> Outcomes {
        let mut outcomes = Outcomes::default();
        outcomes.extend(list().into_iter().map(|mutant| mutant.name).zip([first, third]));
        outcomes
    }

    #[test]
    fn a_survivor_needs_an_entry_and_an_entry_needs_a_survivor() {
        let (list, entry) = (list(), entry("replace a with b"));
        let judged = |first, third| entry.judge("xtask/", &list, &outcomes(first, third));
        assert!(judged(Outcome::Caught, Outcome::Missed).is_empty());
        let unexplained = judged(Outcome::Missed, Outcome::Missed);
        assert!(unexplained.len() == 1 && unexplained[0].starts_with("missed: xtask/src/failure.rs:1:9: "));
        let stale = judged(Outcome::Caught, Outcome::Caught);
        assert!(stale.len() == 1 && stale[0].contains("it is caught by now"), "{stale:?}");
        // In another shard nothing is known about it.
        assert!(entry.judge("xtask/", &list, &Outcomes::default()).is_empty());
    }

    #[test]
    fn an_entry_without_its_mutant_is_found_in_its_own_crate() {
        let entry = entry("replace a with c");
        let stale = entry.judge("xtask/", &list(), &Outcomes::default());
        assert!(stale.len() == 1 && stale[0].contains("no such mutant"), "{stale:?}");
        assert!(entry.judge("crates/", &list(), &Outcomes::default()).is_empty());
    }

    #[test]
    fn our_own_list_is_read_and_an_entry_without_a_reason_is_not() {
        Survivors::read().unwrap();
        let text = "[[survivor]]\nfile = 'a'\nmutant = 'b'\nline = 'c'\n";
        for text in [text.to_owned(), format!("{text}reason = ''\n"), "=".to_owned()] {
            assert!(Survivors::parse(&text).is_err(), "{text}");
        }
    }
}
