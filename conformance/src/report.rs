//! Reports: for a person, as JSON, as JUnit XML.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::case::Case;
use crate::judge::Verdict;
use crate::rows::rows;
use crate::suite::{Outcome, Report};
use crate::timings::Part;

const VERDICTS: [Verdict; 6] =
    [Verdict::Pass, Verdict::Fail, Verdict::Warn, Verdict::Policy, Verdict::NotClaimed, Verdict::Error];

/// `{suite, version, subject{..}, counts{..}, ms, plays, parts_ms{..}, cases: [{id, rows[], level, stage, verdict, class, detail, twin, ms}]}`.
pub(crate) fn json(cases: &[Case], report: &Report) -> Value {
    let counts: BTreeMap<&str, usize> =
        VERDICTS.into_iter().map(|verdict| (verdict.as_str(), report.count(verdict))).collect();
    let subject = report.outcomes.iter().map(|outcome| &outcome.subject).find(|subject| !subject.is_null());
    let listed: Vec<Value> = cases
        .iter()
        .zip(&report.outcomes)
        .map(|(case, outcome)| {
            json!({
                "id": case.id, "rows": case.rows, "level": case.level.as_str(), "stage": case.stage,
                "verdict": outcome.judgement.verdict.as_str(), "class": outcome.judgement.class,
                "detail": outcome.judgement.detail, "twin": outcome.twin.map(Verdict::as_str),
                "ms": milliseconds(outcome.ms),
            })
        })
        .collect();
    let parts: BTreeMap<_, _> =
        Part::ALL.into_iter().map(|part| (part.as_str(), milliseconds(report.timings.of(part).as_millis()))).collect();
    json!({
        "suite": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION"), "subject": subject,
        "counts": counts, "ms": milliseconds(report.ms), "plays": report.plays, "parts_ms": parts, "cases": listed,
    })
}

/// Where the time went, and the cases that took the longest.
pub(crate) fn timings(report: &Report) -> String {
    let sum = report.timings.sum().as_secs_f64();
    let mut text = format!("{} plays, {sum:.1} s one after the other\n", report.plays);
    for part in Part::ALL {
        let seconds = report.timings.of(part).as_secs_f64();
        let share = if sum > 0.0 { 100.0 * seconds / sum } else { 0.0 };
        text += &format!("{:10} {seconds:>7.1} s {share:>5.1} %\n", part.as_str());
    }
    let mut slowest: Vec<_> = report.outcomes.iter().collect();
    slowest.sort_by_key(|outcome| std::cmp::Reverse(outcome.ms));
    for outcome in slowest.iter().take(5) {
        text += &format!("{:>6} ms  {}\n", outcome.ms, outcome.id);
    }
    text
}

fn milliseconds(ms: u128) -> u64 {
    u64::try_from(ms).unwrap_or(u64::MAX)
}

/// One test case a case, in suites by specification.
pub(crate) fn junit(cases: &[Case], report: &Report) -> String {
    let failures = report.count(Verdict::Fail);
    let errors = report.count(Verdict::Error);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\">\n",
        env!("CARGO_PKG_NAME"),
        cases.len()
    );
    for (case, outcome) in cases.iter().zip(&report.outcomes) {
        let detail = escape(&outcome.judgement.detail);
        let inner = match outcome.judgement.verdict {
            Verdict::Pass => String::new(),
            Verdict::Fail => format!("<failure message=\"{detail}\"/>"),
            Verdict::Error => format!("<error message=\"{detail}\"/>"),
            Verdict::Warn => format!("<system-out>warning: {detail}</system-out>"),
            Verdict::Policy => format!("<system-out>policy: {detail}</system-out>"),
            Verdict::NotClaimed => format!("<skipped message=\"{detail}\"/>"),
        };
        let seconds = outcome.ms as f64 / 1000.0;
        xml += &format!(
            "  <testcase classname=\"{}\" name=\"{}\" time=\"{seconds:.3}\">{inner}</testcase>\n",
            specification(case),
            escape(case.id)
        );
    }
    xml + "</testsuite>\n"
}

/// A table by specification, the number of cases and the time.
pub(crate) fn table(cases: &[Case], report: &Report) -> String {
    let mut lines: BTreeMap<String, [usize; 6]> = BTreeMap::new();
    for (case, outcome) in cases.iter().zip(&report.outcomes) {
        let line = lines.entry(specification(case)).or_default();
        if let Some(at) = VERDICTS.iter().position(|verdict| *verdict == outcome.judgement.verdict) {
            line[at] += 1;
        }
    }
    let mut text = format!(
        "{:24} {:>6} {:>6} {:>6} {:>6} {:>12} {:>6}\n",
        "", "pass", "fail", "warn", "policy", "not claimed", "error"
    );
    for (name, [pass, fail, warn, policy, not_claimed, error]) in lines {
        text += &format!("{name:24} {pass:>6} {fail:>6} {warn:>6} {policy:>6} {not_claimed:>12} {error:>6}\n");
    }
    for (case, outcome) in cases.iter().zip(&report.outcomes) {
        if outcome.judgement.verdict == Verdict::Policy {
            text += &format!("policy {}: {}\n", case.id, outcome.judgement.detail);
        }
    }
    let seconds = report.ms as f64 / 1000.0;
    text + &format!("{} cases in {seconds:.1} s\n", cases.len())
}

/// Everything about a case that did not pass, and how to run just that one.
pub(crate) fn failure(case: &Case, outcome: &Outcome) -> String {
    let mut text = format!("\n{} {}: {}\n", outcome.judgement.verdict.as_str(), case.id, case.about);
    for row in rows().filter(|row| case.rows.contains(&row.id) || outcome.judgement.rows.contains(&row.id)) {
        text += &format!("  {} ({}, {}): {}\n", row.id, row.source, row.level, row.statement);
    }
    text += &format!("  {}\n", outcome.judgement.detail);
    for line in outcome.wire.lines() {
        text += &format!("    {line}\n");
    }
    text + &format!("  run it alone: cargo xtask conformance --case '{}'\n", case.id)
}

/// The specification of the case's first row; attacks are known by other papers each, and stand together.
fn specification(case: &Case) -> String {
    if case.id.starts_with("AK-") {
        return "Known attacks".to_owned();
    }
    if case.id.starts_with("PV-") {
        return "Providers".to_owned();
    }
    let source = rows().find(|row| case.rows.first() == Some(&row.id)).map_or("", |row| row.source);
    let name = source.split([' ', ';', ',']).next().unwrap_or_default();
    match name {
        "Core" => "OpenID Connect Core".to_owned(),
        "Disc" => "OpenID Connect Discovery".to_owned(),
        "BCP" => "RFC 9700 update draft".to_owned(),
        number if number.starts_with(|c: char| c.is_ascii_digit()) => format!("RFC {number}"),
        other => other.to_owned(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
