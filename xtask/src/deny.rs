//! What may come in from elsewhere: licences, refused and doubled packages, sources, advisories.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::tool::Tool;
use crate::{files, process, workspace};

pub(crate) const HELP: &str = "\
Checks dependencies: licences, sources, bans, duplicates, advisories.

  cargo xtask deny

The rules are in .cargo/deny.toml, with reasons. Checks this workspace and those beside
it, such as fuzz/; these without licences and duplicates, since they are not published.
Installs cargo-deny on first use, which takes minutes. If the RustSec database can
neither be fetched nor found, advisories are skipped with a note.
";

const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

/// What is said of our own packages: also that something was allowed which nobody needs any more, but for what a peer of
/// ours may bring.
const OURS: &[&str] = &["--deny", "warnings", "--allow", "unused-wrapper", "licenses"];

/// Nobody depends on these: they bring what they work or compare with, in whatever versions that wants, and it is not
/// handed on.
const ASIDE: &[&str] = &["--allow", "duplicate", "--allow", "warnings"];

pub(crate) fn run() -> Result<(), Failure> {
    let fetched = process::succeeds(deny("", "--locked")?.args(["fetch", "db"]));
    let advisories = fetched || has_database();
    // Each lock file is a workspace's.
    let files = files::list(workspace::root())?;
    for folder in files.iter().filter_map(|path| path.strip_suffix("Cargo.lock")) {
        process::run(process::cargo("fetch --locked").current_dir(workspace::root().join(folder)))?;
        let mut deny = deny(folder, "--frozen")?;
        deny.arg("check").args(if folder.is_empty() { OURS } else { ASIDE });
        process::run(deny.args(["bans", "sources"]).args(advisories.then_some("advisories")))?;
    }
    if !advisories {
        println!("advisories were not checked: the RustSec database cannot be fetched, and no copy of it is here");
    }
    Ok(())
}

/// cargo-deny on the workspace in this folder.
fn deny(folder: &str, network: &str) -> Result<Command, Failure> {
    let mut deny = CARGO_DENY.subcommand()?;
    deny.args([network, "--config", ".cargo/deny.toml", "--manifest-path"]);
    deny.arg(Path::new(folder).join("Cargo.toml"));
    Ok(deny)
}

/// Whether cargo-deny has fetched the advisories before: each database is a folder where it keeps them.
fn has_database() -> bool {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let kept = cargo.and_then(|cargo| std::fs::read_dir(cargo.join("advisory-dbs")).ok());
    kept.into_iter().flatten().flatten().any(|entry| entry.path().is_dir())
}
