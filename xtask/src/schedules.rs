//! Logins that share their keys, under shuttle, which puts their threads in one order after another.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::{metadata, process};

pub(crate) const HELP: &str = "\
Runs logins that share one client in many orders of their threads.

  cargo xtask schedules           every test
  cargo xtask schedules NAME      those whose name contains NAME

The facade is built with locks of which shuttle decides who comes first. Two
logins up to the keys meet in every order with at most four interruptions of a
thread that could go on; three whole ones in hundreds, drawn anew each time. A
test that fails names the seed or the schedule by which shuttle runs it again.
";

const TESTS: &str = "xtask/schedules/Cargo.toml";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let mut tests = process::cargo("test --manifest-path");
    tests.args([TESTS, "--"]).args(arguments);
    // In our target directory: what both need is built once.
    process::run(tests.env("CARGO_TARGET_DIR", metadata::target_directory()?))
}
