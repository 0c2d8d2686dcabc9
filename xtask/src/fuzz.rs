//! The fuzz targets: built with the coverage that libFuzzer wants, by the toolchain that is there.
//!
//! `fuzz/` is laid out as cargo-fuzz wants it, which can run the targets too. This task needs no more than cargo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Runs the fuzz targets, each for some seconds, after every input that was once a finding.

  cargo xtask fuzz [TARGET...] [--seconds N] [--jobs N] [--address] [--peers]
  cargo xtask fuzz --adopt FILE TARGET

  --seconds N   how long each target runs (10)
  --jobs N      targets at a time (2)
  --address     with AddressSanitizer, which the compiler calls unstable
  --peers       with the targets that compare with other people's libraries
  --adopt FILE  makes a finding small and keeps it in fuzz/regressions/TARGET

Findings are written to target/fuzz/findings/TARGET, what was learned to
target/fuzz/corpus/TARGET; fuzz/corpus/TARGET is what every run begins with.
";

/// What cargo-fuzz gives the compiler, in its words.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

struct Call {
    targets: Vec<String>,
    seconds: u32,
    jobs: usize,
    address: bool,
    peers: bool,
    adopt: Option<PathBuf>,
}

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let call = Call::parse(arguments)?;
    let programs = build(&call)?;
    if let (Some(finding), Some(target)) = (&call.adopt, call.targets.first()) {
        return adopt(finding, target, &programs);
    }
    let chosen: Vec<String> = if call.targets.is_empty() { targets(call.peers)? } else { call.targets.clone() };
    let waiting = Mutex::new(chosen.clone().into_iter().rev().collect::<Vec<_>>());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..call.jobs {
            scope.spawn(|| {
                while let Some(target) = next(&waiting) {
                    let outcome = fuzz(&target, &programs, call.seconds);
                    done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((target, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|(target, _)| chosen.iter().position(|name| name == target));
    println!("{:16} {:>12} {:>10} {:>9}  finding", "target", "executions", "per second", "coverage");
    let mut broken = Vec::new();
    for (target, outcome) in done {
        let outcome = outcome?;
        let finding = outcome.finding.as_ref().map_or("none".to_owned(), |path| path.display().to_string());
        println!(
            "{target:16} {:>12} {:>10} {:>9}  {finding}",
            outcome.executions, outcome.per_second, outcome.coverage
        );
        if outcome.finding.is_some() {
            broken.push(format!("{target}:\n{}", outcome.report));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(Failure::Failed(broken.join("\n\n"))) }
}

impl Call {
    fn parse(arguments: &[OsString]) -> Result<Self, Failure> {
        let mut call = Self { targets: Vec::new(), seconds: 10, jobs: 2, address: false, peers: false, adopt: None };
        let mut words = arguments.iter().map(|word| word.to_string_lossy().into_owned());
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| Failure::Usage(format!("{word} needs a value")));
            let number = |text: String| text.parse().map_err(|_| Failure::Usage(format!("{text:?} is no number")));
            match word.as_str() {
                "--seconds" => call.seconds = number(value()?)?,
                "--jobs" => call.jobs = number(value()?)?.max(1) as usize,
                "--address" => call.address = true,
                "--peers" => call.peers = true,
                "--adopt" => call.adopt = Some(PathBuf::from(value()?)),
                flag if flag.starts_with('-') => return Err(Failure::Usage(format!("{flag} is not known"))),
                target => call.targets.push(target.to_owned()),
            }
        }
        match (&call.adopt, call.targets.as_slice()) {
            (None, _) | (Some(_), [_]) => Ok(call),
            _ => Err(Failure::Usage("`--adopt` needs the name of one target".into())),
        }
    }
}

/// The targets, by the files in `fuzz/fuzz_targets`.
fn targets(peers: bool) -> Result<Vec<String>, Failure> {
    let folder = folder().join("fuzz_targets");
    let files = std::fs::read_dir(&folder)
        .map_err(|error| Failure::Failed(format!("{} cannot be read: {error}", folder.display())))?;
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .filter(|name| peers || !name.starts_with("peers"))
        .collect();
    names.sort();
    Ok(names)
}

fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

/// Everything that a run writes.
fn output() -> PathBuf {
    workspace::root().join("target").join("fuzz")
}

/// Builds the targets, and gives the folder that they are in.
fn build(call: &Call) -> Result<PathBuf, Failure> {
    let host = host()?;
    let mut build = process::cargo();
    let mut flags = COVERAGE.to_owned();
    let kind = if call.address { "address" } else { "plain" };
    if call.address {
        flags += " -Zsanitizer=address";
        build.env("RUSTC_BOOTSTRAP", "1");
    }
    // A target of its own: build scripts run on the host, and are not to be instrumented.
    let place = output().join(kind);
    build
        .current_dir(folder())
        .args(["build", "--release", "--bins", "--target", &host])
        .arg("--target-dir")
        .arg(&place);
    if call.peers {
        build.args(["--features", "peers"]);
    }
    process::run(build.env("RUSTFLAGS", flags))?;
    Ok(place.join(host).join("release"))
}

fn host() -> Result<String, Failure> {
    let text = process::read(Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Failed("rustc -vV names no host".into()))
}

fn next(waiting: &Mutex<Vec<String>>) -> Option<String> {
    waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop()
}

struct Outcome {
    executions: u64,
    per_second: u64,
    coverage: u64,
    finding: Option<PathBuf>,
    report: String,
}

fn fuzz(target: &str, programs: &Path, seconds: u32) -> Result<Outcome, Failure> {
    let make = |place: PathBuf| {
        std::fs::create_dir_all(&place)
            .map(|()| place.clone())
            .map_err(|error| Failure::Failed(format!("{} cannot be made: {error}", place.display())))
    };
    let learned = make(output().join("corpus").join(target))?;
    let findings = make(output().join("findings").join(target))?;
    let program = programs.join(target);
    let kept = folder().join("regressions").join(target);
    if kept.is_dir() {
        let inputs = std::fs::read_dir(&kept).into_iter().flatten().filter_map(|file| Some(file.ok()?.path()));
        process::quietly(Command::new(&program).args(inputs))?;
    }
    let start = Instant::now();
    let mut run = Command::new(&program);
    run.arg(&learned);
    let seeds = folder().join("corpus").join(target);
    if seeds.is_dir() {
        run.arg(seeds);
    }
    run.arg(format!("-dict={}", folder().join("words.dict").display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .args(["-print_final_stats=1", "-rss_limit_mb=2048", "-timeout=10", "-max_len=4096"])
        .stdin(Stdio::null());
    let output = run.output().map_err(|error| Failure::Failed(format!("{target} cannot be started: {error}")))?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    let executions = number_after(&report, "stat::number_of_executed_units:");
    let finding = report.lines().rev().find_map(|line| line.split("Test unit written to ").nth(1)).map(PathBuf::from);
    if !output.status.success() && finding.is_none() {
        return Err(Failure::Failed(format!("{target} ended with {}:\n{report}", output.status)));
    }
    let coverage =
        report.lines().rev().find(|line| line.contains(" cov: ")).map_or(0, |line| number_after(line, " cov:"));
    let per_second = executions / start.elapsed().as_secs().max(1);
    Ok(Outcome { executions, per_second, coverage, finding, report: tail(&report) })
}

fn number_after(text: &str, label: &str) -> u64 {
    let digits = text.split(label).nth(1).unwrap_or_default().trim_start();
    digits.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The end of a report, which is what tells about a finding.
fn tail(report: &str) -> String {
    let lines: Vec<&str> = report.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// Makes a finding small and keeps it.
fn adopt(finding: &Path, target: &str, programs: &Path) -> Result<(), Failure> {
    let small = output().join("small");
    let mut shrink = Command::new(programs.join(target));
    shrink.args(["-minimize_crash=1", "-max_total_time=30"]).arg(format!("-exact_artifact_path={}", small.display()));
    // It ends with the finding, which is no failure of ours; where it found nothing smaller, the finding is kept whole.
    let _ = shrink.arg(finding).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let source = if small.is_file() { small.as_path() } else { finding };
    let octets = std::fs::read(source)
        .map_err(|error| Failure::Failed(format!("{} cannot be read: {error}", source.display())))?;
    let place = folder().join("regressions").join(target);
    let name = finding.file_name().unwrap_or_default();
    std::fs::create_dir_all(&place)
        .and_then(|()| std::fs::write(place.join(name), octets))
        .map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", place.display())))?;
    let _ = std::fs::remove_file(&small);
    println!("kept {}", place.join(name).display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_out_of_a_report() {
        let report = "#512\tpulse  cov: 87 ft: 90\n#99 DONE   cov: 201 ft: 3\nstat::number_of_executed_units: 1234\n";
        assert_eq!(number_after(report, "stat::number_of_executed_units:"), 1234);
        assert_eq!(number_after(report.lines().nth(1).unwrap(), " cov:"), 201);
        assert_eq!(number_after(report, "nothing"), 0);
    }

    #[test]
    fn wrong_calls_are_named() {
        let parse = |words: &[&str]| Call::parse(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(parse(&["--seconds"]).is_err() && parse(&["--seconds", "x"]).is_err() && parse(&["--x"]).is_err());
        let call = parse(&["form", "--seconds", "3", "--peers"]).unwrap();
        assert_eq!((call.targets, call.seconds, call.peers), (vec!["form".to_owned()], 3, true));
    }
}
