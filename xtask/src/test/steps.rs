//! What each step of `cargo xtask test` runs.

use std::process::Command;

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{process, rules, vendor};

/// The crates that can be had without their default features; and, for `proofkey-pkce`, with those that are off.
const FEATURES: &[(&str, &[&str])] = &[
    ("proofkey-pkce", &[]),
    ("proofkey-pkce", &["--features", "getrandom"]),
    ("proofkey-jwt", &["--no-default-features"]),
    ("proofkey-token", &["--no-default-features"]),
    ("proofkey", &["--no-default-features"]),
];

pub(crate) fn fmt() -> Result<String, Failure> {
    process::run(process::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(String::new())
}

pub(crate) fn rules() -> Result<String, Failure> {
    rules::check()
}

pub(crate) fn clippy() -> Result<String, Failure> {
    let deny = ["--", "-D", "warnings"];
    process::run(process::cargo().args(["clippy", "--locked", "--workspace", "--all-targets"]).args(deny))?;
    for (package, features) in FEATURES {
        let mut clippy = process::cargo();
        clippy.args(["clippy", "--locked", "--package", package, "--all-targets"]).args(*features);
        process::run(clippy.args(deny))?;
    }
    Ok(String::new())
}

pub(crate) fn docs() -> Result<String, Failure> {
    let mut doc = process::cargo();
    doc.args(["doc", "--locked", "--workspace", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "-D warnings");
    process::run(&mut doc)?;
    Ok(String::new())
}

/// With every feature, and then without those that can be left out; the default ones are tested by the step `vendor`. The
/// book has a step of its own.
pub(crate) fn tests() -> Result<String, Failure> {
    let all = ["test", "--locked", "--workspace", "--exclude", "proofkey-book", "--all-features"];
    process::run(process::cargo().args(all))?;
    for (package, features) in FEATURES.iter().filter(|(_, features)| features.contains(&"--no-default-features")) {
        process::run(process::cargo().args(["test", "--locked", "--package", package]).args(*features))?;
    }
    Ok(String::new())
}

/// Each crate as someone has it who copied it: outside of this workspace, with the crates that it names and no others.
pub(crate) fn vendor() -> Result<String, Failure> {
    let workspace = Workspace::read()?;
    for member in workspace.crates() {
        let place = vendor::place("alone")?;
        let copies = vendor::copy(&workspace, member, &place)?;
        println!("{} copied with {} beside it", member.name, vendor::listed(&copies[1..]));
        let here = place.join(&member.name);
        let offline = process::succeeds(process::cargo().current_dir(&here).args(["fetch", "--offline", "--locked"]));
        let cargo = |arguments: &[&str]| -> Result<Command, Failure> {
            let mut cargo = vendor::cargo(&here)?;
            cargo.args(arguments).arg("--locked").args(offline.then_some("--offline"));
            Ok(cargo)
        };
        process::run(&mut cargo(&["test"])?)?;
        process::run(cargo(&["doc", "--no-deps", "--all-features"])?.env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    Ok(format!("{} crates, each copied out alone", workspace.crates().count()))
}
