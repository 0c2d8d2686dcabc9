//! The crates as other people build them: other features, other versions, other machines, other compilers.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::sequence::{Sequence, Step};
use crate::tool::Tool;
use crate::workspace::{self, Workspace};
use crate::{process, vendor};

pub(crate) const HELP: &str = "\
Builds the crates with other features, versions, targets and compilers.

  cargo xtask builds                      every step, in the order below
  cargo xtask builds --only STEP          one step; can be repeated

  features   every combination of a crate's features (cargo-hack)
  stated     the minimum Rust version that the manifests state
  oldest     the oldest dependency versions that the manifests allow, with all tests
  unified    dependency features that another crate may enable, with all tests
  thumbv7em  proofkey-pkce for a microcontroller, without std and without an allocator
  wasm32     the crates below the facade for a browser, without I/O and entropy
  miri       the unit tests under Miri, which detects undefined behaviour
  semver     the public API against the last tag (cargo-semver-checks)

cargo-hack and cargo-semver-checks are installed on first use, which takes minutes. A
step that this machine cannot run is skipped, and the reason is printed.
";

const STEPS: &[Step] = &[
    ("features", features),
    ("stated", stated),
    ("oldest", oldest),
    ("unified", unified),
    ("thumbv7em", thumbv7em),
    ("wasm32", wasm32),
    ("miri", miri),
    ("semver", semver),
];

const CARGO_HACK: Tool = Tool { name: "cargo-hack", version: "0.6.46" };
const CARGO_SEMVER_CHECKS: Tool = Tool { name: "cargo-semver-checks", version: "0.51.0" };

/// The crates that leave I/O, clock and entropy to others, without the features that bring them.
const PORTABLE: &str = "--no-default-features --package proofkey-pkce --package proofkey-authorize \
    --package proofkey-token --package proofkey-jwt";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    Sequence { task: "builds", steps: STEPS, is_optional: true }.run(arguments)
}

fn features() -> Result<String, Failure> {
    let mut hack = CARGO_HACK.subcommand()?;
    hack.args(["check", "--feature-powerset", "--lib", "--locked"]).args(packages(&Workspace::read()?));
    process::run(&mut hack)?;
    Ok(String::new())
}

/// `--package NAME` for each of the crates.
fn packages(workspace: &Workspace) -> impl Iterator<Item = &str> {
    workspace.crates().flat_map(|member| ["--package", &member.name])
}

/// A rule of the tree compares what the dependencies ask for; this is the compiler's own word.
fn stated() -> Result<String, Failure> {
    let workspace = Workspace::read()?;
    let version = workspace.rust_version();
    let cargo = || {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(workspace::root()).arg(format!("+{version}"));
        cargo
    };
    if !process::succeeds(cargo().arg("--version")) {
        return Err(Failure::SetUp(format!("no Rust {version}: `rustup toolchain install {version}` brings it")));
    }
    let words = ["check", "--locked", "--all-features", "--lib", "--target-dir", "target/stated"];
    process::run(cargo().args(words).args(packages(&workspace)))?;
    Ok(format!("Rust {version}"))
}

/// What our dependencies ask for in turn is as new as ever: few of them build with the oldest that they allow.
fn oldest() -> Result<String, Failure> {
    let place = vendor::workspace("oldest")?;
    process::run(vendor::cargo(&place, "update -Zdirect-minimal-versions")?.env("RUSTC_BOOTSTRAP", "1"))?;
    process::run(&mut vendor::cargo(&place, "test --workspace --all-features --locked")?)?;
    Ok(String::new())
}

