//! The tasks of this workspace; `cargo xtask` lists them.
//!
//! A task is a file with `HELP` and `run`, and one line in [`TASKS`]. This program stays light: what is heavy (a book,
//! a fuzzer, the conformance suite) is a package of its own that a task builds and runs.

mod api;
mod bench;
mod book;
mod browser;
mod builds;
mod ci;
mod conformance;
mod constant_time;
mod deny;
mod dependencies;
mod failure;
mod files;
mod fuzz;
mod interop;
mod machines;
mod mutants;
mod process;
mod rules;
mod schedules;
mod sequence;
mod sessions;
mod test;
mod tool;
mod vendor;
mod workspace;

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use failure::Failure;

/// Name, help (its first line stands in the list) and function.
type Task = (&'static str, &'static str, Run);

enum Run {
    /// Takes no arguments.
    Alone(fn() -> Result<(), Failure>),
    With(fn(&[OsString]) -> Result<(), Failure>),
    /// A program of this workspace, which is given all arguments, and says itself how it is called.
    Program(&'static str),
}

use Run::{Alone, Program, With};

const TASKS: &[Task] = &[
    ("bench", bench::HELP, With(bench::run)),
    ("book", book::HELP, With(book::run)),
    ("browser", browser::HELP, With(browser::run)),
    ("builds", builds::HELP, With(builds::run)),
    ("ci", ci::HELP, Alone(ci::run)),
    ("conformance", conformance::HELP, With(conformance::run)),
    ("constant-time", constant_time::HELP, Alone(constant_time::run)),
    (
        "demo",
        "Shows a login in the browser, and eight attacks on it, at http://localhost:8091.",
        Program("proofkey-demo"),
    ),
    ("deny", deny::HELP, Alone(deny::run)),
    ("dependencies", dependencies::HELP, With(dependencies::run)),
    ("fuzz", fuzz::HELP, With(fuzz::run)),
    ("hostile", "Sends our client to servers that drip, flood, lie and disconnect.", Program("proofkey-hostile")),
    ("interop", interop::HELP, With(interop::run)),
    ("machines", machines::HELP, With(machines::run)),
    ("mutants", mutants::HELP, With(mutants::run)),
    ("schedules", schedules::HELP, With(schedules::run)),
    ("sessions", sessions::HELP, With(sessions::run)),
    ("test", test::HELP, With(test::run)),
    ("vectors", VECTORS, Alone(vectors)),
    ("vendor", vendor::HELP, With(vendor::run)),
];

const VECTORS: &str = "\
Writes the claims vectors: ID, access and logout tokens with their verdicts.

  cargo xtask vectors

The tables are in crates/jwt/examples/claims_vectors, the files and a README.md that
explains them in crates/jwt/tests/vectors.
";

fn vectors() -> Result<(), Failure> {
    process::run(&mut process::cargo("run --locked --package proofkey-jwt --example claims_vectors"))
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(message) = failure.message() {
                eprintln!("error: {message}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(arguments: &[OsString]) -> Result<(), Failure> {
    let Some((first, rest)) = arguments.split_first() else {
        print!("{}", list());
        return Ok(());
    };
    if asks_for_help(first) || first == "help" && rest.is_empty() {
        print!("{}", list());
        return Ok(());
    }
    let Some((name, help, run)) = TASKS.iter().find(|(name, ..)| first == name) else {
        let first = first.to_string_lossy();
        let what = if first.starts_with('-') { "flag" } else { "task" };
        return Err(Failure::Usage(format!("unknown {what} `{first}`; `cargo xtask` lists the tasks")));
    };
    let result = match (run, rest) {
        (Program(name), rest) => process::hand_over(Command::new(process::program(&[name])?).args(rest)),
        (_, [first, ..]) if asks_for_help(first) => {
            print!("{help}");
            return Ok(());
        }
        (Alone(run), []) => run(),
        (Alone(_), [argument, ..]) => {
            Err(Failure::Usage(format!("`{name}` takes no arguments: `{}`", argument.to_string_lossy())))
        }
        (With(run), rest) => run(rest),
    };
    result.map_err(|failure| match failure {
        Failure::Usage(message) => {
            Failure::Usage(format!("{message}; `cargo xtask {name} --help` says how it is called"))
        }
        other => other,
    })
}

fn asks_for_help(argument: &OsString) -> bool {
    argument == "--help" || argument == "-h"
}

fn list() -> String {
    let width = TASKS.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let mut text = String::from("cargo xtask TASK [ARGUMENTS]\n\n");
    for (name, help, _) in TASKS {
        let about = help.lines().next().unwrap_or_default();
        text.push_str(&format!("  {name:width$}  {about}\n"));
    }
    text.push_str("\n`cargo xtask TASK --help` describes a task.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_one_line_for_the_list_and_says_how_it_is_called() {
        for (name, help, run) in TASKS {
            let mut lines = help.lines();
            let about = lines.next().unwrap();
            assert!(about.len() <= 100 && about.ends_with('.'), "{name}: {about}");
            if matches!(run, Program(_)) {
                continue;
            }
            assert_eq!(lines.next(), Some(""), "{name}: an empty line after the first");
            assert!(help.contains(&format!("cargo xtask {name}")), "{name}: its help shows the call");
            assert!(help.ends_with('\n'), "{name}");
        }
    }

    #[test]
    fn the_tasks_are_in_order_and_named_once() {
        assert!(TASKS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
