//! `PROBING.md` and the code say the same.

use std::collections::BTreeSet;

use super::catalogue::all;
use super::config::Config;

const GUIDE: &str = include_str!("../../PROBING.md");

fn examples() -> Vec<&'static str> {
    let blocks = GUIDE.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn each_example_of_a_file_can_be_read() {
    let examples = examples();
    assert_eq!(examples.len(), 2);
    for example in examples {
        // The environment of a test has no secrets.
        let config = Config::parse(&example.replace("env:", "")).unwrap();
        assert!(config.clients.iter().any(|client| client.is_public()));
    }
}

#[test]
fn each_key_is_explained_and_each_explained_key_exists() {
    let table = GUIDE.split("## as.toml, key by key").nth(1).unwrap().split("Everything at once").next().unwrap();
    let cell = |line: &'static str| line.strip_prefix("| `")?.split('`').next();
    let explained: BTreeSet<&str> = table.lines().filter_map(cell).collect();
    let whole = examples()[1];
    let mut table = String::new();
    let mut used = BTreeSet::new();
    for line in whole.lines().filter(|line| !line.starts_with([' ', ']', '"'])) {
        if line.starts_with('[') {
            table = line.trim_matches(['[', ']']).replace("login.step", "step");
            if !matches!(table.as_str(), "login" | "hooks") {
                used.insert(if line.starts_with("[[") {
                    format!("[[{}]]", line.trim_matches(['[', ']']))
                } else {
                    format!("[{table}]")
                });
            }
        } else if let Some((key, _)) = line.split_once(" = ")
            && table != "endpoints"
        {
            used.insert(if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") });
        }
    }
    assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), explained);
}

#[test]
fn there_is_advice_for_each_group() {
    let advice = GUIDE.split("## What to do about each finding").nth(1).unwrap().split("\n## ").next().unwrap();
    for probe in all() {
        assert!(advice.contains(&format!("`{}`", probe.group)), "{}", probe.group);
        assert!(
            !probe.advice.is_empty() && probe.about.ends_with(['.', ')']) && !probe.expected.ends_with('.'),
            "{}",
            probe.id
        );
    }
}
