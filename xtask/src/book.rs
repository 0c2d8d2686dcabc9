//! The book: its listings run here, its pages built by a package of its own.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;
use crate::{process, test, workspace};

pub(crate) const HELP: &str = "\
Builds, shows or tests the book.

  cargo xtask book                      builds it into target/book, with the API documentation
  cargo xtask book --open               builds it and opens it
  cargo xtask book --serve PORT         serves it on loopback and rebuilds it on every change
  cargo xtask book --test               runs every listing and checks the form of the chapters
  cargo xtask book --check              lints and tests the builder, then builds the book

A build fails on a broken link or anchor, and on a page that loads anything from
another host. The first build compiles mdBook, which takes one to three minutes.
";

/// mdBook and what goes with it: a workspace of its own, so that nothing else waits for it.
const BUILDER: &str = "book/build/Cargo.toml";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let target = process::target_directory()?;
    match arguments {
        [only] if only == "--test" => process::run(&mut process::cargo("test --locked --package proofkey-book")),
        [only] if only == "--check" => {
            process::run(process::cargo("fmt --check --manifest-path").arg(BUILDER))?;
            process::run(process::linted(&mut builder("test", &target)))?;
            build(&target, &[])
        }
        arguments => build(&target, arguments),
    }
}

fn build(target: &Path, arguments: &[OsString]) -> Result<(), Failure> {
    let start = Instant::now();
    // The pages that the chapters link to.
    test::docs()?;
    let mut build = builder("run", target);
    build.args(["--quiet", "--", "--book"]).arg(workspace::root().join("book")).arg("--to").arg(target.join("book"));
    process::run(build.args(arguments))?;
    println!("the book is {}, in {}", target.join("book/index.html").display(), process::seconds(start));
    Ok(())
}

/// A command of cargo for the package that builds the book, in a target directory below ours.
fn builder(command: &str, target: &Path) -> Command {
    let mut cargo = process::cargo(command);
    cargo.args(["--locked", "--manifest-path", BUILDER]).env("CARGO_TARGET_DIR", target.join("book-build"));
    cargo
}
