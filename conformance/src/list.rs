//! `--list`: every requirement row, and what speaks for it.

use serde_json::{Value, json};

use crate::case::Case;
use crate::probe;
use crate::rows::{Row, Side, rows, unit_test_of};

/// As lines for a person.
pub(crate) fn human(cases: &[Case]) -> String {
    let mut text = String::new();
    for row in rows() {
        text += &format!("{:6} {:20} {:16} {}\n", row.id, row.source, row.level, coverage(&row, cases));
    }
    text += &probe::listed(&probe::all());
    for case in cases {
        text += &format!("{:46} {:6} {:10} {}\n", case.id, case.level.as_str(), case.stage, case.about);
    }
    text
}

/// As JSON: `{rows: [{id, source, level, statement, status, cases[], probes[], test}], cases: [{id, rows[], ..}],
/// probes: [{id, rows[], ..}]}`.
pub(crate) fn json(cases: &[Case]) -> Value {
    let rows: Vec<Value> = rows()
        .map(|row| {
            let test = unit_test_of(row.id).map(|(file, test)| format!("{file}: {test}"));
            json!({
                "id": row.id, "source": row.source, "level": row.level, "statement": row.statement,
                "status": status(&row, cases), "cases": ids(&row, cases), "probes": probes(&row), "test": test,
            })
        })
        .collect();
    let listed: Vec<Value> = cases
        .iter()
        .map(|case| {
            json!({
                "id": case.id, "rows": case.rows, "level": case.level.as_str(), "stage": case.stage,
                "about": case.about, "needs": case.needs(), "mutants": case.mutants,
            })
        })
        .collect();
    let all = probe::all();
    let probed = all.iter().map(|probe| {
        json!({
            "id": probe.id, "rows": probe.rows, "level": probe.level.as_str(), "group": probe.group,
            "about": probe.about, "expected": probe.expected, "defects": probe.defects,
        })
    });
    json!({"rows": rows, "cases": listed, "probes": probed.collect::<Vec<_>>()})
}

fn ids(row: &Row, cases: &[Case]) -> Vec<&'static str> {
    cases.iter().filter(|case| case.rows.contains(&row.id)).map(|case| case.id).collect()
}

fn probes(row: &Row) -> Vec<&'static str> {
    probe::all().iter().filter(|probe| probe.rows.contains(&row.id)).map(|probe| probe.id).collect()
}

fn status(row: &Row, cases: &[Case]) -> &'static str {
    if !ids(row, cases).is_empty() {
        "case"
    } else if unit_test_of(row.id).is_some() {
        "unit"
    } else if !probes(row).is_empty() {
        "probe"
    } else if row.side == Side::Server {
        "other side"
    } else {
        "not yet"
    }
}

fn coverage(row: &Row, cases: &[Case]) -> String {
    let ids = [ids(row, cases), probes(row)].concat();
    match (ids.is_empty(), unit_test_of(row.id)) {
        (false, _) => ids.join(" "),
        (true, Some((_, test))) => format!("unit {test}"),
        (true, None) => status(row, cases).to_owned(),
    }
}
