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
Measures the operations of a login beside the least code that does the same, and beside the peers.

  cargo xtask bench [--quick] [NAME...]     prints ratios, and writes target/bench/ratios.json
  cargo xtask bench --growth [--quick] [NAME...]
                                            the same at 1, 10, 100, 1000 times the size, and the exponent
  cargo xtask bench --builds [ROUNDS]       builds ours and the peers from nothing: crates, seconds, octets
  cargo xtask bench --suite                 the conformance run: by jobs, by cases, and where its time goes
  cargo xtask bench --publish [FIGURES...]  takes ratios, growth, builds or suite into benches/published, then
                                            writes all that shows figures: benches/README.md, the book's tables and plot

  --quick    fewer rounds
  NAME       only the operations whose name begins so

Prints the medians and how ours stand to the limit and to the best peer. Ratios
hold on a busy machine, nanoseconds do not. `cargo bench` in benches/ draws
criterion's charts of the same operations.

No figure is typed by hand: `cargo xtask test --only book` fails when a page says
anything else than what benches/published makes.
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
