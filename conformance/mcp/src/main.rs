//! The program: see the README.

use std::process::ExitCode;
use std::time::Duration;

use proofkey_mcp_judge::{Case, Miss, cases, control, reference};

const HELP: &str = "\
Judges the authorization of an MCP client, without a shim: the client takes the URL of a server.

  proofkey-mcp-judge [--case TEXT] [--seconds N] [--trace] CMD...
  proofkey-mcp-judge [--case TEXT] [--seconds N] --mutants
  proofkey-mcp-judge --reference DEFECT URL

CMD is run once a case, with the URL of the MCP server behind its arguments. It connects, lists the tools, and ends. It
prints the URL at which the user gives consent, alone or as a word of a line, and receives the callback on loopback.

--trace shows the requests of each case, without secrets, and what the client printed.

First the client must list the tools where everything is honest: if it cannot, its refusals prove nothing (error).

Exit code 0: each case passed. 1: some failed. 2: a case proves nothing, or the call is wrong.";

/// The options, which stand before the command in any order.
struct Options {
    case: String,
    patience: Duration,
    is_about_itself: bool,
    is_traced: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--reference", defect, url] => {
            return match reference::run(url, defect).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{error}");
                    ExitCode::FAILURE
                }
            };
        }
        ["--help" | "-h"] => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let options = match options(&mut arguments) {
        Ok(options) => options,
        Err(why) => return wrong(&why),
    };
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.id.contains(&options.case)).collect();
    match (cases.is_empty(), options.is_about_itself, arguments.is_empty()) {
        (true, ..) => wrong(&format!("no case has {:?} in its name", options.case)),
        (_, true, true) => mutants(cases, options.patience).await,
        (_, true, false) => wrong("--mutants takes no command"),
        (_, false, true) => wrong("there is no command"),
        (_, false, false) => judge(&cases, &arguments, &options).await,
    }
}

fn wrong(why: &str) -> ExitCode {
    eprintln!("{why}\n\n{HELP}");
    ExitCode::from(2)
}

/// Takes the options from the front.
fn options(arguments: &mut Vec<String>) -> Result<Options, String> {
    let mut options =
        Options { case: String::new(), patience: Duration::from_secs(20), is_about_itself: false, is_traced: false };
    while let Some(name) = arguments.first().filter(|first| first.starts_with("--")).cloned() {
        arguments.remove(0);
        let flag = match name.as_str() {
            "--mutants" => Some(&mut options.is_about_itself),
            "--trace" => Some(&mut options.is_traced),
            _ => None,
        };
        if let Some(flag) = flag {
            *flag = true;
            continue;
        }
        if !matches!(name.as_str(), "--case" | "--seconds") {
            return Err(format!("{name} is not an option"));
        }
        if arguments.is_empty() {
            return Err(format!("{name} needs a value"));
        }
        let value = arguments.remove(0);
        if name == "--case" {
            options.case = value;
        } else {
            let seconds = value.parse().ok().filter(|seconds| *seconds > 0);
            let seconds = seconds.ok_or_else(|| format!("--seconds {value:?} is not a number from 1 on"))?;
            options.patience = Duration::from_secs(seconds);
        }
    }
    Ok(options)
}

async fn judge(cases: &[Case], command: &[String], options: &Options) -> ExitCode {
    let control = control(command, options.patience).await;
    let (mut failed, mut unproved) = (0, 0);
    for case in cases {
        let outcome = match &control {
            Err(miss) if case.is_refusal && !options.is_traced => Err(miss.clone()),
            _ => match case.play(command, options.patience).await {
                Ok(seen) => {
                    if options.is_traced {
                        println!("{}{}", seen.trace, seen.output);
                    }
                    case.judge(&seen)
                }
                Err(miss) => Err(miss),
            },
        };
        let (word, why) = match outcome {
            Ok(()) => ("pass", String::new()),
            Err(miss @ Miss::Failed(_)) => {
                failed += 1;
                ("FAIL", format!(" {miss} ({})", case.section))
            }
            Err(miss @ Miss::Unproved(_)) => {
                unproved += 1;
                ("error", format!(" {miss}"))
            }
        };
        println!("{word:<5} {:<34} {:<8} {}{why}", case.id, case.level, case.what);
    }
    println!("{failed} failed, {unproved} prove nothing");
    ExitCode::from(match (failed, unproved, control) {
        (0, 0, Ok(())) => 0,
        (1.., _, Ok(())) => 1,
        _ => 2,
    })
}

/// Each case is green for the plain reference client, and red for the one with its defect.
async fn mutants(cases: Vec<Case>, patience: Duration) -> ExitCode {
    let program = std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    let runs: Vec<_> = cases
        .into_iter()
        .map(|case| {
            let client = |defect: &str| [program.as_str(), "--reference", defect].map(str::to_owned).to_vec();
            let (plain, mutant) = (client("none"), client(case.mutant));
            tokio::spawn(async move {
                let plain = case.run(&plain, patience).await;
                (case.id, case.mutant, plain, case.run(&mutant, patience).await)
            })
        })
        .collect();
    let (count, mut broken) = (runs.len(), 0);
    for run in runs {
        let Ok((id, mutant, plain, with_defect)) = run.await else {
            broken += 1;
            continue;
        };
        if let Err(why) = plain {
            broken += 1;
            println!("{id}: red for the plain client: {why}");
        }
        match with_defect {
            Err(Miss::Failed(_)) => {}
            Ok(()) => {
                broken += 1;
                println!("{id}: green for a client with the defect {mutant}");
            }
            Err(miss) => {
                broken += 1;
                println!("{id}: not red for a client with the defect {mutant}: {miss}");
            }
        }
    }
    println!("{count} cases, {broken} broken");
    ExitCode::from(u8::from(broken > 0))
}
