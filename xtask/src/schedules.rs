//! Logins that share their keys, under shuttle, which puts their threads in one order after another.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::process;

pub(crate) const HELP: &str = "\
Runs concurrent logins in many thread interleavings.

  cargo xtask schedules [NAME]    every test, or those whose name contains NAME

The facade is built with locks that shuttle schedules. Two logins up to the key fetch run
in every order with at most four preemptions; three complete logins in hundreds of random
orders. A failure prints the seed or the schedule that repeats it.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let mut tests = process::cargo("test --manifest-path");
    tests.args(["xtask/schedules/Cargo.toml", "--"]).args(arguments);
    // In our target directory: what both need is built once.
    process::run(tests.env("CARGO_TARGET_DIR", process::target_directory()?))
}
