//! The command line of the runner.

mod call;
mod files;
mod own_shim;
mod run;

use self::call::{Action, Call};
use crate::case::Case;
use crate::output::print;
use crate::report::Format;
use crate::subject::guard;
use crate::{list, mutants, probe, seeds, serve, show};

const HELP: &str = "\
Judges an OAuth client by an authorization server that tells one lie per case.

  proofkey-conformance run [--case GLOB] [--shim CMD...]    judge a client
  proofkey-conformance list [--case GLOB] [--format json]   every requirement row, and its cases
  proofkey-conformance show CASE                            one case or probe: requirement, lie, how to fix a failure
  proofkey-conformance probe --config as.toml               judge an authorization server; see probe --help
  proofkey-conformance serve                                the server that misbehaves, for your own tests
  proofkey-conformance report FILE... --format FORMAT       a report of result files, into --output FILE
  proofkey-conformance merge FILE... [--results FILE]       one result file of several shards
  proofkey-conformance mutants                              judge the suite by clients with one defect each
  proofkey-conformance seeds FOLDER                         write the responses of servers in the cases, for a fuzzer

Options of run, which is also the default subcommand:
  --case GLOB         only the cases whose id matches, such as 'PK-*'; * matches any text. Can be repeated
  --set NAME          only the cases of a requirement set, such as 2026.1, and of a
  --profile NAME      profile of it: oauth-client or oidc-client (the default)
  --shim CMD...       judge this program (the rest is its command line); the default is proofkey
  --config FILE       the shim.toml of the client: disabled cases, error names, expected failures
  --reference [NAME]  judge the plain reference client, with the switch NAME
  --mode MODE         stdin, http or both: how callbacks are delivered (both)
  --jobs N            cases at a time (4)
  --deadline SECONDS  time for each answer of the client (10); more for a debugger
  --shard I/N         every N-th case, starting with the I-th; combine the files with merge
  --rerun-failed[=FILE]  only the cases that did not pass in FILE, or in the newest result file
  --format FORMAT     human, json, junit, markdown, html or badge (human)
  --results FILE      the result file; by default a new one in target/conformance or conformance-results
  --keep FOLDER       write log, ID tokens and standard error of each failed case to files
  --timings           show where the time went, in a report for a terminal
  --strict            a warning counts as a failure
  --help              this text; see also serve --help

Exit code: 0 no failure, 1 failures, 2 broken set-up, 64 wrong usage, 130 interrupted.
";

/// Runs the command line `arguments`, without the name of the program, and returns the exit code.
pub async fn main(arguments: Vec<String>) -> u8 {
    let (name, rest) = match arguments.split_first() {
        Some((name, rest)) if !name.starts_with('-') => (name.as_str(), rest),
        _ => ("run", arguments.as_slice()),
    };
    match name {
        "run" => cases(Action::Run, rest).await,
        "list" => cases(Action::List, rest).await,
        "mutants" => cases(Action::Mutants, rest).await,
        "seeds" => cases(Action::Seeds(std::path::PathBuf::new()), rest).await,
        "show" => match rest {
            [id] if !id.starts_with('-') => shown(id),
            _ => help_or_wrong(rest, "show needs the id of one case"),
        },
        "report" => files::report(rest).unwrap_or_else(|error| help_or_wrong(rest, &error)),
        "merge" => files::merge(rest).unwrap_or_else(|error| help_or_wrong(rest, &error)),
        "serve" => serve::main(rest).await,
        "probe" => probe::main(rest).await,
        "guard" => {
            guard::serve();
            0
        }
        "help" => print(HELP),
        other => wrong(&format!("{other:?} is not a subcommand")),
    }
}

fn wrong(error: &str) -> u8 {
    eprintln!("{error}; see --help");
    64
}

fn help_or_wrong(arguments: &[String], error: &str) -> u8 {
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") { print(HELP) } else { wrong(error) }
}

fn shown(id: &str) -> u8 {
    let cases = crate::cases::all();
    match cases.iter().find(|case| case.id == id).map(show::text).or_else(|| probe::shown(id)) {
        Some(text) => print(&text),
        None => {
            let similar: Vec<&str> =
                cases.iter().map(|case| case.id).filter(|known| known.starts_with(id)).take(8).collect();
            let similar = if similar.is_empty() { String::new() } else { format!("; there is {}", similar.join(", ")) };
            wrong(&format!("{id:?} is not a case{similar}"))
        }
    }
}

async fn cases(action: Action, arguments: &[String]) -> u8 {
    let call = match Call::parse(action, arguments) {
        Ok(Some(call)) => call,
        Ok(None) => return print(HELP),
        Err(error) => return wrong(&error),
    };
    let cases = match run::selected(&call) {
        Ok(cases) => cases,
        Err(error) => return wrong(&error),
    };
    match &call.action {
        Action::List => print(&match call.format {
            Format::Json => format!("{:#}\n", list::json(&cases)),
            _ => list::human(&cases),
        }),
        Action::Seeds(folder) => match seeds::write(&cases, folder).await {
            Ok(count) => print(&format!("{count} seeds in {}\n", folder.display())),
            Err(error) => {
                eprintln!("{} cannot be written: {error}", folder.display());
                2
            }
        },
        Action::Mutants => judge_the_suite(&cases, &call).await,
        Action::Run => run::judge_the_subject(cases, &call).await,
    }
}

async fn judge_the_suite(cases: &[Case], call: &Call) -> u8 {
    let report = mutants::run(cases, call.jobs, |name, red| {
        print(&format!("{name:32} {red:>4} red\n"));
    })
    .await;
    for problem in &report.problems {
        print(&format!("problem: {problem}\n"));
    }
    let seconds = report.ms as f64 / 1000.0;
    print(&format!(
        "{} cases, {} mutants, {} runs in {seconds:.1} s; {} problems; {} switches without a case\n",
        cases.len(),
        report.mutants,
        report.runs,
        report.problems.len(),
        report.unused.len()
    ));
    u8::from(!report.problems.is_empty())
}
