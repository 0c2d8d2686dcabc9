//! What only a browser shows: the demo, the book and the report of the conformance suite, in a real Chromium.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::{book, metadata, process};

pub(crate) const HELP: &str = "\
Looks at the demo, the book and the conformance report in a real Chromium.

  cargo xtask browser               builds the book, then every test
  cargo xtask browser NAME          those whose name contains NAME
  cargo xtask browser --check       the formatting and lints of the tests, then every test

It needs Debian's packages chromium and chromium-driver, or others that put
`chromium` and `chromedriver` into the path. Where there are none the tests say
so and are skipped; with PROOFKEY_BROWSER=required, as in CI, they fail.
Pictures of every page are kept in target/browser.
";

/// A workspace of its own: the WebDriver client and what goes with it, which nothing else waits for.
const TESTS: &str = "book/browser/Cargo.toml";
const DEMO: &str = "proofkey-demo";
const SUITE: &str = "proofkey-conformance";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let target = metadata::target_directory()?;
    let names = match arguments {
        [only] if only == "--check" => {
            process::run(process::cargo("fmt --check --manifest-path").arg(TESTS))?;
            process::run(tests("clippy", &target).args(["--all-targets", "--", "-D", "warnings"]))?;
            &[]
        }
        names => names,
    };
    let demo = process::program(&[DEMO], DEMO)?;
    let suite = process::program(&[SUITE], SUITE)?;
    book::run(&[])?;
    let mut tests = tests("test", &target);
    tests.env("PROOFKEY_DEMO", demo).env("PROOFKEY_BOOK", target.join("book")).env("PROOFKEY_CONFORMANCE", suite);
    process::run(tests.env("PROOFKEY_PICTURES", target.join("browser")).arg("--").args(names))
}

/// A command of cargo for the package of the tests, in our target directory: what both need is built once.
fn tests(command: &str, target: &Path) -> Command {
    let mut cargo = process::cargo(command);
    cargo.args(["--locked", "--manifest-path", TESTS]).env("CARGO_TARGET_DIR", target);
    cargo
}
