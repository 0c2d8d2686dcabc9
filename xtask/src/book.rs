//! The book: its listings run here, its pages built by a package of its own.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;
use crate::workspace::{self, Workspace};
use crate::{metadata, process};

pub(crate) const HELP: &str = "\
Builds the book, shows it, or runs its listings.

  cargo xtask book                      builds it into target/book, the API documentation beside it
  cargo xtask book --open               and opens it
  cargo xtask book --serve PORT         shows it on loopback, and builds it again on every change
  cargo xtask book --test               runs every listing, and holds the chapters to their form
  cargo xtask book --check              lints and tests the package that builds it, then builds it

A build checks every link and anchor, and that no page asks another host for
anything. The first one compiles mdBook, which takes a minute or three.
";

/// mdBook and what goes with it: a workspace of its own, so that nothing else waits for it.
const BUILDER: &str = "book/build/Cargo.toml";

/// What the chapters link to beside the crates.
const ALSO_LINKED: &[&str] = &["proofkey-authority", "proofkey-conformance"];

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let target = metadata::target_directory()?;
    match arguments {
        [only] if only == "--test" => test().map(|said| println!("{said}")),
        [only] if only == "--check" => {
            process::run(process::cargo("fmt --check --manifest-path").arg(BUILDER))?;
            process::run(builder("clippy", &target).args(["--all-targets", "--", "-D", "warnings"]))?;
            process::run(&mut builder("test", &target))?;
            build(&target, &[])
        }
        arguments => build(&target, arguments),
    }
}

/// The tests of the chapters' form, and every listing. The time is that of the listings alone.
pub(crate) fn test() -> Result<String, Failure> {
    process::run(&mut process::cargo("test --locked --package proofkey-book --all-targets"))?;
    let start = Instant::now();
    process::run(&mut process::cargo("test --locked --package proofkey-book --doc"))?;
    Ok(format!("listings compiled and run in {}", process::seconds(start)))
}

fn build(target: &Path, arguments: &[OsString]) -> Result<(), Failure> {
    let start = Instant::now();
    document()?;
    let mut build = builder("run", target);
    build.args(["--quiet", "--", "--book"]).arg(workspace::root().join("book")).arg("--to").arg(target.join("book"));
    process::run(build.args(arguments))?;
    println!("the book is {}, in {}", target.join("book/index.html").display(), process::seconds(start));
    Ok(())
}

/// The pages that the chapters link to.
fn document() -> Result<(), Failure> {
    let mut doc = process::cargo("doc --locked --no-deps --all-features");
    for member in &Workspace::read()?.members {
        if member.folder.starts_with("crates/") || ALSO_LINKED.contains(&member.name.as_str()) {
            doc.args(["--package", &member.name]);
        }
    }
    process::run(&mut doc)
}

/// A command of cargo for the package that builds the book, in a target directory below ours.
fn builder(command: &str, target: &Path) -> Command {
    let mut cargo = process::cargo(command);
    cargo.args(["--locked", "--manifest-path", BUILDER]).env("CARGO_TARGET_DIR", target.join("book-build"));
    cargo
}
