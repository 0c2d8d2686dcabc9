//! Mutation testing: one small fault after the other is put into a crate, and its own tests have to notice.

mod outcomes;
mod survivors;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::tool::Tool;
use crate::workspace::{self, Member, Workspace};
use outcomes::{Counts, Outcome, Outcomes};
use survivors::{Mutant, Survivors};

pub(crate) const HELP: &str = "\
Puts one fault after the other into a crate, and counts those that its tests notice.

  cargo xtask mutants [CRATE...] [--shard K/N] [--resume]

  CRATE        a folder below crates/, such as jwt; all of them when none is named
  --shard K/N  only every Nth mutant, from the Kth on (K from 0)
  --resume     believes what an earlier run found caught or unviable, for each file
               that is still the same: runs what is new, interrupted or was missed

It fails when fewer than 95 % of the viable mutants are caught, at a survivor that
xtask/src/mutants/survivors.toml does not explain, and at an explanation of none.
A mutant takes some seconds, a crate up to an hour. The tests are those that a
crate has in src/ and tests/, with 32 cases a property: first the quick ones, and
then all of them for what is left. Listings in the documentation are left out:
each is linked on its own, and what they catch has a test as well. Figures to
publish are made without --resume.

It installs cargo-mutants and builds into target/mutants, where the log of each
mutant is kept too. TMPDIR says where the tree is copied to.
";

const CARGO_MUTANTS: Tool = Tool { name: "cargo-mutants", version: "27.1.0" };

/// Of the viable mutants, in percent.
const LEAST_CAUGHT: f64 = 95.0;

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let workspace = Workspace::read()?;
    let call = Call::parse(arguments, &workspace)?;
    let survivors = Survivors::read()?;
    let mut table = vec![format!("{:20}{}", "crate", Counts::HEAD)];
    let mut wrong = Vec::new();
    for member in &call.members {
        let mutants = list(member)?;
        let chosen: Vec<&Mutant> = mutants.iter().skip(call.shard.0).step_by(call.shard.1).collect();
        let outcomes = test(member, &mutants, &chosen, call.resume)?;
        let counts = Counts::of(&outcomes);
        if counts.percent() < LEAST_CAUGHT {
            wrong.push(format!("{}: fewer than {LEAST_CAUGHT} % are caught", member.name));
        }
        wrong.extend(survivors.judge(&format!("{}/", member.folder), &mutants, &outcomes));
        table.push(format!("{:20}{counts}", member.name));
    }
    println!("{}", table.join("\n"));
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Failed(wrong.join("\n"))) }
}

struct Call<'a> {
    members: Vec<&'a Member>,
    /// Where to begin, and how far each step goes.
    shard: (usize, usize),
    resume: bool,
}

impl<'a> Call<'a> {
    fn parse(arguments: &[OsString], workspace: &'a Workspace) -> Result<Self, Failure> {
        let mut call = Self { members: Vec::new(), shard: (0, 1), resume: false };
        let mut words = arguments.iter().map(|word| word.to_string_lossy());
        while let Some(word) = words.next() {
            match &*word {
                "--resume" => call.resume = true,
                "--shard" => {
                    let shard = words.next().and_then(|value| shard(&value));
                    call.shard = shard.ok_or_else(|| Failure::Usage("`--shard` needs K/N, K less than N".into()))?;
                }
                flag if flag.starts_with('-') => return Err(Failure::Usage(format!("unknown flag `{flag}`"))),
                name => call.members.push(
                    workspace
                        .member_in(&format!("crates/{name}"))
                        .ok_or_else(|| Failure::Usage(format!("there is no crates/{name}")))?,
                ),
            }
        }
        if call.members.is_empty() {
            call.members = workspace.members.iter().filter(|member| member.folder.starts_with("crates/")).collect();
        }
        Ok(call)
    }
}

fn shard(text: &str) -> Option<(usize, usize)> {
    let (index, count) = text.split_once('/')?;
    let shard = (index.parse().ok()?, count.parse().ok()?);
    (shard.0 < shard.1).then_some(shard)
}

