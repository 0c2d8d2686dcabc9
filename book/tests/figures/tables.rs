//! Tables in Markdown: growth, builds and the conformance run.

use serde_json::Value;

use crate::Run;
use crate::ratios::time;

/// How time grows with the size of the input.
pub(crate) fn growth(run: &Run) -> String {
    let rows = run.results.iter().map(|result| {
        let points = result["points"].as_array().into_iter().flatten();
        let points = points.map(|point| format!("{}: {}", number(&point["size"]), time(number(&point["ns"]))));
        [
            text(&result["of"]).to_owned(),
            points.collect::<Vec<_>>().join(", "),
            format!("{:.2}", number(&result["exponent"])),
            format!("{:.2}", number(&result["exponent_at_last"])),
            if result["linear"] == true { "linear or less" } else { "**not linear**" }.to_owned(),
        ]
    });
    let head = ["What there is more of", "time by size", "exponent", "of the last step", ""];
    format!("{}\n\n{}", run.origin, table(head, rows))
}

/// What it took to build ours and the peers.
pub(crate) fn builds(run: &Run) -> String {
    let mut ours = ("", f64::NAN);
    let rows = run.results.iter().map(|result| {
        let seconds = number(&result["cpu_s"]);
        // Ours come first, and then their peers, which say how many times as much they take.
        let is_peer = ours.0 == text(&result["purpose"]);
        let times = if is_peer { format!(", {:.2} x ours", seconds / ours.1) } else { String::new() };
        if !is_peer {
            ours = (text(&result["purpose"]), seconds);
        }
        [
            if is_peer { "" } else { ours.0 }.to_owned(),
            text(&result["who"]).to_owned(),
            result["crates"].to_string(),
            format!("{seconds:.1} s{times}"),
            result["octets"].as_f64().map_or_else(String::new, |bytes| format!("{:.1} MB", bytes / 1e6)),
        ]
    });
    format!(
        "{} Each release build begins with an empty target directory and everything fetched; seconds are those of all \
         processes together, which a busy machine changes less than the clock on the wall.\n\n{}",
        run.origin,
        table(["", "", "crates", "build", "stripped program"], rows)
    )
}

/// How long the conformance run takes, and where the time goes.
pub(crate) fn suite(run: &Run) -> String {
    let rows = run.results.iter().map(|result| {
        [
            format!("`{}`", text(&result["cases"])),
            result["number"].to_string(),
            result["plays"].to_string(),
            text(&result["jobs"]).to_owned(),
            format!("{:.1}", number(&result["wall_s"])),
            format!("{:.1}", number(&result["cpu_s"])),
        ]
    });
    let runs = table(["Cases", "number", "plays", "jobs", "seconds", "processor seconds"], rows);
    // One at a time nobody waits for a processor that another case has.
    let alone = run.results.iter().find(|result| result["jobs"] == "1").map(|result| &result["parts_ms"]);
    let parts: Vec<_> = alone.and_then(Value::as_object).into_iter().flatten().collect();
    let sum: f64 = parts.iter().map(|(_, ms)| number(ms)).sum();
    let rows = parts.iter().map(|(part, ms)| {
        [part.to_string(), format!("{:.1}", number(ms) / 1e3), format!("{:.0} %", 100.0 * number(ms) / sum)]
    });
    format!("{}\n\n{runs}\n{}", run.origin, table(["Part, one case at a time", "seconds", "share"], rows))
}

pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&head.map(str::to_owned)) + &line(&head.map(|_| "---".to_owned()));
    text.extend(rows.map(|row| line(&row)));
    text
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
