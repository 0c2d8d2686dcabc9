//! The conformance suite: built here, run as a program of its own.

use std::ffi::OsString;
use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Runs the conformance suite on our client, or on another.

  cargo xtask conformance [ARGUMENTS...]
  cargo xtask conformance --case 'PK-*'
  cargo xtask conformance --shim python3 my_shim.py
  cargo xtask conformance list
  cargo xtask conformance show OA-48/state-wrong
  cargo xtask conformance mutants
  cargo xtask conformance --peers [NAME]
  cargo xtask conformance -- --help

Builds the suite and passes all arguments to it; the last line above prints its own
help. Exit code: 0 no failure, 1 failures, 2 the set-up is broken, 64 a wrong call. The
suite runs at the root of the workspace: relative paths in --shim start there.

--peers runs conformance/shims/judge, which installs other libraries into target/peers,
runs the suite on each (or on those whose folder contains NAME), and writes the
comparison to target/conformance/peers.md. A library that differs from the shim.toml
beside its shim is a failure. Node, Python and Go are used if they are installed.
";

/// The suite, and the shim of our own client that it drives when it is given no other.
const RUNNER: &str = "proofkey-conformance";
const SHIM: &str = "proofkey-shim";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    // Only a leading `--` is ours: what follows `--shim` may have one of its own.
    let arguments = arguments.strip_prefix(&[OsString::from("--")]).unwrap_or(arguments);
    let peers = arguments.strip_prefix(&[OsString::from("--peers")]);
    let start = Instant::now();
    let runner = process::program(&[RUNNER, SHIM])
        .map_err(|failure| Failure::SetUp(failure.message().unwrap_or_default().to_owned()))?;
    // To the side: with `--format json` the suite's standard output belongs to a program.
    eprintln!("built {RUNNER} and {SHIM} in {}", process::seconds(start));

    let mut command = match peers {
        Some(_) => Command::new("conformance/shims/judge"),
        None => Command::new(&runner),
    };
    command.args(peers.map(|_| runner)).args(peers.unwrap_or(arguments));
    process::hand_over(command.current_dir(workspace::root()))
}
