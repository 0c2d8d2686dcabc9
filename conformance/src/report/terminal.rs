//! Text for a terminal.

use std::collections::BTreeMap;

use crate::advice;
use crate::results::{CaseResult, Results};

/// The verdicts of the table, in its order.
const COLUMNS: [&str; 8] = ["pass", "fail", "warn", "policy", "not_claimed", "not_tested", "error", "disabled"];

/// Those that have a column only when there is such a case.
const RARE: [&str; 2] = ["disabled", "not_tested"];

/// Each case that did not pass, then the table.
pub(super) fn report(results: &Results) -> String {
    let red = results.cases.iter().filter(|case| case.is_red() && case.reason.is_none());
    let failures: String = red.map(failure).collect();
    failures + &table(results)
}

/// Everything about a case that did not pass: what happened, what was expected and why, and what to do.
pub(crate) fn failure(case: &CaseResult) -> String {
    let mut text = format!("\n{} {}: {}\n", case.verdict, case.id, case.title);
    for row in &case.requirements {
        text += &format!("  {} ({}, {}): {}\n", row.id, row.source, row.level, row.statement);
    }
    text += &format!("  {}\n", case.detail);
    if let Some(advice) = advice::of(&case.id) {
        text += &format!("  what to do: {advice}\n");
    }
    if let Some(trace) = &case.trace {
        for callback in &trace.callbacks {
            text += &format!("  the client received the callback {callback}\n");
        }
        let mode = if trace.mode.is_empty() { String::new() } else { format!(" (callbacks by {})", trace.mode) };
        text += &format!("  what happened{mode}:\n{}", trace.text("    "));
        for token in &trace.id_tokens {
            text += &format!("  {} = {}\n", token.label, token.token);
            text += &format!("    header {}\n    claims {}\n", token.header, token.claims);
        }
        if !trace.stderr.trim().is_empty() {
            text += "  the client's standard error:\n";
            text.extend(trace.stderr.lines().map(|line| format!("    | {line}\n")));
        }
    }
    text + &format!("  run it alone: {}\n  read about it: proofkey-conformance show '{}'\n", case.again, case.id)
}

/// A table by specification, then choices, expected failures, and the number of cases and the time.
pub(crate) fn table(results: &Results) -> String {
    let columns: Vec<&str> =
        COLUMNS.into_iter().filter(|column| !RARE.contains(column) || results.counted(column) > 0).collect();
    let mut text = format!("{:24}", "");
    text.extend(columns.iter().map(|column| format!(" {:>1$}", column.replace('_', " "), width(column))));
    text.push('\n');
    for (name, counts) in results.totals.iter().chain([(&"all".to_owned(), &results.counts)]) {
        text += &format!("{name:24}");
        let count = |column: &&str| counts.get(*column).copied().unwrap_or_default();
        text.extend(columns.iter().map(|column| format!(" {:>1$}", count(column), width(column))));
        text.push('\n');
    }
    text += &choices(results);
    for case in results.cases.iter().filter(|case| case.is_red()) {
        if let Some(reason) = &case.reason {
            text += &format!("expected {} {}: {reason}\n", case.verdict, case.id);
        }
    }
    text.extend(results.stale.iter().map(|line| format!("stale: {line}\n")));
    let seconds = results.ms as f64 / 1000.0;
    let partial = if results.partial { " (interrupted: not all cases were judged)" } else { "" };
    let set = results.set.as_ref().map_or_else(String::new, |set| format!(", set {set}"));
    text + &format!("{} cases in {seconds:.1} s{set}{partial}\n", results.cases.len())
}

fn width(column: &str) -> usize {
    column.len().max(6)
}

/// What the client does where the texts leave it a choice.
fn choices(results: &Results) -> String {
    let policy = results.cases.iter().filter(|case| case.verdict == "policy");
    policy.map(|case| format!("policy {}: {}\n", case.id, case.detail)).collect()
}

/// Where the time went, and the cases that took the longest.
pub(crate) fn timings(results: &Results) -> String {
    let sum: u64 = results.parts_ms.values().sum();
    let mut text = format!("{} plays, {:.1} s one after the other\n", results.plays, sum as f64 / 1000.0);
    let order: BTreeMap<&str, usize> =
        crate::timings::Part::ALL.iter().enumerate().map(|(at, part)| (part.as_str(), at)).collect();
    let mut parts: Vec<_> = results.parts_ms.iter().collect();
    parts.sort_by_key(|(part, _)| order.get(part.as_str()).copied());
    for (part, ms) in parts {
        let share = if sum > 0 { 100.0 * *ms as f64 / sum as f64 } else { 0.0 };
        text += &format!("{part:10} {:>7.1} s {share:>5.1} %\n", *ms as f64 / 1000.0);
    }
    let mut slowest: Vec<_> = results.cases.iter().collect();
    slowest.sort_by_key(|case| std::cmp::Reverse(case.ms));
    text.extend(slowest.iter().take(5).map(|case| format!("{:>6} ms  {}\n", case.ms, case.id)));
    text
}
