//! What was measured becomes what is shown: `benches/published` keeps the figures as they were printed, and a test of the
//! book makes every table and picture of them, or finds one that says anything else.

use std::process::Command;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{files, process, workspace};

const MEASURED: [&str; 4] = ["ratios", "growth", "builds", "suite"];

/// Takes these measurements from `target/bench`, and has everything written that shows what is published.
pub(super) fn run(names: &[String]) -> Result<(), Failure> {
    if let Some(name) = names.iter().find(|name| !MEASURED.contains(&name.as_str())) {
        return Err(Failure::Usage(format!("nothing is measured as `{name}`, only {}", MEASURED.join(", "))));
    }
    names.iter().try_for_each(|name| take(name))?;
    let mut test = process::cargo("test --locked --package proofkey-book --test figures");
    process::run(test.env("PROOFKEY_BLESS", "1"))
}

/// Copies one measurement, with its day and the machine.
fn take(name: &str) -> Result<(), Failure> {
    let file = |folder: &str| workspace::root().join(folder).join(name).with_extension("json");
    let from = file("target/bench");
    let unreadable =
        |error: &dyn std::fmt::Display| Failure::SetUp(format!("{}: {error}: measure it first", from.display()));
    let text = std::fs::read_to_string(&from).map_err(|error| unreadable(&error))?;
    let results: Value = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
    if results.as_array().is_none_or(|all| all.iter().any(|one| one["quick"] == json!(true))) {
        return Err(unreadable(&"a quick run is not published"));
    }
    let date = process::read(Command::new("date").args(["--utc", "+%F", "--reference"]).arg(&from))?;
    let published = json!({"date": date.trim(), "machine": machine(), "results": results});
    files::write(&file("benches/published"), format!("{published:#}\n"))
}

/// The machine as a reader needs it, without its name.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model.trim());
    format!("{cores} cores of a shared machine ({model})")
}
