//! What each step of `cargo xtask test` runs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::failure::Failure;
use crate::metadata::Metadata;
use crate::workspace::{self, Workspace};
use crate::{process, rules, vendor};

/// The crates that can be had without their default features; and, for `proofkey-pkce`, with those that are off.
const FEATURES: &[(&str, &[&str])] = &[
    ("proofkey-pkce", &[]),
    ("proofkey-pkce", &["--features", "getrandom"]),
    ("proofkey-jwt", &["--no-default-features"]),
    ("proofkey-token", &["--no-default-features"]),
    ("proofkey", &["--no-default-features"]),
];

pub(crate) fn fmt() -> Result<String, Failure> {
    process::run(process::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(String::new())
}

pub(crate) fn rules() -> Result<String, Failure> {
    rules::check()
}

pub(crate) fn clippy() -> Result<String, Failure> {
    let deny = ["--", "-D", "warnings"];
    process::run(process::cargo().args(["clippy", "--locked", "--workspace", "--all-targets"]).args(deny))?;
    for (package, features) in FEATURES {
        let mut clippy = process::cargo();
        clippy.args(["clippy", "--locked", "--package", package, "--all-targets"]).args(*features);
        process::run(clippy.args(deny))?;
    }
    Ok(String::new())
}

pub(crate) fn docs() -> Result<String, Failure> {
    let mut doc = process::cargo();
    doc.args(["doc", "--locked", "--workspace", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "-D warnings");
    process::run(&mut doc)?;
    Ok(String::new())
}

/// With every feature, and then without those that can be left out; the default ones are tested by the step `vendor`. The
/// book has a step of its own.
pub(crate) fn tests() -> Result<String, Failure> {
    let all = ["test", "--locked", "--workspace", "--exclude", "proofkey-book", "--all-features"];
    process::run(process::cargo().args(all))?;
    for (package, features) in FEATURES.iter().filter(|(_, features)| features.contains(&"--no-default-features")) {
        process::run(process::cargo().args(["test", "--locked", "--package", package]).args(*features))?;
    }
    Ok(String::new())
}

/// Each crate as someone has it who copied it: outside of this workspace, with the crates that it names and no others.
///
/// The copies are built into this workspace's target directory, so that all that comes from a registry is built once.
pub(crate) fn vendor() -> Result<String, Failure> {
    let workspace = Workspace::read()?;
    let target = Metadata::without_dependencies()?.target_directory;
    let crates: Vec<_> = workspace.members.iter().filter(|member| member.folder.starts_with("crates/")).collect();
    // The same place every time: elsewhere the same crates would be other ones for cargo, and built again.
    let place = std::env::temp_dir().join(format!("proofkey-vendor-{:016x}", fingerprint(&target)));
    for member in &crates {
        remove(&place)?;
        let copies = vendor::copy(&workspace, member, &place)?;
        println!("{} copied with {} beside it", member.name, vendor::listed(&copies[1..]));
        let here = place.join(&member.name);
        let offline = process::succeeds(process::cargo().current_dir(&here).args(["fetch", "--offline", "--locked"]));
        let cargo = |arguments: &[&str]| {
            let mut cargo = process::cargo();
            cargo.current_dir(&here).env("CARGO_TARGET_DIR", &target).args(arguments).arg("--locked");
            cargo.args(offline.then_some("--offline"));
            // The profile there is part of what cargo tells builds apart by.
            cargo.arg("--config").arg(workspace::root().join(".cargo/config.toml"));
            cargo
        };
        process::run(&mut cargo(&["test"]))?;
        process::run(cargo(&["doc", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    remove(&place)?;
    Ok(format!("{} crates, each copied out alone", crates.len()))
}

fn fingerprint(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

fn remove(place: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::Failed(format!("{} cannot be removed: {error}", place.display())))
        }
        _ => Ok(()),
    }
}
