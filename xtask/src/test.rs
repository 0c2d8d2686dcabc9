//! Everything that must hold before a change is taken.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::sequence::{Sequence, Step};
use crate::workspace::Workspace;
use crate::{api, process, rules, vendor};

pub(crate) const HELP: &str = "\
Runs formatting, lints, documentation, tests and the rules of the tree.

  cargo xtask test                      every step, in the order below
  cargo xtask test --only STEP          one step; can be repeated

  fmt      formatting
  rules    the rules of the tree: sizes, names, manifests, dependencies
  clippy   lints as errors, with and without the crates' features
  api      which other packages the public interfaces name
  docs     documentation, warnings as errors
  tests    every test, doctest and listing of the book
  vendor   each crate under crates/ copied out of the workspace: tests and documentation

Stops at the first step that fails, and prints how to run that step alone.
";

/// Quick ones first.
const STEPS: &[Step] = &[
    ("fmt", fmt),
    ("rules", rules::check),
    ("clippy", clippy),
    ("api", api::check),
    ("docs", docs),
    ("tests", tests),
    ("vendor", vendored),
];

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    Sequence { task: "test", steps: STEPS, is_optional: false }.run(arguments)
}

/// The crates without the features that the whole workspace has them with. Those that stand together are built together.
const FEATURES: &[&str] =
    &["proofkey-pkce", "proofkey-jwt --no-default-features", "proofkey-token --package proofkey --no-default-features"];

fn fmt() -> Result<String, Failure> {
    process::run(&mut process::cargo("fmt --all --check"))?;
    Ok(String::new())
}

/// What would end a user's program: an error is returned, and what cannot happen is written so that it need not be
/// claimed. Tests may, so libraries and programs are looked at apart from them. Denied and not forbidden, because the
/// code that a derive of clap makes allows lints of its own.
const PANICS: [&str; 7] = [
    "-Dclippy::expect_used",
    "-Dclippy::panic",
    "-Dclippy::todo",
    "-Dclippy::unimplemented",
    "-Dclippy::unreachable",
    "-Dclippy::unwrap_used",
    "-Dclippy::dbg_macro",
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
    let crates: Vec<_> = workspace.crates().map(|member| format!(" --package {}", member.name)).collect();
    clippy(&format!("--all-features{}", crates.concat()), &PANICS)?;
    // One at a time, with the features that its own manifest asks of its dependencies.
    for alone in &crates {
        clippy(alone, &PANICS)?;
    }
    for features in FEATURES {
        clippy(&format!("--package {features}"), &PANICS)?;
    }
    Ok(String::new())
}

pub(crate) fn docs() -> Result<String, Failure> {
    let mut doc = process::cargo("doc --locked --workspace --no-deps --all-features");
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(String::new())
}

/// With every feature, and then without those that can be left out.
fn tests() -> Result<String, Failure> {
    process::run(&mut process::cargo("test --locked --workspace --all-features"))?;
    for features in FEATURES {
        process::run(&mut process::cargo(&format!("test --locked --package {features}")))?;
    }
    Ok(String::new())
}

/// The crates as someone has them who copied them: outside of this workspace, with what their packages have. They are built
/// together here; that each is whole with what it names, and no more, is what clippy sees.
fn vendored() -> Result<String, Failure> {
    let place = vendor::workspace("vendored")?;
    process::run(&mut vendor::cargo(&place, "test --locked --workspace")?)?;
    let mut doc = vendor::cargo(&place, "doc --locked --workspace --no-deps --all-features")?;
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(String::new())
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
