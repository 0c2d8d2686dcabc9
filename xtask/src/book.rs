//! The book: its listings run here, its pages built by a package of its own.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;
use crate::metadata::Metadata;
use crate::process;
use crate::workspace::{self, Workspace};

pub(crate) const HELP: &str = "\
Builds the book, shows it, or runs its listings.

  cargo xtask book                      builds it into target/book, the API documentation beside it
  cargo xtask book --open               and opens it
  cargo xtask book --serve [--port N]   shows it on loopback, port 3000, and builds it again on every change
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
    match Call::of(arguments)? {
        Call::Test => test().map(|said| println!("{said}")),
        Call::Check => {
            let target = Metadata::without_dependencies()?.target_directory;
            process::run(process::cargo().args(["fmt", "--manifest-path", BUILDER, "--check"]))?;
            process::run(builder("clippy", &target).args(["--all-targets", "--", "-D", "warnings"]))?;
            process::run(&mut builder("test", &target))?;
            build(&target, false, None)
        }
        Call::Build { open, serve } => build(&Metadata::without_dependencies()?.target_directory, open, serve),
    }
}

/// The tests of the chapters' form, and every listing. The time is that of the listings alone.
pub(crate) fn test() -> Result<String, Failure> {
    let book = || {
        let mut cargo = process::cargo();
        cargo.args(["test", "--locked", "--package", "proofkey-book"]);
        cargo
    };
    process::run(book().arg("--all-targets"))?;
    let start = Instant::now();
    process::run(book().arg("--doc"))?;
    Ok(format!("listings compiled and run in {}", process::seconds(start)))
}

fn build(target: &Path, open: bool, serve: Option<u16>) -> Result<(), Failure> {
    let start = Instant::now();
    document()?;
    let mut build = builder("run", target);
    build.args(["--quiet", "--", "--book"]).arg(workspace::root().join("book")).arg("--to").arg(target.join("book"));
    build.args(open.then_some("--open"));
    if let Some(port) = serve {
        build.arg("--serve").arg(port.to_string());
    }
    process::run(&mut build)?;
    println!("the book is {}, in {}", target.join("book/index.html").display(), process::seconds(start));
    Ok(())
}

/// The pages that the chapters link to.
fn document() -> Result<(), Failure> {
    let mut doc = process::cargo();
    doc.args(["doc", "--locked", "--no-deps", "--all-features"]);
    for member in &Workspace::read()?.members {
        if member.folder.starts_with("crates/") || ALSO_LINKED.contains(&member.name.as_str()) {
            doc.args(["--package", &member.name]);
        }
    }
    process::run(&mut doc)
}

/// A command of cargo for the package that builds the book, in a target directory below ours.
fn builder(command: &str, target: &Path) -> Command {
    let mut cargo = process::cargo();
    cargo.args([command, "--locked", "--manifest-path", BUILDER]).env("CARGO_TARGET_DIR", target.join("book-build"));
    cargo
}

#[derive(Debug, PartialEq, Eq)]
enum Call {
    Build { open: bool, serve: Option<u16> },
    Test,
    Check,
}

impl Call {
    fn of(arguments: &[OsString]) -> Result<Self, Failure> {
        let words: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
        match words.iter().map(AsRef::as_ref).collect::<Vec<&str>>()[..] {
            ["--test"] => return Ok(Self::Test),
            ["--check"] => return Ok(Self::Check),
            _ => {}
        }
        let (mut open, mut serve, mut port) = (false, false, None);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_ref() {
                "--open" => open = true,
                "--serve" => serve = true,
                "--port" => {
                    let number = words.next().and_then(|number| number.parse().ok());
                    port = Some(number.ok_or_else(|| Failure::Usage("`--port` needs a number below 65536".into()))?);
                }
                "--test" | "--check" => return Err(Failure::Usage(format!("`{word}` stands alone"))),
                _ => return Err(Failure::Usage(format!("unknown argument `{word}`"))),
            }
        }
        match (serve, port) {
            (false, Some(_)) => Err(Failure::Usage("`--port` needs `--serve`".into())),
            _ => Ok(Self::Build { open, serve: serve.then(|| port.unwrap_or(3000)) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(words: &[&str]) -> Result<Call, Failure> {
        Call::of(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_call_is_read() {
        for (words, read) in [
            (&[][..], Call::Build { open: false, serve: None }),
            (&["--open"], Call::Build { open: true, serve: None }),
            (&["--serve"], Call::Build { open: false, serve: Some(3000) }),
            (&["--port", "8080", "--open", "--serve"], Call::Build { open: true, serve: Some(8080) }),
            (&["--test"], Call::Test),
            (&["--check"], Call::Check),
        ] {
            assert_eq!(call(words).unwrap(), read, "{words:?}");
        }
    }

    #[test]
    fn a_wrong_call_is_named() {
        for (words, said) in [
            (&["--fast"][..], "unknown argument `--fast`"),
            (&["--serve", "--port"], "`--port` needs a number"),
            (&["--serve", "--port", "65536"], "`--port` needs a number"),
            (&["--port", "80"], "`--port` needs `--serve`"),
            (&["--test", "--open"], "`--test` stands alone"),
            (&["--open", "--check"], "`--check` stands alone"),
        ] {
            let failure = call(words).unwrap_err();
            assert_eq!(failure.exit_code(), 64, "{words:?}");
            assert!(failure.message().unwrap().contains(said), "{words:?}: {failure:?}");
        }
    }
}
