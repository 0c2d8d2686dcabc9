//! How time grows with the size of the input.

use super::published::{Made, Place, Run, number, table};
use super::ratios::time;

pub(super) fn made(run: &Run) -> Vec<Made> {
    let rows = run.results.iter().map(|result| {
        let points = result["points"].as_array().into_iter().flatten();
        let points = points.map(|point| format!("{}: {}", number(&point["size"]), time(number(&point["ns"]))));
        [
            result["of"].as_str().unwrap_or_default().to_owned(),
            points.collect::<Vec<_>>().join(", "),
            format!("{:.2}", number(&result["exponent"])),
            format!("{:.2}", number(&result["exponent_at_last"])),
            if result["linear"] == true { "linear or less" } else { "**not linear**" }.to_owned(),
        ]
    });
    let head = ["What there is more of", "time by size", "exponent", "of the last step", ""];
    let text = format!("{}\n\n{}", run.origin(), table(head, rows));
    vec![Made { path: "book/src/how-fast/growth.md", place: Place::Whole, text }]
}
