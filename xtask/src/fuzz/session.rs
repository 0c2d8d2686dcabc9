//! One target, run for a while.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::corpus::{kept, learned};
use super::{folder, output};
use crate::failure::Failure;
use crate::{files, process};

/// The heading over the lines of [`Outcome::line`].
pub(super) const HEADING: &str = "target             executions  per second         coverage  finding";

/// What came out of a run.
pub(super) struct Outcome {
    executions: u64,
    per_second: u64,
    /// Edges that were reached, and edges that there are.
    coverage: [u64; 2],
    pub(super) finding: Option<Finding>,
}

pub(super) struct Finding {
    path: PathBuf,
    /// What the target said of it.
    pub(super) report: String,
}

impl Outcome {
    pub(super) fn line(&self, target: &str) -> String {
        let [reached, all] = self.coverage;
        let finding = self.finding.as_ref().map_or("none".to_owned(), |finding| finding.path.display().to_string());
        format!(
            "{target:16} {:>12} {:>11} {:>16}  {finding}",
            self.executions,
            self.per_second,
            format!("{reached} of {all}")
        )
    }

    fn read(report: &str, seconds: u64) -> Self {
        let executions = number_after(report, "stat::number_of_executed_units:");
        let pulse = report.lines().rev().find(|line| line.contains(" cov: ")).unwrap_or_default();
        let path = report.lines().rev().find_map(|line| line.split("Test unit written to ").nth(1)).map(PathBuf::from);
        Self {
            executions,
            per_second: executions / seconds.max(1),
            coverage: [number_after(pulse, " cov:"), number_after(report, "Loaded 1 PC tables (")],
            finding: path.map(|path| Finding { path, report: cause(report) }),
        }
    }
}

/// Tries what was once a finding, and then what libFuzzer thinks of, for so long.
pub(super) fn run(target: &str, programs: &Path, seconds: u32) -> Result<Outcome, Failure> {
    let program = programs.join(target);
    let regressions = folder().join("regressions").join(target);
    let findings = format!("-artifact_prefix={}/", files::made(output().join("findings").join(target))?.display());
    if regressions.is_dir() {
        process::quietly(Command::new(&program).args(["-runs=0", &findings]).arg(regressions))?;
    }
    let start = Instant::now();
    let mut run = Command::new(&program);
    run.args([learned(target)?, kept(target)?])
        .arg(format!("-dict={}", folder().join("words.dict").display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(findings)
        .args(["-print_final_stats=1", "-rss_limit_mb=2048", "-timeout=10"])
        .arg(format!("-max_len={}", longest(target)))
        .stdin(Stdio::null());
    let output = run.output().map_err(|error| Failure::Failed(format!("it cannot be started: {error}")))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let outcome = Outcome::read(&report, start.elapsed().as_secs());
    if !output.status.success() && outcome.finding.is_none() {
        return Err(Failure::Failed(format!("it ended with {}:\n{}", output.status, cause(&report))));
    }
    Ok(outcome)
}

/// The most octets of an input, by the file that ClusterFuzzLite reads too: longer ones only cost time.
pub(super) fn longest(target: &str) -> u64 {
    let options = folder().join("options").join(format!("{target}.options"));
    std::fs::read_to_string(options).map_or(4096, |text| number_after(&text, "max_len ="))
}

fn number_after(text: &str, label: &str) -> u64 {
    let digits = text.split(label).nth(1).unwrap_or_default().trim_start();
    digits.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// What tells about a finding: the words of a panic, or the end of a report.
fn cause(report: &str) -> String {
    let lines: Vec<&str> = report.lines().collect();
    match lines.iter().position(|line| line.contains(" panicked at ")) {
        Some(at) => lines[at..lines.len().min(at + 4)].join("\n"),
        None => lines[lines.len().saturating_sub(40)..].join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "INFO: Loaded 1 PC tables (321 PCs): 321 [0x1,0x2), \n#512\tpulse  cov: 87 ft: 90\n\
        #99 DONE   cov: 201 ft: 3\nstat::number_of_executed_units: 1234\n";

    #[test]
    fn figures_are_read_out_of_a_report() {
        let outcome = Outcome::read(REPORT, 10);
        assert_eq!(outcome.line("form"), "form                     1234         123       201 of 321  none");
        assert_eq!(number_after(REPORT, "nothing"), 0);
    }

    #[test]
    fn a_target_may_have_a_length_of_its_own() {
        assert!(longest("verifier") < 4096);
        assert_eq!(longest("no-such-target"), 4096);
    }

    #[test]
    fn a_finding_is_named_with_what_was_said() {
        let report = format!("{REPORT}thread panicked\nTest unit written to /findings/crash-1\nBase64: AA==\n");
        let finding = Outcome::read(&report, 0).finding.unwrap();
        assert_eq!(finding.path, Path::new("/findings/crash-1"));
        assert!(finding.report.contains("thread panicked"));
    }
}
