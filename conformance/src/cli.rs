//! The command line of the runner.

use std::io::IsTerminal as _;
use std::path::Path;

use proofkey_reference::Defects;

use crate::case::Case;
use crate::judge::Verdict;
use crate::subject::Subject;
use crate::suite::{Options, run};
use crate::transcript::Mode;
use crate::{list, mutants, report, seeds};

const HELP: &str = "\
Judges an OAuth client by an authorization server that tells one lie a case.

  --list              name every requirement row and what speaks for it
  --case GLOB         only the cases whose id matches, such as 'PK-*'; * stands for any text
  --shim CMD...       judge this program (all that follows is its command line); without it, proofkey
  --reference [NAME]  judge the plain reference client, with the switch NAME
  --mutants           judge the suite: every switch of the reference client must turn its cases red
  --seeds FOLDER      write what servers say in the cases, by kind, for a fuzzer to begin with
  --mode MODE         stdin, http or both: how callbacks are delivered (both)
  --jobs N            cases at a time (4)
  --format FORMAT     human, json or junit (human)
  --timings           say where the time went, in a report for a person
  --strict            a warning counts as a failure
  --help              this text

Exit code: 0 no failure, 1 failures, 2 the set-up is broken, 64 a wrong call.
Results are also written to target/conformance/results.json.
";

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Human,
    Json,
    Junit,
}

struct Call {
    list: bool,
    mutants: bool,
    seeds: Option<String>,
    strict: bool,
    timings: bool,
    case: Option<String>,
    subject: Option<Subject>,
    modes: Vec<Mode>,
    jobs: usize,
    format: Format,
}

/// Runs the command line `arguments` (without the program's name) and gives the exit code.
pub async fn main(arguments: Vec<String>) -> u8 {
    let call = match parse(arguments) {
        Ok(Some(call)) => call,
        Ok(None) => {
            print!("{HELP}");
            return 0;
        }
        Err(error) => {
            eprintln!("{error}; --help tells what there is");
            return 64;
        }
    };
    let mut cases = crate::cases();
    if let Some(glob) = &call.case {
        cases.retain(|case| matches(glob, case.id));
        if cases.is_empty() {
            eprintln!("no case matches {glob:?}; --list names them");
            return 64;
        }
    }
    if call.list {
        match call.format {
            Format::Json => println!("{:#}", list::json(&cases)),
            _ => print!("{}", list::human(&cases)),
        }
        return 0;
    }
    if let Some(folder) = &call.seeds {
        return match seeds::write(&cases, Path::new(folder)).await {
            Ok(count) => {
                println!("{count} seeds in {folder}");
                0
            }
            Err(error) => {
                eprintln!("{folder} cannot be written: {error}");
                2
            }
        };
    }
    if call.mutants {
        return judge_the_suite(&cases, &call).await;
    }
    let subject = match call.subject.clone().map_or_else(own_shim, Ok) {
        Ok(subject) => subject,
        Err(error) => {
            eprintln!("{error}");
            return 2;
        }
    };
    judge_the_subject(&cases, &subject, &call).await
}

async fn judge_the_subject(cases: &[Case], subject: &Subject, call: &Call) -> u8 {
    let options = Options { jobs: call.jobs, modes: call.modes.clone() };
    let live = std::io::stderr().is_terminal();
    let mut done = 0;
    let outcome = run(cases, subject, &options, |outcome| {
        done += 1;
        if live {
            eprint!("\r{done}/{} {:60}", cases.len(), outcome.id);
        } else if !matches!(outcome.judgement.verdict, Verdict::Pass | Verdict::Policy) {
            eprintln!("{done}/{} {} {}", cases.len(), outcome.judgement.verdict.as_str(), outcome.id);
        }
    })
    .await;
    if live {
        eprint!("\r{:90}\r", "");
    }
    let results = report::json(cases, &outcome);
    if let Err(error) = write_results(&results) {
        eprintln!("target/conformance/results.json cannot be written: {error}");
        return 2;
    }
    match call.format {
        Format::Json => println!("{results:#}"),
        Format::Junit => print!("{}", report::junit(cases, &outcome)),
        Format::Human => {
            for (case, outcome) in cases.iter().zip(&outcome.outcomes) {
                if !matches!(outcome.judgement.verdict, Verdict::Pass | Verdict::Policy | Verdict::NotClaimed) {
                    print!("{}", report::failure(case, outcome));
                }
            }
            print!("{}", report::table(cases, &outcome));
            if call.timings {
                print!("{}", report::timings(&outcome));
            }
        }
    }
    let failed = outcome.count(Verdict::Fail) + if call.strict { outcome.count(Verdict::Warn) } else { 0 };
    let judged = outcome.count(Verdict::Pass) + outcome.count(Verdict::Policy) + failed;
    match (failed, outcome.count(Verdict::Error)) {
        (1.., _) => 1,
        (0, 1..) => 2,
        (0, 0) if judged == 0 && outcome.count(Verdict::Warn) == 0 => {
            eprintln!("the subject claims nothing that any of these cases needs");
            2
        }
        (0, 0) => 0,
    }
}

