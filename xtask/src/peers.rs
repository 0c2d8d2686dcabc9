//! Other people's clients: their libraries installed into `target/peers`, their shims run through the suite.

mod matrix;
mod subject;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::Failure;
use crate::{files, process, workspace};
use subject::SUBJECTS;

/// Judges each library, or those whose name contains `NAME`, by `runner`: `--peers [NAME]`.
pub(crate) fn run(runner: &Path, arguments: &[OsString]) -> Result<(), Failure> {
    let wanted = match arguments {
        [] => String::new(),
        [name] => name.to_string_lossy().into_owned(),
        _ => return Err(Failure::Usage("--peers takes one name at most".into())),
    };
    let chosen: Vec<_> = SUBJECTS.iter().filter(|subject| subject.name.contains(&wanted)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = SUBJECTS.iter().map(|subject| subject.name).collect();
        return Err(Failure::Usage(format!("no library is called {wanted:?}; there are {}", names.join(", "))));
    }
    files::made(folder().join("peers"))?;
    let (mut results, mut skipped) = (Vec::new(), Vec::new());
    for subject in chosen {
        let outcome = subject.install().and_then(|shim| judge(runner, subject.name, &shim));
        match outcome {
            Ok(result) => results.push((subject.name, result)),
            // What cannot be installed here, such as Go where there is none, is no failure of the others.
            Err(failure) => skipped.push((subject.name, failure.message().unwrap_or_default().to_owned())),
        }
    }
    let text = matrix::text(&results, &skipped);
    files::write(&folder().join("peers.md"), &text)?;
    print!("{text}");
    println!("\nwritten to target/conformance/peers.md");
    if results.is_empty() { Err(Failure::SetUp("none of these libraries could be judged".into())) } else { Ok(()) }
}

/// What the suite says about a shim. One case at a time, since a starved program answers too late: no fault of its own.
fn judge(runner: &Path, name: &str, shim: &[OsString]) -> Result<Value, Failure> {
    let results = folder().join("peers").join(format!("{}.json", name.replace('/', "-")));
    let mut command = Command::new(runner);
    command.args(["--jobs", "1", "--mode", "stdin", "--results"]).arg(&results).arg("--shim").args(shim);
    command.current_dir(workspace::root()).stdout(Stdio::null()).stderr(Stdio::null());
    // Exit code 1 means failures, which are what is looked for here.
    let code = process::code(&mut command)?;
    let unread = || Failure::Failed(format!("the suite ended with exit code {code} and no results"));
    serde_json::from_slice(&std::fs::read(&results).map_err(|_| unread())?).map_err(|_| unread())
}

fn folder() -> PathBuf {
    workspace::root().join("target").join("conformance")
}
