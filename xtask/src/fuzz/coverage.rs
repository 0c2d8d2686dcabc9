//! Which lines of the crates the inputs reach.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::corpus::{kept, learned};
use super::programs::rustc;
use super::{folder, output};
use crate::failure::Failure;
use crate::{files, process, workspace};

/// Runs every input once, and writes the page.
pub(super) fn write(targets: &[&str], programs: &Path) -> Result<(), Failure> {
    let tools = tools()?;
    let place = files::emptied(output().join("coverage"))?;
    let profiles = files::made(place.join("profiles"))?;
    let mut merge = Command::new(tools.join("llvm-profdata"));
    merge.args(["merge", "--sparse", "--output"]).arg(place.join("all.profdata"));
    for target in targets {
        let profile = profiles.join(target);
        let inputs = [kept(target)?, learned(target)?, folder().join("regressions").join(target)];
        let mut run = Command::new(programs.join(target));
        run.arg("-runs=0").args(inputs.iter().filter(|folder| folder.is_dir()));
        process::quietly(run.env("LLVM_PROFILE_FILE", &profile))?;
        merge.arg(profile);
    }
    process::quietly(&mut merge)?;
    let report = |command: &str| {
        let mut report = Command::new(tools.join("llvm-cov"));
        report.arg(command).arg(format!("--instr-profile={}", place.join("all.profdata").display()));
        for (number, target) in targets.iter().enumerate() {
            // The first program stands alone, each further one behind a flag.
            let flag = (number > 0).then_some("--object");
            report.args(flag).arg(programs.join(target));
        }
        report
    };
    let mut page = report("show");
    page.args(["--format=html", "--show-line-counts-or-regions"]).arg(format!("--output-dir={}", place.display()));
    process::quietly(page.args(sources()))?;
    print!("{}", process::read(report("report").arg("--show-region-summary=false").args(sources()))?);
    println!("{}", place.join("index.html").display());
    Ok(())
}

/// The code that is looked at: ours.
fn sources() -> [PathBuf; 4] {
    ["pkce", "authorize", "token", "jwt"].map(|name| workspace::root().join("crates").join(name).join("src"))
}

/// Where `llvm-profdata` and `llvm-cov` are that can read what this compiler writes: of its toolchain, or Debian's of the
/// same number or a higher one.
fn tools() -> Result<PathBuf, Failure> {
    let major = rustc("LLVM version: ")?.split('.').next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let root = PathBuf::from(process::read(Command::new("rustc").args(["--print", "sysroot"]))?.trim());
    let own = root.join("lib").join("rustlib").join(rustc("host: ")?).join("bin");
    let debian = (major..major + 10).map(|number: u32| PathBuf::from(format!("/usr/lib/llvm-{number}/bin")));
    let has_both = |folder: &PathBuf| ["llvm-profdata", "llvm-cov"].iter().all(|name| folder.join(name).is_file());
    std::iter::once(own).chain(debian).find(has_both).ok_or_else(|| {
        Failure::SetUp(format!(
            "`llvm-profdata` and `llvm-cov` of LLVM {major} are missing: `rustup component add llvm-tools`, or Debian's \
             package `llvm-{major}`"
        ))
    })
}
