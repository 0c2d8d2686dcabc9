//! Mutation testing: one small fault after the other is put into a crate, and its own tests have to notice.
//!
//! cargo-mutants does it. What it does not do is done here: to ask the slow tests only of what the quick ones have
//! missed, and to find entries of its list of exceptions that have become stale.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use toml_edit::DocumentMut;

use crate::failure::Failure;
use crate::tool::Tool;
use crate::workspace::{self, Member, Workspace};
use crate::{files, process};

pub(crate) const HELP: &str = "\
Mutates the crates and lists the mutants that no test catches.

  cargo xtask mutants [CRATE...] [FLAGS...]

  CRATE      a folder in crates/, such as jwt (default: all)
  FLAGS      passed to cargo-mutants, for instance:
  --shard K/N   only every Nth mutant, starting with the Kth (from 0)
  --iterate     skip mutants that the previous run found caught or unviable

Fails if a mutant survives that .cargo/mutants.toml does not explain, or if an entry
there is caught or no longer exists. A mutant takes seconds, a crate up to an hour: the
quick tests run first, and all tests for what they miss. Doctests are left out: each is
linked separately, and what they catch has a test as well.

Installs cargo-mutants on first use. Builds and logs are in target/mutants; TMPDIR is
where the tree is copied to.
";

const CARGO_MUTANTS: Tool = Tool { name: "cargo-mutants", version: "27.1.0" };

/// The mutants that no test can notice, with the reasons.
const LIST: &str = ".cargo/mutants.toml";

/// Properties tried on every edit of an input take most of a crate's time; most mutants fall without them.
const SKIP_SLOW: [&str; 2] = ["--skip", "every_edit"];

/// The program that is linked without std is built by a cargo of its own, and no mutant shows there.
const ALL_TESTS: [&str; 4] = ["--tests", "--", "--skip", "links_without_std"];

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let is_flag = |argument: &OsString| argument.to_string_lossy().starts_with('-');
    let (names, flags) = arguments.split_at(arguments.iter().position(is_flag).unwrap_or(arguments.len()));
    let workspace = Workspace::read()?;
    let named = names.iter().map(|name| {
        let folder = format!("crates/{}", name.to_string_lossy());
        workspace.member_in(&folder).ok_or_else(|| Failure::Usage(format!("there is no {folder}")))
    });
    let mut members: Vec<&Member> = named.collect::<Result<_, _>>()?;
    if members.is_empty() {
        members = workspace.crates().collect();
    }
    let (survivors, output) = (survivors()?, process::target_directory()?.join("mutants"));
    let mut wrong = Vec::new();
    for member in members {
        let mutation = Mutation { member, output: output.join(&member.name), build: output.join("build") };
        wrong.extend(mutation.missed(flags)?.into_iter().map(|mutant| format!("missed: {mutant}")));
        let of_member = survivors.iter().filter(|pattern| pattern.starts_with(&format!("{}/", member.folder)));
        wrong.extend(mutation.stale(of_member)?.into_iter().map(|why| format!("{LIST}: {why}: remove the entry")));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Failed(wrong.join("\n"))) }
}

/// The regular expressions of the list.
fn survivors() -> Result<Vec<String>, Failure> {
    let text = files::read(&workspace::root().join(LIST))?;
    let list: DocumentMut = text.parse().map_err(|error| Failure::Failed(format!("{LIST}: {error}")))?;
    let patterns = list.get("exclude_re").and_then(|list| list.as_array()).into_iter().flatten();
    Ok(patterns.filter_map(|pattern| pattern.as_str().map(str::to_owned)).collect())
}

/// The mutants of one crate.
struct Mutation<'a> {
    member: &'a Member,
    output: PathBuf,
    build: PathBuf,
}

impl Mutation<'_> {
    /// Those that neither the tests nor the list account for.
    fn missed(&self, flags: &[OsString]) -> Result<Vec<String>, Failure> {
        let binary = self.member.folder.rsplit('/').next().unwrap_or_default();
        let quick = [&["--test", binary, "--"][..], &SKIP_SLOW].concat();
        self.test("quick", self.cargo_mutants()?.args(flags), &quick)?;
        let left = self.listed("quick", "missed");
        if left.is_empty() {
            return Ok(left);
        }
        // By file, line and column: what else was changed there is caught once more.
        let places = left.iter().filter_map(|mutant| mutant.split_once(": ")).flat_map(|(place, _)| ["--re", place]);
        self.test("rest", self.cargo_mutants()?.args(places), &ALL_TESTS)?;
        Ok(self.listed("rest", "missed"))
    }

    /// What is wrong with these entries of the list.
    fn stale<'a>(&self, patterns: impl Iterator<Item = &'a String>) -> Result<Vec<String>, Failure> {
        let (mut wrong, mut all) = (Vec::new(), self.cargo_mutants()?);
        for pattern in patterns {
            let mut list = self.cargo_mutants()?;
            if process::read(list.args(["--no-config", "--list", "--re", pattern]))?.trim().is_empty() {
                wrong.push(format!("{pattern}: there is no such mutant any more"));
            } else {
                all.args(["--re", pattern]);
            }
        }
        if all.get_args().any(|argument| argument == "--re") {
            self.test("survivors", all.arg("--no-config"), &ALL_TESTS)?;
            wrong.extend(
                self.listed("survivors", "caught").into_iter().map(|mutant| format!("{mutant}: it is caught by now")),
            );
        }
        Ok(wrong)
    }

    fn cargo_mutants(&self) -> Result<Command, Failure> {
        let mut command = CARGO_MUTANTS.subcommand()?;
        command.args(["--package", &self.member.name, "--all-features", "--no-shuffle"]);
        Ok(command)
    }

    /// Each purpose has a folder of its own, in which the next run finds what the last one has found.
    fn test(&self, purpose: &str, command: &mut Command, tests: &[&str]) -> Result<(), Failure> {
        let output = files::made(self.output.join(purpose))?;
        command.args(["--minimum-test-timeout", "20", "--output"]).arg(output).arg("--").args(tests);
        command.env("CARGO_TARGET_DIR", &self.build).env("CARGO_INCREMENTAL", "1").env("PROPTEST_CASES", "32");
        // 2: some were missed. 3: some ran too long, which is noticed too. What that means is for us to say.
        match process::code(command.env("CARGO_PROFILE_DEV_DEBUG", "0"))? {
            0 | 2 | 3 => Ok(()),
            code => Err(Failure::Failed(format!("cargo-mutants ended with exit code {code}"))),
        }
    }

    /// The mutants that the last run for this purpose has written into this list.
    fn listed(&self, purpose: &str, list: &str) -> Vec<String> {
        let file = self.output.join(purpose).join("mutants.out").join(list).with_extension("txt");
        std::fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_survivor_is_one_of_a_file_that_is_there() {
        let survivors = survivors().unwrap();
        assert!(!survivors.is_empty());
        for pattern in survivors {
            let file = pattern.split(':').next().unwrap();
            assert!(file.starts_with("crates/") && workspace::root().join(file).is_file(), "{pattern}");
        }
    }

    #[test]
    fn a_crate_that_is_not_there_is_named() {
        let failure = run(&["nothing".into(), "--iterate".into()]).unwrap_err();
        assert_eq!((failure.exit_code(), failure.message()), (64, Some("there is no crates/nothing")));
    }
}
