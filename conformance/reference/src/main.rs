//! The reference client as a shim: `proofkey-reference [--defect NAME]... [--list]`.

use std::process::ExitCode;

use proofkey_reference::{DEFECTS, Defects, serve};
use tokio::io::{BufReader, stdin, stdout};

const USAGE: &str = "usage: proofkey-reference [--defect NAME]... [--list]";

fn main() -> ExitCode {
    let mut names = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), argument.strip_prefix("--defect=")) {
            ("--list", _) => {
                DEFECTS.iter().for_each(|defect| println!("{:32} {}", defect.name, defect.about));
                return ExitCode::SUCCESS;
            }
            ("--help" | "-h", _) => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            ("--defect", _) => match arguments.next() {
                Some(name) => names.push(name),
                None => return usage("--defect needs a name"),
            },
            (_, Some(name)) => names.push(name.to_owned()),
            _ => return usage(&format!("unknown argument {argument:?}")),
        }
    }
    let defects = match Defects::named(names) {
        Ok(defects) => defects,
        Err(unknown) => return usage(&unknown.to_string()),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::from(70);
        }
    };
    let ended = runtime.block_on(serve(BufReader::new(stdin()), stdout(), &defects));
    eprint!("{}", ended.stderr);
    // A read of standard input may still be under way on a thread of its own; nobody waits for it.
    runtime.shutdown_background();
    ExitCode::from(ended.code)
}

fn usage(what: &str) -> ExitCode {
    eprintln!("{what}\n{USAGE}");
    ExitCode::from(64)
}