async fn judge_the_suite(cases: &[Case], call: &Call) -> u8 {
    let report = mutants::run(cases, call.jobs, |name, red| println!("{name:32} {red:>4} red")).await;
    for problem in &report.problems {
        println!("problem: {problem}");
    }
    let seconds = report.ms as f64 / 1000.0;
    println!(
        "{} cases, {} mutants, {} runs in {seconds:.1} s; {} problems; {} switches wait for their cases",
        cases.len(),
        report.mutants,
        report.runs,
        report.problems.len(),
        report.unused.len()
    );
    u8::from(!report.problems.is_empty())
}

/// The shim of proofkey, built beside this program.
fn own_shim() -> Result<Subject, String> {
    let own = std::env::current_exe().map_err(|error| format!("this program does not know where it is: {error}"))?;
    let shim = own.with_file_name(format!("proofkey-shim{}", std::env::consts::EXE_SUFFIX));
    if !shim.is_file() {
        return Err(
            "there is no proofkey-shim beside this program; build it: cargo build --package proofkey-shim".into()
        );
    }
    Ok(Subject::Command(vec![shim.to_string_lossy().into_owned()]))
}

fn write_results(results: &serde_json::Value) -> std::io::Result<()> {
    let folder = Path::new("target/conformance");
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("results.json"), format!("{results:#}\n"))
}

fn parse(arguments: Vec<String>) -> Result<Option<Call>, String> {
    let mut call = Call {
        list: false,
        mutants: false,
        seeds: None,
        strict: false,
        timings: false,
        case: None,
        subject: None,
        modes: vec![Mode::Stdin, Mode::Http],
        jobs: 4,
        format: Format::Human,
    };
    let mut arguments = arguments.into_iter().peekable();
    while let Some(argument) = arguments.next() {
        let mut value = |what: &str| arguments.next().ok_or(format!("{argument} needs {what}"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--list" => call.list = true,
            "--mutants" => call.mutants = true,
            "--seeds" => call.seeds = Some(value("a folder")?),
            "--strict" => call.strict = true,
            "--timings" => call.timings = true,
            "--case" => call.case = Some(value("a pattern")?),
            "--jobs" => {
                let number = value("a number")?;
                call.jobs =
                    number.parse().ok().filter(|jobs| *jobs > 0).ok_or(format!("--jobs: {number:?} is no number"))?;
            }
            "--mode" => {
                call.modes = match value("stdin, http or both")?.as_str() {
                    "stdin" => vec![Mode::Stdin],
                    "http" => vec![Mode::Http],
                    "both" => vec![Mode::Stdin, Mode::Http],
                    other => return Err(format!("--mode: {other:?} is none of stdin, http, both")),
                }
            }
            "--format" => {
                call.format = match value("human, json or junit")?.as_str() {
                    "human" => Format::Human,
                    "json" => Format::Json,
                    "junit" => Format::Junit,
                    other => return Err(format!("--format: {other:?} is none of human, json, junit")),
                }
            }
            "--reference" => {
                let named = arguments.next_if(|next| !next.starts_with("--"));
                let defects = Defects::named(named).map_err(|unknown| unknown.to_string())?;
                call.subject = Some(Subject::Reference(defects));
            }
            "--shim" => {
                let command: Vec<String> = arguments.by_ref().collect();
                if command.is_empty() {
                    return Err("--shim needs a command".into());
                }
                call.subject = Some(Subject::Command(command));
            }
            other => return Err(format!("{other:?} is not an argument of this program")),
        }
    }
    Ok(Some(call))
}

/// Whether `text` matches `glob`, in which `*` stands for any text.
fn matches(glob: &str, text: &str) -> bool {
    let Some((head, tail)) = glob.split_once('*') else { return glob == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(tail, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, text, expected) in [
            ("PK-05/x", "PK-05/x", true),
            ("PK-*", "PK-05/x", true),
            ("*state*", "OA-48/state-empty", true),
            ("PK-*", "OA-48/x", false),
            ("PK", "PK-05/x", false),
            ("*x*y", "axbzy", true),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }

    #[test]
    fn wrong_calls_are_named() {
        for call in [
            vec!["--jobs", "0"],
            vec!["--jobs"],
            vec!["--mode", "x"],
            vec!["--format", "x"],
            vec!["--shim"],
            vec!["--reference", "x"],
            vec!["x"],
        ] {
            assert!(parse(call.into_iter().map(String::from).collect()).is_err());
        }
        assert!(parse(vec!["--help".into()]).is_ok_and(|call| call.is_none()));
    }
}
