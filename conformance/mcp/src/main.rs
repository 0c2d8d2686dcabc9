//! The program: see the README.

use std::process::ExitCode;
use std::time::Duration;

use proofkey_mcp_judge::{cases, reference};

const HELP: &str = "\
Judges the authorization of an MCP client, without a shim: the client takes the URL of a server.

  proofkey-mcp-judge [--case TEXT] [--seconds N] CMD...
  proofkey-mcp-judge --mutants
  proofkey-mcp-judge --reference DEFECT URL

CMD is run once a case, with the URL of the MCP server behind its arguments. It connects, lists the tools, and ends. It
prints the URL at which the user gives consent, alone or as a word of a line, and receives the callback on loopback.

Exit code 0: no case failed. 1: some did. 2: the call is wrong.";

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut option = |name: &str| {
        let is_there = arguments.first().is_some_and(|first| first == name) && arguments.len() > 1;
        is_there.then(|| arguments.drain(..2).next_back()).flatten()
    };
    let (wanted, seconds) = (option("--case").unwrap_or_default(), option("--seconds"));
    let patience = Duration::from_secs(seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(20));
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--reference", defect, url] => match reference::run(url, defect).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        ["--mutants"] => mutants(patience).await,
        [] | ["--help" | "-h"] => {
            println!("{HELP}");
            ExitCode::from(if words.is_empty() { 2 } else { 0 })
        }
        _ => judge(&arguments, &wanted, patience).await,
    }
}

async fn judge(command: &[String], wanted: &str, patience: Duration) -> ExitCode {
    let mut failed = 0;
    for case in cases().iter().filter(|case| case.id.contains(wanted)) {
        match case.judge(command, patience).await {
            Ok(()) => println!("pass  {:<34} {:<8} {}", case.id, case.level, case.what),
            Err(why) => {
                failed += 1;
                println!("FAIL  {:<34} {:<8} {} {why} ({})", case.id, case.level, case.what, case.section);
            }
        }
    }
    println!("{failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

/// Each case is green for the plain reference client, and red for the one with its defect.
async fn mutants(patience: Duration) -> ExitCode {
    let program = std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    let runs: Vec<_> = cases()
        .into_iter()
        .map(|case| {
            let client = |defect: &str| [program.as_str(), "--reference", defect].map(str::to_owned).to_vec();
            let (plain, mutant) = (client("none"), client(case.mutant));
            tokio::spawn(async move {
                let plain = case.judge(&plain, patience).await;
                (case.id, case.mutant, plain, case.judge(&mutant, patience).await)
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
        if with_defect.is_ok() {
            broken += 1;
            println!("{id}: green for a client with the defect {mutant}");
        }
    }
    println!("{count} cases, {broken} broken");
    ExitCode::from(u8::from(broken > 0))
}
