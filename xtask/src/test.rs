//! Everything that must hold before a change is taken.

mod steps;

use std::ffi::OsString;

use crate::failure::Failure;
use crate::sequence::{Sequence, Step};

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
    ("fmt", steps::fmt),
    ("rules", steps::rules),
    ("clippy", steps::clippy),
    ("docs", steps::docs),
    ("api", crate::api::check),
    ("tests", steps::tests),
    ("book", crate::book::test),
    ("vendor", steps::vendor),
];

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    Sequence { task: "test", steps: STEPS, is_optional: false }.run(arguments)
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
