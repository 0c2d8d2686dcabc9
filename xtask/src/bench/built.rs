//! What it took to build ours and the peers, as a table and as a picture.

use serde_json::Value;

use super::chart::{Anchor, Chart, WIDTH, Who};
use super::published::{Made, Place, Run};

pub(super) fn made(run: &Run) -> Vec<Made> {
    let all: Vec<Built> = run.results.iter().map(Built::of).collect();
    let table = table(&all);
    let about = format!(
        "{} Each release build begins with an empty target directory and everything fetched; seconds are those of all \
         processes together, which a busy machine changes less than the clock on the wall.",
        run.origin()
    );
    vec![
        Made { path: "benches/README.md", place: Place::Between("builds"), text: format!("{about}\n\n{table}") },
        Made { path: "book/src/how-fast/builds.md", place: Place::Whole, text: format!("{about}\n\n{table}") },
        Made { path: "book/src/how-fast/builds.svg", place: Place::Whole, text: picture(&all) },
    ]
}

struct Built {
    purpose: String,
    who: String,
    crates: u64,
    seconds: f64,
    megabytes: Option<f64>,
}

impl Built {
    fn of(result: &Value) -> Self {
        let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
        Self {
            purpose: text("purpose"),
            who: text("who"),
            crates: result["crates"].as_u64().unwrap_or_default(),
            seconds: result["cpu_s"].as_f64().unwrap_or(f64::NAN),
            megabytes: result["octets"].as_f64().map(|octets| octets / 1e6),
        }
    }

    fn is_ours(&self) -> bool {
        self.who.starts_with("proofkey")
    }

    fn program(&self) -> String {
        self.megabytes.map_or_else(String::new, |size| format!("{size:.1} MB"))
    }
}

/// Ours and then their peers, which say how many times as much they take.
fn table(all: &[Built]) -> String {
    let mut text = "|  |  | crates | build | stripped program |\n| --- | --- | --- | --- | --- |\n".to_owned();
    let mut ours: Option<&Built> = None;
    for built in all {
        let first = ours.filter(|ours| ours.purpose == built.purpose);
        let times = first.map_or_else(String::new, |ours| format!(", {:.2} x ours", built.seconds / ours.seconds));
        let purpose = if first.is_some() { "" } else { &built.purpose };
        text += &format!(
            "| {purpose} | {} | {} | {:.1} s{times} | {} |\n",
            built.who,
            built.crates,
            built.seconds,
            built.program()
        );
        ours = first.or(Some(built));
    }
    text
}

const LEFT: f64 = 270.0;
const ROW: f64 = 24.0;

fn picture(all: &[Built]) -> String {
    let mut chart = Chart::new("builds", "Processor seconds of a release build from nothing");
    let most = all.iter().map(|built| built.seconds).fold(1.0, f64::max);
    let mut y = 12.0;
    let mut purpose = "";
    for built in all {
        if purpose != built.purpose {
            chart.text(12.0, y + 12.0, Anchor::Start, &built.purpose);
            purpose = &built.purpose;
            y += ROW;
        }
        let width = (WIDTH - LEFT - 330.0) * built.seconds / most;
        chart.text(LEFT - 12.0, y + 12.0, Anchor::End, &built.who);
        chart.bar(LEFT, y, width, if built.is_ours() { Who::Ours } else { Who::Peer });
        let program = built.megabytes.map_or_else(String::new, |_| format!(", a program of {}", built.program()));
        let text = format!("{:.1} s, {} crates{program}", built.seconds, built.crates);
        chart.text(LEFT + width + 8.0, y + 12.0, Anchor::Start, &text);
        chart.says(format!("{}, {}: {text}.", built.purpose, built.who));
        y += ROW;
    }
    chart.svg()
}
