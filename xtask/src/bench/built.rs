//! What it took to build ours and the peers.

use super::published::{Made, Place, Run, number, table};

pub(super) fn made(run: &Run) -> Vec<Made> {
    let mut ours = ("", f64::NAN);
    let rows = run.results.iter().map(|result| {
        let text = |key: &str| result[key].as_str().unwrap_or_default();
        let seconds = number(&result["cpu_s"]);
        // Ours come first, and then their peers, which say how many times as much they take.
        let is_peer = ours.0 == text("purpose");
        let times = if is_peer { format!(", {:.2} x ours", seconds / ours.1) } else { String::new() };
        if !is_peer {
            ours = (text("purpose"), seconds);
        }
        [
            if is_peer { "" } else { ours.0 }.to_owned(),
            text("who").to_owned(),
            result["crates"].to_string(),
            format!("{seconds:.1} s{times}"),
            result["octets"].as_f64().map_or_else(String::new, |octets| format!("{:.1} MB", octets / 1e6)),
        ]
    });
    let text = format!(
        "{} Each release build begins with an empty target directory and everything fetched; seconds are those of all \
         processes together, which a busy machine changes less than the clock on the wall.\n\n{}",
        run.origin(),
        table(["", "", "crates", "build", "stripped program"], rows)
    );
    vec![
        Made { path: "benches/README.md", place: Place::Between("builds"), text: text.clone() },
        Made { path: "book/src/how-fast/builds.md", place: Place::Whole, text },
    ]
}
