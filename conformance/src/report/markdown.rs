//! Markdown: the counts by specification and subject, and each case that did not pass.

use std::collections::{BTreeMap, BTreeSet};

use crate::results::{CaseResult, Results};

pub(super) fn report(all: &[Results]) -> String {
    let mut text = "# Conformance\n\n".to_owned();
    for results in all {
        let set = results.set.as_ref().map_or_else(String::new, |set| format!(", set {set}"));
        let partial = if results.partial { ", interrupted" } else { "" };
        text += &format!(
            "- **{}**: {} passed, {} failed, {} warned ({} of both refuse otherwise), {} policy, {} not claimed, {} errors, \
             by {} {}{set}{partial}\n",
            cell(&results.name()),
            results.counted("pass"),
            results.counted("fail"),
            results.counted("warn"),
            results.cases.iter().filter(|case| case.refuses_otherwise()).count(),
            results.counted("policy"),
            results.counted("not_claimed"),
            results.counted("error"),
            results.suite,
            results.version,
        );
    }
    text += &by_specification(all);
    if all.len() > 1 {
        text += &by_case(all);
    }
    for results in all {
        let red: Vec<&CaseResult> = results.cases.iter().filter(|case| case.is_red()).collect();
        if red.is_empty() {
            continue;
        }
        text += &format!("\n## What {} gets wrong\n\n", cell(&results.name()));
        text += "| Case | Section | Level | What happens | Verdict | What was seen |\n| --- | --- | --- | --- | --- | --- |\n";
        for case in red {
            let expected = case.reason.as_ref().map_or_else(String::new, |reason| format!(" (expected: {reason})"));
            text += &format!(
                "| `{}` | {} | {} | {} | {} | {}{} |\n",
                case.id,
                cell(&case.section),
                case.level,
                cell(&case.title),
                case.verdict,
                cell(&case.detail),
                cell(&expected)
            );
        }
    }
    text
}

fn by_specification(all: &[Results]) -> String {
    let names: BTreeSet<&String> = all.iter().flat_map(|results| results.totals.keys()).collect();
    let mut text = "\n| Specification |".to_owned();
    text.extend(all.iter().map(|results| format!(" {} |", cell(&results.name()))));
    text += "\n| --- |";
    text.extend(all.iter().map(|_| " --- |"));
    for name in names {
        text += &format!("\n| {} |", cell(name));
        for results in all {
            let count = |verdict: &str| {
                results.totals.get(name).and_then(|counts| counts.get(verdict)).copied().unwrap_or_default()
            };
            let judged = count("pass") + count("fail") + count("warn") + count("error");
            text += &format!(" {} of {judged} |", count("pass"));
        }
    }
    text + "\n"
}

/// Each case that is red for a subject, with the verdicts of all. `otherwise` is a refusal that the case did not expect by
/// that name: another thing than to accept what has to be refused.
fn by_case(all: &[Results]) -> String {
    let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (at, results) in all.iter().enumerate() {
        for case in &results.cases {
            let verdict = match case.verdict.as_str() {
                "pass" => "·",
                "not_claimed" => "",
                _ if case.refuses_otherwise() => "otherwise",
                other => other,
            };
            rows.entry(&case.id).or_insert_with(|| vec![""; all.len()])[at] = verdict;
        }
    }
    rows.retain(|_, verdicts| verdicts.iter().any(|it| ["fail", "otherwise", "warn", "error"].contains(it)));
    let names: Vec<String> = all.iter().map(|results| cell(&results.name())).collect();
    let mut text = format!("\n| Case | {} |\n|{}\n", names.join(" | "), " --- |".repeat(names.len() + 1));
    for (id, verdicts) in rows {
        text += &format!("| {id} | {} |\n", verdicts.join(" | "));
    }
    text
}

/// Text that stays in its cell, and is no markup.
fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '<' => escaped.extend(['\\', character]),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}
