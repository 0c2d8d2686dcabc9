//! The benches: ours beside the limit and the peers, interleaved in one process.

mod chart;
pub(crate) mod published;
mod ratios;

use std::ffi::OsString;

use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Measures the operations of a login beside the least code that does the same, and beside the peers.

  cargo xtask bench [--quick] [NAME...]     prints ratios, and writes target/bench/ratios.json
  cargo xtask bench --publish [ratios]      takes these figures into benches/published, then writes
                                            all that shows figures: README, the book's tables and plots

  --quick    fewer rounds
  NAME       only the operations whose name begins so

Prints the medians and how ours stand to the limit and to the best peer. Ratios
hold on a busy machine, nanoseconds do not. `cargo bench` in benches/ draws
criterion's charts of the same operations.

No figure is typed by hand: `cargo xtask test --only rules` fails when README or
the book says anything else than what benches/published makes.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    if let Some((first, names)) = arguments.split_first()
        && first == "--publish"
    {
        let names: Vec<_> = names.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        return published::publish(&names);
    }
    let output = workspace::root().join("target").join("bench");
    std::fs::create_dir_all(&output)
        .map_err(|error| Failure::Failed(format!("{} cannot be made: {error}", output.display())))?;
    let mut bench = process::cargo();
    bench.current_dir(workspace::root().join("benches")).args(["run", "--release", "--quiet", "--target-dir"]);
    bench.arg(&output).arg("--").args(arguments).env("PROOFKEY_RATIOS", output.join("ratios.json"));
    process::run(&mut bench)
}
