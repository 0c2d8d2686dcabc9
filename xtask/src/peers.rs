//! Other people's clients: their libraries installed into `target/peers`, their shims run through the suite.

mod matrix;
mod subject;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::Failure;
use crate::{files, process, workspace};
use subject::{SUBJECTS, Subject};

/// Judges each library, or those whose name contains `NAME`, by `runner`: `--peers [NAME]`.
pub(crate) fn run(runner: &Path, arguments: &[OsString]) -> Result<(), Failure> {
    let wanted = match arguments {
        [] => String::new(),
        [name] => name.to_string_lossy().into_owned(),
        _ => return Err(Failure::Usage("--peers takes one name at most".into())),
    };
    // A whole name means that one, though it be a part of another.
    let is_whole = SUBJECTS.iter().any(|subject| subject.name == wanted);
    let is_wanted = |name: &str| if is_whole { name == wanted } else { name.contains(&wanted) };
    let chosen: Vec<_> = SUBJECTS.iter().filter(|subject| is_wanted(subject.name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = SUBJECTS.iter().map(|subject| subject.name).collect();
        return Err(Failure::Usage(format!("no library is called {wanted:?}; there are {}", names.join(", "))));
    }
    files::made(folder().join("peers"))?;
    let (mut results, mut skipped, mut surprising) = (Vec::new(), Vec::new(), Vec::new());
    for subject in chosen {
        let outcome = subject.install().and_then(|shim| judge(runner, subject, &shim));
        match outcome {
            Ok((result, as_expected)) => {
                results.push((subject.name, result));
                if !as_expected {
                    surprising.push(subject.name);
                }
            }
            // What cannot be installed here, such as Go where there is none, is no failure of the others.
            Err(failure) => skipped.push((subject.name, failure.message().unwrap_or_default().to_owned())),
        }
    }
    let text = matrix::text(&results, &skipped);
    files::write(&folder().join("peers.md"), &text)?;
    print!("{text}");
    println!("\nwritten to target/conformance/peers.md");
    if results.is_empty() {
        return Err(Failure::SetUp("none of these libraries could be judged".into()));
    }
    if surprising.is_empty() {
        return Ok(());
    }
    let names = surprising.join(", ");
    Err(Failure::Failed(format!("{names}: not what shim.toml expects; *.txt in target/conformance/peers tells more")))
}

/// What the suite says about a shim, and whether it is what the `shim.toml` beside the shim expects. One case at a time,
/// since a starved program answers too late: no fault of its own.
fn judge(runner: &Path, subject: &Subject, shim: &[OsString]) -> Result<(Value, bool), Failure> {
    let results = folder().join("peers").join(format!("{}.json", subject.name.replace('/', "-")));
    // What is read at the end is of this run, or there is nothing to read.
    let _ = std::fs::remove_file(&results);
    let report = results.with_extension("txt");
    let output = std::fs::File::create(&report).map_err(files::failed(&report))?;
    let mut command = Command::new(runner);
    command.args(["--jobs", "1", "--mode", "stdin", "--results"]).arg(&results);
    command.arg("--config").arg(subject.folder().join("shim.toml")).arg("--shim").args(shim);
    command.current_dir(workspace::root()).stdout(output).stderr(Stdio::null());
    let code = process::code(&mut command)?;
    let unread = || Failure::Failed(format!("the suite ended with exit code {code} and no results"));
    let text = std::fs::read(&results).map_err(|_| unread())?;
    Ok((serde_json::from_slice(&text).map_err(|_| unread())?, code == 0))
}

fn folder() -> PathBuf {
    workspace::root().join("target").join("conformance")
}
