//! What only a browser shows: the demo, the book and the report of the conformance suite, in a real Chromium.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::{book, process};

pub(crate) const HELP: &str = "\
Tests the demo, the book and the conformance report in Chromium.

  cargo xtask browser               builds the book, then runs every test
  cargo xtask browser NAME          only tests whose name contains NAME
  cargo xtask browser --check       checks formatting and lints of the tests first

Needs `chromium` and `chromedriver` in the path (Debian: chromium, chromium-driver).
Without them the tests are skipped with a note; with PROOFKEY_BROWSER=required, as in
CI, they fail. Screenshots of every page are kept in target/browser.
";

/// A workspace of its own: the WebDriver client and what goes with it, which nothing else waits for.
const TESTS: &str = "book/browser/Cargo.toml";
const DEMO: &str = "proofkey-demo";
const SUITE: &str = "proofkey-conformance";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let target = process::target_directory()?;
    let (is_check, names) = match arguments {
        [only] if only == "--check" => {
            process::run(process::cargo("fmt --check --manifest-path").arg(TESTS))?;
            (true, &[][..])
        }
        names => (false, names),
    };
    let demo = process::program(&[DEMO])?;
    let suite = process::program(&[SUITE])?;
    book::run(&[])?;
    let mut tests = tests(&target);
    if is_check {
        process::linted(&mut tests);
    }
    tests.env("PROOFKEY_DEMO", demo).env("PROOFKEY_BOOK", target.join("book")).env("PROOFKEY_CONFORMANCE", suite);
    process::run(tests.env("PROOFKEY_PICTURES", target.join("browser")).arg("--").args(names))
}

/// The tests, in our target directory: what both need is built once.
fn tests(target: &Path) -> Command {
    let mut cargo = process::cargo("test");
    cargo.args(["--locked", "--manifest-path", TESTS]).env("CARGO_TARGET_DIR", target);
    cargo
}
