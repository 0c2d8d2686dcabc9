//! Comparisons of secrets, under valgrind, which takes the secret for uninitialised and reports what is made of it.

use std::ffi::OsString;
use std::process::Command;

use crate::failure::Failure;
use crate::tool::needs;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Checks under valgrind that comparisons of secrets take constant time.

  cargo xtask constant-time

The secret is marked as uninitialised for memcheck, in a release build: memcheck then
reports every branch and every address that depends on it. Only the verdict may;
exceptions are listed with a reason and must still occur. A comparison with == is the
control that must be reported. Needs Debian's package valgrind. The report is kept in
target/constant-time/memcheck.txt.
";

const PACKAGE: &str = "xtask/constant-time/Cargo.toml";

pub(crate) fn run() -> Result<(), Failure> {
    needs("valgrind", "valgrind")?;
    let target = workspace::root().join("target").join("constant-time");
    process::run(process::cargo("build --release --manifest-path").args([PACKAGE, "--target-dir"]).arg(&target))?;
    let mut log = OsString::from("--log-file=");
    log.push(target.join("memcheck.txt"));
    let program = target.join("release").join("proofkey-constant-time");
    process::run(Command::new("valgrind").arg(log).arg(program))
}
