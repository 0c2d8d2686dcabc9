//! The fuzz targets: built with the coverage that libFuzzer wants, by the toolchain that is there.
//!
//! `fuzz/` is laid out as cargo-fuzz wants it, which can run the targets too, and show which lines they reach. This task
//! needs no more than cargo and a C++ compiler.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::failure::Failure;
use crate::workspace;

mod adopt;
mod corpus;
mod programs;
mod session;
mod targets;

use programs::Kind;

pub(crate) const HELP: &str = "\
Runs the fuzz targets, each for some seconds.

  cargo xtask fuzz [TARGET...] [--seconds N] [--jobs N] [--fast | --address] [--light]
  cargo xtask fuzz [TARGET...] --merge
  cargo xtask fuzz --adopt FILE [TARGET]

  --seconds N   time for each target (10)
  --jobs N      targets at a time (2)
  --fast        no tracing of comparisons: twice the executions, for long runs that
                start from a good corpus
  --address     with AddressSanitizer, which is unstable
  --light       without targets that compile other libraries or an HTTP client
  --merge       minimises what was learned into fuzz/corpus
  --adopt FILE  minimises a finding and keeps it in fuzz/regressions/TARGET

Every run starts with fuzz/regressions/TARGET, fuzz/corpus/TARGET.tar and what earlier
runs left in target/fuzz/learned/TARGET. Findings are written to
target/fuzz/findings/TARGET; the exit code is then 1.
";

struct Call {
    targets: Vec<String>,
    seconds: u32,
    jobs: usize,
    kind: Kind,
    light: bool,
    merge: bool,
    adopt: Option<PathBuf>,
}

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let mut call = Call::parse(arguments)?;
    if let (Some(finding), []) = (&call.adopt, &call.targets[..]) {
        call.targets = vec![adopt::target_of(finding)?];
    }
    let chosen = targets::chosen(&call.targets, call.light)?;
    let programs = programs::build(call.kind, &chosen)?;
    let names: Vec<&str> = chosen.iter().map(|target| target.name.as_str()).collect();
    if let Some(finding) = &call.adopt {
        return names.iter().try_for_each(|target| adopt::adopt(finding, target, &programs));
    }
    if call.merge {
        return names.iter().try_for_each(|target| corpus::merge(target, &programs));
    }
    fuzz(&names, &programs, &call)
}

/// Runs the targets, some at a time, and tells of each as it ends.
fn fuzz(names: &[&str], programs: &Path, call: &Call) -> Result<(), Failure> {
    println!("{}", session::HEADING);
    let waiting = Mutex::new(names.iter().rev().collect::<Vec<_>>());
    let next = || waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
    let run_all = || {
        let mut broken = Vec::new();
        while let Some(target) = next() {
            match session::run(target, programs, call.seconds) {
                Ok(outcome) => {
                    println!("{}", outcome.line(target));
                    broken.extend(outcome.finding.map(|finding| format!("{target}: {}", finding.report)));
                }
                Err(failure) => broken.push(format!("{target}: {}", failure.message().unwrap_or_default())),
            }
        }
        broken
    };
    let broken: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..call.jobs).map(|_| scope.spawn(run_all)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    if broken.is_empty() { Ok(()) } else { Err(Failure::Failed(broken.join("\n\n"))) }
}

impl Call {
    fn parse(arguments: &[OsString]) -> Result<Self, Failure> {
        let mut call = Self {
            targets: Vec::new(),
            seconds: 10,
            jobs: 2,
            kind: Kind::Plain,
            light: false,
            merge: false,
            adopt: None,
        };
        let mut words = arguments.iter().map(|word| word.to_string_lossy().into_owned());
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| Failure::Usage(format!("{word} needs a value")));
            let number =
                |text: String| text.parse::<u32>().map_err(|_| Failure::Usage(format!("{text:?} is no number")));
            match word.as_str() {
                // None at all would be without end.
                "--seconds" => call.seconds = number(value()?)?.max(1),
                "--jobs" => call.jobs = number(value()?)?.max(1) as usize,
                "--fast" => call.kind = Kind::Fast,
                "--address" => call.kind = Kind::Address,
                "--light" => call.light = true,
                "--merge" => call.merge = true,
                "--adopt" => call.adopt = Some(PathBuf::from(value()?)),
                flag if flag.starts_with('-') => return Err(Failure::Usage(format!("{flag} is not known"))),
                target => call.targets.push(target.to_owned()),
            }
        }
        if call.adopt.is_some() && call.targets.len() > 1 {
            return Err(Failure::Usage("a finding is one target's".into()));
        }
        Ok(call)
    }
}

/// Where the targets and their inputs are.
fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

/// Everything that a run writes.
fn output() -> PathBuf {
    workspace::root().join("target").join("fuzz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_calls_are_named() {
        let parse = |words: &[&str]| Call::parse(&words.iter().map(OsString::from).collect::<Vec<_>>());
        for wrong in [&["--seconds"][..], &["--seconds", "x"], &["--x"], &["--adopt", "file", "form", "jwt"]] {
            assert!(matches!(parse(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
        let call = parse(&["form", "--seconds", "3", "--light"]).unwrap();
        assert_eq!((call.targets, call.seconds, call.light), (vec!["form".to_owned()], 3, true));
    }
}
