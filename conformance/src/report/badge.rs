//! An SVG badge, as it stands in a README.

use super::escape::escape;
use crate::results::Results;

/// An average width, in pixels, of a character of the badge's font.
const CHARACTER: usize = 7;

pub(super) fn report(results: &Results) -> String {
    let label = format!("oauth conformance {}", results.set.as_deref().unwrap_or(&results.version));
    let failed = results.cases.iter().filter(|case| case.is_failure(false)).count();
    let errors = results.counted("error");
    let judged = results.counted("pass") + results.counted("fail") + results.counted("warn") + errors;
    let (value, color) = match (failed + errors, results.partial) {
        (_, true) => ("incomplete".to_owned(), "#9a6700"),
        (0, _) if judged == 0 => ("nothing claimed".to_owned(), "#59636e"),
        (0, _) => (format!("{} of {judged}", results.counted("pass")), "#1a7f37"),
        _ => (format!("{failed} failed, {errors} errors"), "#cf222e"),
    };
    let (left, right) = (label.chars().count() * CHARACTER + 12, value.chars().count() * CHARACTER + 12);
    let (label, value) = (escape(&label), escape(&value));
    let width = left + right;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"20\" role=\"img\" aria-label=\"{label}: {value}\">\
         <title>{label}: {value}</title>\
         <rect width=\"{left}\" height=\"20\" fill=\"#444\"/><rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{color}\"/>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\" text-anchor=\"middle\">\
         <text x=\"{}\" y=\"14\">{label}</text><text x=\"{}\" y=\"14\">{value}</text></g></svg>\n",
        left / 2,
        left + right / 2
    )
}
