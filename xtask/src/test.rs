//! Everything that must hold before a change is taken.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::sequence::{Sequence, Step};
use crate::workspace::Workspace;
use crate::{api, book, process, rules, vendor};

pub(crate) const HELP: &str = "\
Formatting, the rules of the tree, lints, documentation, every test, each crate alone.

  cargo xtask test                      every step, in the order below
  cargo xtask test --only STEP          that step; may be given several times

  fmt      the formatting
  rules    the rules of the tree: sizes, names, manifests, what depends on what
  clippy   lints as errors, with and without the crates' features
  docs     the documentation, warnings as errors
  api      what the public interfaces name of other people's packages
  tests    every test and every listing in the documentation
  book     every listing of the book, and the form of its chapters
  vendor   each crate under crates/ copied out alone: its tests and documentation

It stops at the first step that fails, and says how to run that step alone.
";

/// Quick ones first.
const STEPS: &[Step] = &[
    ("fmt", fmt),
    ("rules", rules::check),
    ("clippy", clippy),
    ("docs", docs),
    ("api", api::check),
    ("tests", tests),
    ("book", book::test),
    ("vendor", alone),
];

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    Sequence { task: "test", steps: STEPS, is_optional: false }.run(arguments)
}

/// The crates that can be had without their default features; and, for `proofkey-pkce`, with those that are off.
const FEATURES: &[&str] = &[
    "proofkey-pkce",
    "proofkey-pkce --features getrandom",
    "proofkey-jwt --no-default-features",
    "proofkey-token --no-default-features",
    "proofkey --no-default-features",
];

fn fmt() -> Result<String, Failure> {
    process::run(&mut process::cargo("fmt --all --check"))?;
    Ok(String::new())
}

/// What would end a user's program: an error is returned, and what cannot happen is written so that it need not be
/// claimed. Tests may, so libraries and programs are looked at apart from them. Forbidden, a lint cannot be allowed again.
const PANICS: [&str; 7] = [
    "-Fclippy::expect_used",
    "-Fclippy::panic",
    "-Fclippy::todo",
    "-Fclippy::unimplemented",
    "-Fclippy::unreachable",
    "-Fclippy::unwrap_used",
    "-Fclippy::dbg_macro",
];

fn clippy() -> Result<String, Failure> {
    let clippy = |words: &str, lints: &[&str]| {
        let mut clippy = process::cargo(&format!("clippy --locked {words} -- -D warnings"));
        process::run(clippy.args(lints))
    };
    clippy("--workspace --all-targets", &[])?;
    for features in FEATURES {
        clippy(&format!("--all-targets --package {features}"), &[])?;
    }
    let workspace = Workspace::read()?;
    let crates = workspace.crates().map(|member| format!(" --package {}", member.name));
    clippy(&format!("--all-features{}", crates.collect::<String>()), &PANICS)?;
    for features in FEATURES {
        clippy(&format!("--package {features}"), &PANICS)?;
    }
    Ok(String::new())
}

fn docs() -> Result<String, Failure> {
    let mut doc = process::cargo("doc --locked --workspace --no-deps --all-features");
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(String::new())
}

/// With every feature, and then without those that can be left out; the default ones are tested by the step `vendor`. The
/// book has a step of its own.
fn tests() -> Result<String, Failure> {
    process::run(&mut process::cargo("test --locked --workspace --exclude proofkey-book --all-features"))?;
    for features in FEATURES.iter().filter(|features| features.contains("--no-default-features")) {
        process::run(&mut process::cargo(&format!("test --locked --package {features}")))?;
    }
    Ok(String::new())
}

/// Each crate as someone has it who copied it: outside of this workspace, with the crates that it names and no others.
fn alone() -> Result<String, Failure> {
    let workspace = Workspace::read()?;
    for member in workspace.crates() {
        let place = vendor::place("alone")?;
        let copies = vendor::copy(&workspace, member, &place)?;
        println!("{} copied with {} beside it", member.name, vendor::listed(&copies[1..]));
        let here = place.join(&member.name);
        process::run(&mut vendor::cargo(&here, "test --locked")?)?;
        let mut doc = vendor::cargo(&here, "doc --locked --no-deps --all-features")?;
        process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    Ok(format!("{} crates, each copied out alone", workspace.crates().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_step() {
        for (name, _) in STEPS {
            assert!(HELP.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{name}");
        }
    }
}
