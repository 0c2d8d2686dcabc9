//! Comparisons of secrets, under valgrind, which takes the secret for uninitialised and reports what is made of it.

use std::ffi::OsString;
use std::process::Command;

use crate::failure::Failure;
use crate::tool::needs;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Runs each comparison of a secret where a branch on it is seen.

  cargo xtask constant-time

The secret is marked for valgrind's memcheck, in a release build. Nothing may be
seen of it but the verdict; what is known to be seen is listed with its reason,
and must still be seen; a comparison by == is the control that must be caught.
It needs Debian's package valgrind. What memcheck saw, and where in the source,
is kept in target/constant-time/memcheck.txt.
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
