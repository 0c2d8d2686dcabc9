//! What it takes to build ours and the peers from nothing, and how large a program with a login becomes.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{files, process, workspace};

/// What is built with the same purpose; who; and the feature of `benches/builds` that brings it. Ours come first.
const CONTENDERS: &[(&str, &str, &str)] = &[
    ("challenge and check", "proofkey-pkce", "pkce-ours"),
    ("challenge and check", "pkce 0.2", "pkce-peer"),
    ("OAuth without HTTP", "proofkey-authorize and -token", "oauth-ours"),
    ("OAuth without HTTP", "oauth2 5", "oauth-peer"),
    ("ID tokens", "proofkey-jwt", "jwt-ours"),
    ("ID tokens", "jsonwebtoken 12", "jwt-peer"),
    ("a login, as a program", "proofkey", "login-proofkey"),
    ("a login, as a program", "oauth2 5, no ID token", "login-oauth2"),
    ("a login, as a program", "openidconnect 4", "login-openidconnect"),
];

/// Builds all of them so many times, in turns, each from an empty target directory, and writes the medians.
pub(super) fn run(rounds: usize, output: &Path) -> Result<(), Failure> {
    // What has to be fetched is no part of a build.
    process::run(&mut cargo("fetch --locked"))?;
    let mut seconds: Vec<Vec<(f64, f64)>> = vec![Vec::new(); CONTENDERS.len()];
    for round in 0..rounds {
        for step in 0..CONTENDERS.len() {
            let at = (round + step) % CONTENDERS.len();
            seconds[at].push(build(CONTENDERS[at].2, output)?);
        }
    }
    println!("{:22} {:30} {:>7} {:>7} {:>7} {:>9}", "", "", "crates", "CPU s", "wall s", "octets");
    let mut results = Vec::new();
    for ((purpose, who, feature), seconds) in CONTENDERS.iter().zip(seconds) {
        let (cpu, wall) = (median(seconds.iter().map(|one| one.0)), median(seconds.iter().map(|one| one.1)));
        let crates = crates(feature)?;
        let octets = program(feature, output).metadata().map(|about| about.len()).ok();
        let shown = octets.map_or("-".into(), |octets| octets.to_string());
        println!("{purpose:22} {who:30} {crates:>7} {cpu:>7.1} {wall:>7.1} {shown:>9}");
        results.push(json!({
            "purpose": purpose, "who": who, "crates": crates, "cpu_s": cpu, "wall_s": wall, "octets": octets,
        }));
    }
    super::write(&output.join("builds.json"), &Value::from(results))
}

/// Seconds of all processes together, and of the clock on the wall.
fn build(feature: &str, output: &Path) -> Result<(f64, f64), Failure> {
    let target = files::emptied(output.join("builds").join(feature))?;
    let mut build = cargo("build --release --quiet --offline --locked --target-dir");
    build.arg(&target).args(["--features", feature]);
    let (cpu, start) = (process::cpu_seconds_of_children()?, Instant::now());
    process::run(&mut build)?;
    Ok((process::cpu_seconds_of_children()? - cpu, start.elapsed().as_secs_f64()))
}

fn cargo(words: &str) -> Command {
    let mut cargo = process::cargo(words);
    cargo.current_dir(workspace::root().join("benches/builds"));
    cargo
}

/// Where the program is, of a feature that makes one.
fn program(feature: &str, output: &Path) -> std::path::PathBuf {
    let folder = output.join("builds").join(feature).join("release");
    folder.join(feature).with_extension(std::env::consts::EXE_EXTENSION)
}

/// How many crates come into the program, ours among them, but for the one that brings them together.
fn crates(feature: &str) -> Result<usize, Failure> {
    let mut tree = cargo("tree --offline --locked --edges normal --prefix none --no-dedupe --format {p} --features");
    let text = process::read(tree.arg(feature))?;
    let mut names: Vec<_> = text.lines().collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.len() - 1)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contender_is_a_feature_of_the_package_that_is_built() {
        let manifest = std::fs::read_to_string(workspace::root().join("benches/builds/Cargo.toml")).unwrap();
        for (_, _, feature) in CONTENDERS {
            assert!(manifest.contains(&format!("\n{feature} = [")), "{feature}");
        }
    }
}
