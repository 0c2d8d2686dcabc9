//! The benches: ours beside the limit and the peers, interleaved in one process.

mod builds;
mod publish;
mod suite;

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::{files, process, workspace};

pub(crate) const HELP: &str = "\
Measures each operation of a login against a lower limit and against other libraries.

  cargo xtask bench [--quick] [NAME...]     times, ratios and allocations
  cargo xtask bench --growth [--quick] [NAME...]
                                            the same at 1, 10, 100, 1000 times the size, with the exponent
  cargo xtask bench --builds [ROUNDS]       cold builds of ours and the peers: crates, seconds, program size
  cargo xtask bench --suite                 the conformance run by number of jobs and of cases
  cargo xtask bench --publish [FIGURES...]  copies ratios, growth, builds or suite to benches/published, then
                                            updates benches/README.md and the tables and the plot of the book

  --quick    fewer rounds; not for publication
  NAME       only operations whose name begins with NAME

The limit is the least code that does the same work. On a busy machine the ratios
hold and the nanoseconds do not. Results are written to target/bench. `cargo bench`
in benches/ draws criterion's charts of the same operations.

No figure is typed by hand: `cargo xtask test --only tests` fails if a page differs
from benches/published.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let output = files::made(workspace::root().join("target/bench"))?;
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--publish", ..] => return publish::run(&words[1..]),
        ["--suite"] => return suite::run(&output),
        ["--builds"] => return builds::run(1, &output),
        ["--builds", rounds] => {
            let rounds = rounds.parse().ok().filter(|rounds| *rounds > 0);
            return builds::run(rounds.ok_or_else(|| Failure::Usage("`--builds` takes a number".into()))?, &output);
        }
        _ => {}
    }
    let name = if words.iter().any(|word| word == "--growth") { "growth.json" } else { "ratios.json" };
    let mut bench = process::cargo("run --release --quiet --target-dir");
    bench
        .current_dir(workspace::root().join("benches"))
        .arg(&output)
        .arg("--")
        .args(arguments)
        .env("PROOFKEY_RATIOS", output.join(name));
    process::run(&mut bench)
}

/// Where a measurement is found again by `--publish`.
fn write(path: &Path, results: &Value) -> Result<(), Failure> {
    files::write(path, format!("{results:#}\n"))?;
    println!("written to {}", path.display());
    Ok(())
}