/// Cargo builds a dependency once, with the features that any crate of the build asks for. Each of these changes what
/// a value is read as, what a client sends, or what a future is, and none of them may change what our crates do.
const UNIFIED: &[&str] = &[
    "serde_json/arbitrary_precision",
    "serde_json/float_roundtrip",
    "serde_json/preserve_order",
    "serde_json/raw_value",
    "serde_json/unbounded_depth",
    "reqwest/brotli",
    "reqwest/charset",
    "reqwest/cookies",
    "reqwest/deflate",
    "reqwest/gzip",
    "reqwest/http2",
    "reqwest/json",
    "reqwest/socks",
    "reqwest/system-proxy",
    "reqwest/zstd",
];

fn unified() -> Result<String, Failure> {
    let place = vendor::workspace("unified")?;
    let mut test = vendor::cargo(&place, "test --workspace --all-features")?;
    process::run(test.args(["--features", &UNIFIED.join(",")]))?;
    Ok(format!("{} features", UNIFIED.len()))
}

/// Neither std nor an allocator is there to be used.
fn thumbv7em() -> Result<String, Failure> {
    for_target("thumbv7em-none-eabi", "core", "--package proofkey-pkce")
}

/// `getrandom`, did it come in, would not build there.
fn wasm32() -> Result<String, Failure> {
    for_target("wasm32-unknown-unknown", "std,panic_abort", PORTABLE)
}

/// Builds for another target, by a toolchain that has its standard library or what to build that from.
fn for_target(target: &str, library: &str, packages: &str) -> Result<String, Failure> {
    // Debian's compiler for its web browsers lies beside the one that rustup brings.
    for (cargo, rustc) in [("cargo", "rustc"), ("/usr/bin/cargo", "/usr/bin/rustc")] {
        let Ok(root) = process::read(Command::new(rustc).args(["--print", "sysroot"])) else { continue };
        let libraries = Path::new(root.trim()).join("lib/rustlib");
        let has_library = libraries.join(target).join("lib").is_dir();
        if !has_library && !libraries.join("src/rust/library/Cargo.lock").is_file() {
            continue;
        }
        let mut build = Command::new(cargo);
        build.current_dir(workspace::root()).env("RUSTC", rustc).args(["build", "--locked", "--target", target]);
        build.args(["--target-dir", "target/targets"]).args(packages.split(' '));
        if !has_library {
            build.env("RUSTC_BOOTSTRAP", "1").arg(format!("-Zbuild-std={library}"));
        }
        process::run(&mut build)?;
        return Ok(String::new());
    }
    Err(Failure::SetUp(format!(
        "no standard library for {target}: `rustup target add {target}`, or Debian's packages `rustc-web`, `cargo-web` \
         and `rust-web-src`, bring one"
    )))
}

fn miri() -> Result<String, Failure> {
    let miri = |toolchain: Option<&str>| {
        let mut miri = Command::new("cargo");
        miri.current_dir(workspace::root()).args(toolchain).arg("miri");
        miri
    };
    let toolchain = [None, Some("+nightly")].into_iter().find(|it| process::succeeds(miri(*it).arg("--version")));
    let toolchain = toolchain.ok_or_else(|| {
        Failure::SetUp("no toolchain has Miri: `rustup toolchain install nightly --component miri` brings one".into())
    })?;
    process::run(
        miri(toolchain).args(["test", "--lib", "--locked", "--target-dir", "target/miri"]).args(PORTABLE.split(' ')),
    )?;
    Ok(String::new())
}

fn semver() -> Result<String, Failure> {
    let mut describe = Command::new("git");
    describe.current_dir(workspace::root()).args(["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]);
    let tag = describe.output().ok().filter(|output| output.status.success());
    let tag = tag.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let tag = tag.ok_or_else(|| Failure::SetUp("there is no tag yet, such as v0.1.0, to compare with".into()))?;
    let mut checks = CARGO_SEMVER_CHECKS.subcommand()?;
    checks.args(["check-release", "--baseline-rev", &tag, "--all-features"]).args(packages(&Workspace::read()?));
    process::run(&mut checks)?;
    Ok(format!("compared with {tag}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_step() {
        for (name, _) in STEPS {
            assert!(HELP.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{name}");
        }
    }
}
