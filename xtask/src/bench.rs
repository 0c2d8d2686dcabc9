//! The benches: ours beside the limit and the peers, interleaved in one process.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Measures the operations of a login beside the least code that does the same, and beside the peers.

  cargo xtask bench [--quick] [NAME...]

  --quick    fewer rounds
  NAME       only the operations whose name begins so

Prints the medians and how ours stand to the limit and to the best peer, and
writes target/bench/ratios.json. Ratios hold on a busy machine, nanoseconds do
not. `cargo bench` in benches/ draws criterion's charts of the same operations.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let output = workspace::root().join("target").join("bench");
    std::fs::create_dir_all(&output)
        .map_err(|error| Failure::Failed(format!("{} cannot be made: {error}", output.display())))?;
    let mut bench = process::cargo();
    bench.current_dir(workspace::root().join("benches")).args(["run", "--release", "--quiet", "--target-dir"]);
    bench.arg(&output).arg("--").args(arguments).env("PROOFKEY_RATIOS", output.join("ratios.json"));
    process::run(&mut bench)
}