fn cargo_mutants(member: &Member) -> Result<Command, Failure> {
    let mut command = CARGO_MUTANTS.subcommand()?;
    command.args(["--no-config", "--package", &member.name]);
    Ok(command)
}

fn list(member: &Member) -> Result<Vec<Mutant>, Failure> {
    survivors::mutants(&process::read(cargo_mutants(member)?.args(["--list", "--json"]))?)
}

fn output() -> PathBuf {
    workspace::root().join("target").join("mutants")
}

/// Runs those of the chosen mutants whose outcome is not known yet, and gives the outcome of each.
fn test(member: &Member, all: &[Mutant], chosen: &[&Mutant], resume: bool) -> Result<Outcomes, Failure> {
    let folder = output().join(&member.name);
    let mut outcomes = if resume { Outcomes::resume(&folder)? } else { Outcomes::default() };
    let is_chosen = |name: &str| chosen.iter().any(|mutant| mutant.name == name);
    outcomes.retain(|name, outcome| is_chosen(name) && *outcome != Outcome::Timeout);
    // Most mutants fall to the quick tests; what is left meets all of them.
    let binary = member.folder.rsplit('/').next().unwrap_or_default();
    let quick = ["--test", binary, "--", "--skip", "every_edit"];
    // The program that is linked without std is built by a cargo of its own, and no mutant shows there.
    let all_tests = ["--tests", "--", "--skip", "links_without_std"];
    for tests in [&quick[..], &all_tests] {
        let is_left = |name: &str| is_chosen(name) && matches!(outcomes.get(name), None | Some(Outcome::Missed));
        if !all.iter().any(|mutant| is_left(&mutant.name)) {
            break;
        }
        let skipped = all.iter().map(|mutant| mutant.name.as_str()).filter(|name| !is_left(name));
        outcomes.begin(&folder, skipped, all.iter().map(|mutant| mutant.file.as_str()))?;
        judge(member, &folder, tests)?;
        outcomes.finish(&folder)?;
    }
    Ok(outcomes)
}

/// One run of cargo-mutants.
fn judge(member: &Member, folder: &Path, tests: &[&str]) -> Result<(), Failure> {
    let mut command = cargo_mutants(member)?;
    command.args(["--iterate", "--all-features", "--no-shuffle", "--minimum-test-timeout", "20"]);
    command.arg("--output").arg(folder).arg("--").args(tests);
    command.env("CARGO_TARGET_DIR", output().join("build")).env("CARGO_INCREMENTAL", "1").env("PROPTEST_CASES", "32");
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    let shown = process::shown(&command);
    println!("$ {shown}");
    let status = command.status().map_err(|error| Failure::Failed(format!("`{shown}` cannot be started: {error}")))?;
    // 2: some were missed. 3: some ran too long. What that means is for us to say.
    match status.code() {
        Some(0 | 2 | 3) => Ok(()),
        _ => Err(Failure::Failed(format!("`{shown}` ended with {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(words: &[&str], workspace: &'a Workspace) -> Result<Call<'a>, Failure> {
        Call::parse(&words.iter().map(OsString::from).collect::<Vec<_>>(), workspace)
    }

    #[test]
    fn crates_are_chosen_by_folder() {
        let workspace = Workspace::read().unwrap();
        let names = |call: Call<'_>| call.members.iter().map(|member| member.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(parse(&["jwt", "--resume"], &workspace).unwrap()), ["proofkey-jwt"]);
        let all = names(parse(&[], &workspace).unwrap());
        assert!(all.contains(&"proofkey".to_owned()) && all.contains(&"proofkey-pkce".to_owned()), "{all:?}");
        assert!(!all.contains(&"xtask".to_owned()), "{all:?}");
    }

    #[test]
    fn wrong_calls_are_named() {
        let workspace = Workspace::read().unwrap();
        assert_eq!(parse(&["--shard", "1/4"], &workspace).unwrap().shard, (1, 4));
        for words in [&["--shard"][..], &["--shard", "4/4"], &["--shard", "0/0"], &["--shard", "1"], &["--x"], &["x"]] {
            assert_eq!(parse(words, &workspace).err().map(|failure| failure.exit_code()), Some(64), "{words:?}");
        }
    }
}
