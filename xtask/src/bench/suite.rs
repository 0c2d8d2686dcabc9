//! How long the conformance run takes, where the time goes, and how it grows with cases and jobs.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{process, workspace};

/// Which cases, how many at a time.
const RUNS: &[(&str, &str)] =
    &[("*", "1"), ("*", "2"), ("*", "4"), ("*", "8"), ("PK-*", "4"), ("ID-*", "4"), ("OA-*", "4")];

/// The suite as `cargo xtask conformance` runs it, several times.
pub(super) fn run(output: &Path) -> Result<(), Failure> {
    let suite = process::program(&["proofkey-conformance", "proofkey-shim"])?;
    println!("{:8} {:>6} {:>6} {:>6} {:>8} {:>8}", "cases", "number", "plays", "jobs", "wall s", "CPU s");
    let mut results = Vec::new();
    for (cases, jobs) in RUNS {
        let mut run = Command::new(&suite);
        run.current_dir(workspace::root()).args(["--format", "json", "--case", cases, "--jobs", jobs]);
        let before = process::cpu_seconds_of_children()?;
        let report: Value = serde_json::from_str(&process::read(&mut run)?)
            .map_err(|error| Failure::Failed(format!("the suite wrote no JSON: {error}")))?;
        let cpu = process::cpu_seconds_of_children()? - before;
        let count = report["cases"].as_array().map_or(0, Vec::len);
        let wall = report["ms"].as_f64().unwrap_or(f64::NAN) / 1e3;
        println!("{cases:8} {count:>6} {:>6} {jobs:>6} {wall:>8.1} {cpu:>8.1}", report["plays"]);
        results.push(json!({
            "cases": cases, "number": count, "jobs": jobs, "plays": report["plays"], "wall_s": wall, "cpu_s": cpu,
            "parts_ms": report["parts_ms"],
        }));
    }
    super::write(&output.join("suite.json"), &Value::from(results))
}
