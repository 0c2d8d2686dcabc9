//! Everything that must hold before a change is taken.

mod steps;

use std::ffi::OsString;
use std::time::Instant;

use crate::failure::Failure;
use crate::process;

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

/// Name and function; what a step returns is said beside its time.
type Step = (&'static str, fn() -> Result<String, Failure>);

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
    let chosen = chosen(arguments)?;
    let start = Instant::now();
    let mut passed = Vec::new();
    for (name, step) in &chosen {
        println!("== {name}");
        let start = Instant::now();
        let said = step().map_err(|failure| failed(name, start, &failure))?;
        println!("== {name}: passed in {}{}{said}\n", process::seconds(start), if said.is_empty() { "" } else { "; " });
        passed.push(format!("{name} {}", process::seconds(start)));
    }
    println!("passed in {}: {}", process::seconds(start), passed.join(", "));
    Ok(())
}

fn failed(name: &str, start: Instant, failure: &Failure) -> Failure {
    Failure::Failed(format!(
        "step `{name}` failed after {}: {}\n`cargo xtask test --only {name}` runs it alone",
        process::seconds(start),
        failure.message().unwrap_or("it was stopped"),
    ))
}

/// The steps that the arguments name, in the table's order; all when they name none.
fn chosen(arguments: &[OsString]) -> Result<Vec<&'static Step>, Failure> {
    let mut only = Vec::new();
    let mut arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(argument) = arguments.next() {
        let step = match argument.strip_prefix("--only") {
            Some("") => arguments.next().ok_or_else(|| Failure::Usage("`--only` needs the name of a step".into()))?,
            Some(step) if step.starts_with('=') => step[1..].to_owned().into(),
            _ => return Err(Failure::Usage(format!("unknown argument `{argument}`"))),
        };
        if STEPS.iter().all(|(name, _)| *name != step) {
            return Err(Failure::Usage(format!("unknown step `{step}`")));
        }
        only.push(step);
    }
    Ok(STEPS.iter().filter(|(name, _)| only.is_empty() || only.iter().any(|step| step == name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Result<Vec<&'static str>, Failure> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        Ok(chosen(&arguments)?.into_iter().map(|(name, _)| *name).collect())
    }

    #[test]
    fn steps_are_chosen_by_name_and_run_in_the_table_s_order() {
        assert_eq!(names(&[]).unwrap(), ["fmt", "rules", "clippy", "docs", "api", "tests", "book", "vendor"]);
        assert_eq!(names(&["--only", "tests", "--only=fmt"]).unwrap(), ["fmt", "tests"]);
    }

    #[test]
    fn a_wrong_call_is_told_apart_from_a_failed_step() {
        for (arguments, said) in [
            (&["--only"][..], "needs the name"),
            (&["--only", "nothing"], "unknown step `nothing`"),
            (&["--only="], "unknown step ``"),
            (&["--onlyfmt"], "unknown argument `--onlyfmt`"),
            (&["fmt"], "unknown argument `fmt`"),
        ] {
            let failure = names(arguments).unwrap_err();
            assert_eq!(failure.exit_code(), 64, "{arguments:?}");
            assert!(failure.message().unwrap().contains(said), "{failure:?}");
        }
    }

    #[test]
    fn a_failed_step_says_how_it_is_run_alone() {
        let failure = failed("docs", Instant::now(), &Failure::Failed("no".into()));
        assert!(failure.message().unwrap().ends_with("`cargo xtask test --only docs` runs it alone"));
        assert_eq!(failure.exit_code(), 1);
    }

    #[test]
    fn the_help_names_every_step() {
        for (name, _) in STEPS {
            assert!(HELP.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{name}");
        }
    }
}
