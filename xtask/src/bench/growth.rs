//! How time grows with the size of the input, as a table and as a picture.

use serde_json::Value;

use super::chart::{Anchor, Chart, Who};
use super::published::{Made, Place, Run};
use super::ratios::time;

pub(super) fn made(run: &Run) -> Vec<Made> {
    let all: Vec<Growth> = run.results.iter().map(Growth::of).collect();
    vec![
        Made {
            path: "book/src/how-fast/growth.md",
            place: Place::Whole,
            text: format!("{}\n\n{}", run.origin(), table(&all)),
        },
        Made { path: "book/src/how-fast/growth.svg", place: Place::Whole, text: picture(&all) },
    ]
}

struct Growth {
    of: String,
    /// Size and nanoseconds.
    points: Vec<(f64, f64)>,
    exponent: f64,
    at_last: f64,
    is_linear: bool,
}

impl Growth {
    fn of(result: &Value) -> Self {
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        let points = result["points"].as_array().into_iter().flatten();
        Self {
            of: result["of"].as_str().unwrap_or_default().to_owned(),
            points: points.map(|point| (number(&point["size"]), number(&point["ns"]))).collect(),
            exponent: number(&result["exponent"]),
            at_last: number(&result["exponent_at_last"]),
            is_linear: result["linear"] == true,
        }
    }

    fn verdict(&self) -> &'static str {
        if self.is_linear { "linear or less" } else { "**not linear**" }
    }
}

fn table(all: &[Growth]) -> String {
    let mut text = "| What there is more of | time by size | exponent | of the last step |  |\n\
                    | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for growth in all {
        let points: Vec<_> = growth.points.iter().map(|(size, ns)| format!("{size}: {}", time(*ns))).collect();
        text += &format!(
            "| {} | {} | {:.2} | {:.2} | {} |\n",
            growth.of,
            points.join(", "),
            growth.exponent,
            growth.at_last,
            growth.verdict()
        );
    }
    text
}

/// Panels beside and below each other.
const COLUMNS: usize = 4;
const PANEL_WIDTH: f64 = 240.0;
const PANEL_HEIGHT: f64 = 190.0;

fn picture(all: &[Growth]) -> String {
    let mut chart = Chart::new("growth", "Time by size of the input, both by their logarithms");
    chart.mark(16.0, 16.0, Who::Ours);
    chart.text(28.0, 21.0, Anchor::Start, "ours");
    chart.curve(&[(84.0, 16.0), (112.0, 16.0)], true);
    chart.text(
        120.0,
        21.0,
        Anchor::Start,
        "linear; time and size both by their logarithms, the exponent behind the colon",
    );
    for (index, growth) in all.iter().enumerate() {
        let corner = ((index % COLUMNS) as f64 * PANEL_WIDTH, 40.0 + (index / COLUMNS) as f64 * PANEL_HEIGHT);
        panel(&mut chart, growth, corner);
        let points: Vec<_> = growth.points.iter().map(|(size, ns)| format!("{} at {size}", time(*ns))).collect();
        chart.says(format!("{}: {}; exponent {:.2}.", growth.of, points.join(", "), growth.exponent));
    }
    chart.svg()
}

fn panel(chart: &mut Chart, growth: &Growth, (x, y): (f64, f64)) {
    let (Some(first), Some(last)) = (growth.points.first(), growth.points.last()) else { return };
    let (left, right, top, bottom) = (x + 68.0, x + PANEL_WIDTH - 34.0, y + 32.0, y + PANEL_HEIGHT - 46.0);
    // The linear line falls by as much as the sizes differ: it needs the most room below, unless time fell more.
    let linear = |size: f64| last.1 * size / last.0;
    let lowest = growth.points.iter().map(|point| point.1).fold(linear(first.0), f64::min).ln();
    let highest = growth.points.iter().map(|point| point.1).fold(last.1, f64::max).ln();
    let place = |size: f64, ns: f64| {
        let across = (size / first.0).ln() / (last.0 / first.0).ln();
        (left + (right - left) * across, bottom - (bottom - top) * (ns.ln() - lowest) / (highest - lowest))
    };
    let what = growth.of.split(',').next().unwrap_or_default();
    chart.text(x + 12.0, y + 18.0, Anchor::Start, &format!("{what}: {:.2}", growth.exponent));
    chart.rule((left, top - 6.0), (left, bottom), 0.4);
    chart.rule((left, bottom), (right, bottom), 0.4);
    for (size, ns) in [first, last] {
        let (x, y) = place(*size, *ns);
        chart.text(x, bottom + 18.0, Anchor::Middle, &size.to_string());
        chart.text(left - 6.0, y + 5.0, Anchor::End, &time(*ns));
    }
    chart.curve(&[place(first.0, linear(first.0)), place(last.0, last.1)], true);
    let points: Vec<_> = growth.points.iter().map(|(size, ns)| place(*size, *ns)).collect();
    chart.curve(&points, false);
    for (x, y) in points {
        chart.mark(x, y, Who::Ours);
    }
}
