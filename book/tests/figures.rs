//! The figures of speed and size: whatever shows one is made from `benches/published`, which `cargo xtask bench --publish`
//! fills with what a run printed. None is typed.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "figures/ratios.rs"]
mod ratios;
#[path = "figures/tables.rs"]
mod tables;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// One measurement that is published.
struct Run {
    results: Vec<Value>,
    /// When, where and how, in one sentence.
    origin: String,
}

/// The file of a measurement; a file of the tree that shows it, whole or between `<!-- MARK: ... -->` and `<!-- /MARK -->`;
/// and what has to stand there.
type Shown = (&'static str, &'static str, Option<&'static str>, fn(&Run) -> String);

const SHOWN: [Shown; 7] = [
    ("ratios", "benches/README.md", Some("speed"), ratios::short),
    ("ratios", "book/src/how-fast/ratios.md", None, ratios::details),
    ("ratios", "book/src/how-fast/ratios.svg", None, ratios::picture),
    ("growth", "book/src/how-fast/growth.md", None, tables::growth),
    ("builds", "benches/README.md", Some("builds"), tables::builds),
    ("builds", "book/src/how-fast/builds.md", None, tables::builds),
    ("suite", "book/src/how-fast/suite.md", None, tables::suite),
];

/// `PROOFKEY_BLESS=1 cargo test -p proofkey-book --test figures` writes the files anew.
#[test]
fn every_figure_of_speed_and_size_was_printed_by_a_task() {
    let mut other = Vec::new();
    for (name, path, mark, make) in SHOWN {
        let kept = read(path);
        let made = make(&run(name));
        let made = match mark {
            None => made,
            Some(mark) => between(&kept, mark, &made).unwrap_or_else(|| panic!("{path}: no marks `{mark}`")),
        };
        if std::env::var_os("PROOFKEY_BLESS").is_some() {
            std::fs::write(file(path), made).unwrap();
        } else if kept != made {
            other.push(path);
        }
    }
    assert!(other.is_empty(), "not what benches/published makes: {other:?}; `cargo xtask bench --publish` writes them");
}

#[test]
fn only_what_stands_between_the_marks_is_replaced() {
    let file = "a\n<!-- speed: how -->\nold\n<!-- /speed -->\nb\n";
    let new = "a\n<!-- speed: how -->\n\nnew\n\n<!-- /speed -->\nb\n";
    assert_eq!(between(file, "speed", "new\n").unwrap(), new);
    assert_eq!(between(new, "speed", "new\n").unwrap(), new);
    assert_eq!(between("a\n<!-- speed: how -->\n", "speed", "new\n"), None);
}

fn run(name: &str) -> Run {
    let published: Value = serde_json::from_str(&read(&format!("benches/published/{name}.json"))).unwrap();
    let text = |key: &str| published[key].as_str().unwrap();
    let flag = if name == "ratios" { String::new() } else { format!(" --{name}") };
    Run {
        results: published["results"].as_array().unwrap().clone(),
        origin: format!("Measured by `cargo xtask bench{flag}` on {}, on {}.", text("date"), text("machine")),
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap()
}

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The file with `text` between the marks.
fn between(file: &str, mark: &str, text: &str) -> Option<String> {
    let (before, rest) = file.split_once(&format!("<!-- {mark}: "))?;
    let (call, rest) = rest.split_once(" -->\n")?;
    let (_, after) = rest.split_once(&format!("<!-- /{mark} -->"))?;
    Some(format!("{before}<!-- {mark}: {call} -->\n\n{text}\n<!-- /{mark} -->{after}"))
}
