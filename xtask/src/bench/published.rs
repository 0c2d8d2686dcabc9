//! What was measured and is shown: `benches/published` has the figures as they were printed, and everything that shows
//! them is made from there.

use std::process::Command;

use serde_json::{Value, json};

use super::{built, growth, ratios, suite};
use crate::failure::Failure;
use crate::{files, process, workspace};

/// Where the figures are kept, relative to the root.
const FOLDER: &str = "benches/published";

/// The name of its file, the command that measures it, and what is made of it.
type Measured = (&'static str, &'static str, fn(&Run) -> Vec<Made>);

const MEASURED: &[Measured] = &[
    ("ratios", "cargo xtask bench", ratios::made),
    ("growth", "cargo xtask bench --growth", growth::made),
    ("builds", "cargo xtask bench --builds", built::made),
    ("suite", "cargo xtask bench --suite", suite::made),
];

/// A file, or the part of a file between two marks, and what has to stand there.
pub(super) struct Made {
    pub(super) path: &'static str,
    pub(super) place: Place,
    pub(super) text: String,
}

pub(super) enum Place {
    Whole,
    /// Between `<!-- NAME: ... -->` and `<!-- /NAME -->`, each on a line of its own.
    Between(&'static str),
}

/// One measurement that is published.
pub(super) struct Run {
    pub(super) results: Vec<Value>,
    date: String,
    machine: String,
    command: &'static str,
}

impl Run {
    /// When, where and how, in one sentence.
    pub(super) fn origin(&self) -> String {
        format!("Measured by `{}` on {}, on {}.", self.command, self.date, self.machine)
    }
}

/// Takes these measurements from `target/bench`, and writes everything that shows what is published.
pub(super) fn publish(names: &[String]) -> Result<(), Failure> {
    for name in names {
        let Some((name, ..)) = MEASURED.iter().find(|(known, ..)| known == name) else {
            let known: Vec<_> = MEASURED.iter().map(|(name, ..)| *name).collect();
            return Err(Failure::Usage(format!("nothing is measured as `{name}`, only {}", known.join(", "))));
        };
        take(name)?;
    }
    let read = |path: &str| std::fs::read_to_string(workspace::root().join(path)).ok();
    for (path, text) in rendered(read).map_err(Failure::Failed)? {
        files::write(&workspace::root().join(&path), text)?;
        println!("{path}");
    }
    Ok(())
}

/// Copies one measurement, with its day and the machine.
fn take(name: &str) -> Result<(), Failure> {
    let from = workspace::root().join("target/bench").join(name).with_extension("json");
    let unreadable =
        |error: &dyn std::fmt::Display| Failure::SetUp(format!("{}: {error}: measure it first", from.display()));
    let text = std::fs::read_to_string(&from).map_err(|error| unreadable(&error))?;
    let results: Value = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
    if results.as_array().is_none_or(|all| all.iter().any(|one| one["quick"] == json!(true))) {
        return Err(unreadable(&"a quick run is not published"));
    }
    let date = process::read(Command::new("date").args(["--utc", "+%F", "--reference"]).arg(&from))?;
    let published = json!({"date": date.trim(), "machine": machine(), "results": results});
    files::write(&workspace::root().join(FOLDER).join(name).with_extension("json"), format!("{published:#}\n"))
}

/// Every file that shows a figure, as it has to be; what is wrong, when it cannot be made.
pub(crate) fn rendered(read: impl Fn(&str) -> Option<String>) -> Result<Vec<(String, String)>, String> {
    let mut files: Vec<(String, String)> = Vec::new();
    for (name, command, make) in MEASURED {
        let path = format!("{FOLDER}/{name}.json");
        let Some(text) = read(&path) else { continue };
        let published: Value = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
        let text = |key: &str| published[key].as_str().map(str::to_owned).ok_or_else(|| format!("{path}: no {key}"));
        let results = published["results"].as_array().cloned().ok_or_else(|| format!("{path}: no results"))?;
        for made in make(&Run { results, date: text("date")?, machine: text("machine")?, command }) {
            let text = match made.place {
                Place::Whole => made.text,
                Place::Between(mark) => {
                    let kept = files.iter().find(|(path, _)| path == made.path).map(|(_, text)| text.clone());
                    let kept = kept.or_else(|| read(made.path)).unwrap_or_default();
                    between(&kept, mark, &made.text).ok_or_else(|| format!("{}: no marks `{mark}`", made.path))?
                }
            };
            files.retain(|(path, _)| path != made.path);
            files.push((made.path.to_owned(), text));
        }
    }
    Ok(files)
}

pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// A table in Markdown.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&head.map(str::to_owned)) + &line(&head.map(|_| "---".to_owned()));
    text.extend(rows.map(|row| line(&row)));
    text
}

/// The file with `text` between the marks.
pub(crate) fn between(file: &str, mark: &str, text: &str) -> Option<String> {
    let (before, rest) = file.split_once(&format!("<!-- {mark}: "))?;
    let (call, rest) = rest.split_once(" -->\n")?;
    let (_, after) = rest.split_once(&format!("<!-- /{mark} -->"))?;
    Some(format!("{before}<!-- {mark}: {call} -->\n\n{text}\n<!-- /{mark} -->{after}"))
}

/// The machine as a reader needs it, without its name.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model.trim());
    format!("{cores} cores of a shared machine ({model})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let file = "a\n<!-- speed: how -->\nold\n<!-- /speed -->\nb\n";
        let new = "a\n<!-- speed: how -->\n\nnew\n\n<!-- /speed -->\nb\n";
        assert_eq!(between(file, "speed", "new\n").unwrap(), new);
        assert_eq!(between(new, "speed", "new\n").unwrap(), new);
        assert_eq!(between("a\n<!-- speed: how -->\n", "speed", "new\n"), None);
    }

    #[test]
    fn nothing_published_makes_nothing_and_a_broken_file_is_named() {
        assert_eq!(rendered(|_| None), Ok(vec![]));
        let broken = rendered(|path| (path == "benches/published/ratios.json").then(|| "{}".to_owned()));
        assert_eq!(broken.unwrap_err(), "benches/published/ratios.json: no results");
    }
}
