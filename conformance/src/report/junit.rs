//! JUnit XML: one suite a specification, one test case a case. `tests/junit.xsd` is its schema.

use std::collections::BTreeMap;

use super::escape::escape;
use super::terminal;
use crate::results::{CaseResult, Results};

pub(super) fn report(results: &Results) -> String {
    let mut suites: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for case in &results.cases {
        suites.entry(case.specification.as_str()).or_default().push(case);
    }
    let all: Vec<&CaseResult> = results.cases.iter().collect();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {}>\n",
        escape(&results.name()),
        numbers(&all, results.ms)
    );
    for (name, cases) in suites {
        let ms = cases.iter().map(|case| case.ms).sum();
        let skipped = cases.iter().filter(|case| is_skipped(case)).count();
        xml += &format!("  <testsuite name=\"{}\" {} skipped=\"{skipped}\">\n", escape(name), numbers(&cases, ms));
        xml.extend(cases.into_iter().map(test_case));
        xml += "  </testsuite>\n";
    }
    xml + "</testsuites>\n"
}

fn numbers(cases: &[&CaseResult], ms: u64) -> String {
    let failures = cases.iter().filter(|case| case.is_failure(false)).count();
    let errors = cases.iter().filter(|case| case.verdict == "error" && case.reason.is_none()).count();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{}\"", cases.len(), seconds(ms))
}

fn is_skipped(case: &CaseResult) -> bool {
    matches!(case.verdict.as_str(), "not_claimed" | "not_tested" | "disabled")
        || (case.reason.is_some() && case.is_red())
}

fn test_case(case: &CaseResult) -> String {
    let detail = escape(case.reason.as_ref().unwrap_or(&case.detail));
    let inner = match case.verdict.as_str() {
        _ if is_skipped(case) => format!("<skipped message=\"{detail}\"/>"),
        "pass" => String::new(),
        "fail" => element("failure", &detail, &terminal::failure(case)),
        "error" => element("error", &detail, &terminal::failure(case)),
        verdict => format!("<system-out>{}: {detail}</system-out>", escape(verdict)),
    };
    format!(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\">{inner}</testcase>\n",
        escape(&case.specification),
        escape(&case.id),
        seconds(case.ms)
    )
}

fn element(name: &str, message: &str, text: &str) -> String {
    format!("<{name} message=\"{message}\" type=\"{name}\">{}</{name}>", escape(text))
}

fn seconds(ms: u64) -> String {
    format!("{:.3}", ms as f64 / 1000.0)
}
