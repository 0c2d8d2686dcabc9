//! The results of several subjects side by side, as Markdown.
//!
//! A client that refuses what it has to, but for a reason that the suite did not expect, fails as well. It is another
//! thing than to accept it: the tables tell the two apart.

use std::collections::BTreeMap;

use serde_json::Value;

const VERDICTS: [(&str, &str); 7] = [
    ("pass", "pass"),
    ("fail", "fail"),
    ("otherwise", "refuses otherwise"),
    ("warn", "warn"),
    ("policy", "policy"),
    ("not_claimed", "not claimed"),
    ("error", "error"),
];

/// How many cases ended how, by subject; then each case that a subject failed, with the verdict of everyone.
pub(crate) fn text(results: &[(&str, Value)], skipped: &[(&str, String)]) -> String {
    let cases = results.iter().map(|(_, result)| cases(result).count()).max().unwrap_or_default();
    let mut text = format!("{cases} cases.\n\n| Library | Version | Language |");
    for (_, heading) in VERDICTS {
        text += &format!(" {heading} |");
    }
    text += &format!("\n|---|---|---|{}\n", "--:|".repeat(VERDICTS.len()));
    for (name, result) in results {
        let subject = |field: &str| result["subject"][field].as_str().unwrap_or("?").to_owned();
        text += &format!("| {name} | {} | {} |", subject("version"), subject("lang"));
        let verdicts: Vec<&str> = self::cases(result).map(|(_, verdict)| verdict).collect();
        for (verdict, _) in VERDICTS {
            text += &format!(" {} |", verdicts.iter().filter(|seen| **seen == verdict).count());
        }
        text += "\n";
    }
    for (name, reason) in skipped {
        text += &format!("\n{name} was not judged: {}\n", reason.lines().next().unwrap_or_default());
    }
    text + "\n" + &failures(results)
}

/// A row a case that is not passed by all.
fn failures(results: &[(&str, Value)]) -> String {
    let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (at, (_, result)) in results.iter().enumerate() {
        for (id, verdict) in cases(result) {
            let cells = rows.entry(id).or_insert_with(|| vec![""; results.len()]);
            cells[at] = match verdict {
                "pass" => "·",
                "not_claimed" => "",
                other => other,
            };
        }
    }
    rows.retain(|_, cells| cells.iter().any(|cell| matches!(*cell, "fail" | "otherwise" | "warn" | "error")));
    let names: Vec<&str> = results.iter().map(|(name, _)| *name).collect();
    let mut text = format!("| Case | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (id, cells) in rows {
        text += &format!("| {id} | {} |\n", cells.join(" | "));
    }
    text
}

/// The cases with their verdicts, of which a failure for the name of a refusal is one of its own.
fn cases(result: &Value) -> impl Iterator<Item = (&str, &str)> {
    result["cases"].as_array().into_iter().flatten().map(|case| {
        let text = |field: &str| case[field].as_str().unwrap_or_default();
        let refused = text("detail").starts_with("expected: a refusal") && text("detail").contains("; seen: class ");
        let verdict = if refused && matches!(text("verdict"), "fail" | "warn") { "otherwise" } else { text("verdict") };
        (text("id"), verdict)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_case_that_somebody_failed_stands_there_with_every_verdict() {
        let result = |name: &str, first: &str, second: &str, detail: &str| {
            json!({"subject": {"name": name, "version": "1", "lang": "c"},
                "cases": [{"id": "A/1", "verdict": first}, {"id": "B/2", "verdict": second, "detail": detail}]})
        };
        let accepts = "expected: a refusal of class state; seen: a success";
        let refuses = "expected: a refusal of class state; seen: class \"other\"";
        let results = [
            ("one", result("one", "pass", "pass", "")),
            ("two", result("two", "pass", "fail", accepts)),
            ("three", result("three", "pass", "fail", refuses)),
        ];
        let text = text(&results, &[("four", "no Go\nat all".to_owned())]);
        assert!(text.starts_with("2 cases.\n\n| Library |"), "{text}");
        assert!(text.contains("| two | 1 | c | 1 | 1 | 0 | 0 | 0 | 0 | 0 |"), "{text}");
        assert!(text.contains("| three | 1 | c | 1 | 0 | 1 | 0 | 0 | 0 | 0 |"), "{text}");
        assert!(text.contains("four was not judged: no Go\n"), "{text}");
        assert!(
            text.contains("| Case | one | two | three |\n|---|---|---|---|\n| B/2 | · | fail | otherwise |\n"),
            "{text}"
        );
        assert!(!text.contains("A/1"), "{text}");
    }
}
