//! Building the targets.

use std::path::PathBuf;
use std::process::Command;

use super::targets::Target;
use super::{folder, output};
use crate::failure::Failure;
use crate::{process, tool};

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Finding.
    Plain,
    /// Finding, for hours: twice as many executions, from what others have learned.
    Fast,
    /// Finding what the type system does not rule out in C and in `unsafe` code of dependencies.
    Address,
}

/// What cargo-fuzz gives the compiler, in its words.
const FUZZING: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table";

/// And this, which lets libFuzzer see what is compared with what, and takes half of the time.
const COMPARES: &str = "-Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds these targets, and gives the folder that they are in.
pub(super) fn build(kind: Kind, targets: &[Target]) -> Result<PathBuf, Failure> {
    // libFuzzer is C++, and is built with the first target.
    tool::needs("c++", "g++")?;
    let host = process::read(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let host = host.trim();
    // A target of its own: build scripts run on the host, and are not to be instrumented.
    let mut build = process::cargo("build --locked --release --target");
    let (place, flags) = match kind {
        Kind::Plain => ("plain", format!("{FUZZING} {COMPARES} -Ccodegen-units=1")),
        Kind::Fast => ("fast", format!("{FUZZING} -Ccodegen-units=1")),
        Kind::Address => ("address", format!("{FUZZING} {COMPARES} -Ccodegen-units=1 -Zsanitizer=address")),
    };
    if kind == Kind::Address {
        build.env("RUSTC_BOOTSTRAP", "1");
    }
    let place = output().join(place);
    build.current_dir(folder()).args([host, "--target-dir"]).arg(&place);
    build.args(targets.iter().flat_map(|target| ["--bin", &target.name]));
    if targets.iter().any(|target| target.heavy) {
        build.args(["--features", "heavy"]);
    }
    process::run(build.env("RUSTFLAGS", flags))?;
    Ok(place.join(host).join("release"))
}
