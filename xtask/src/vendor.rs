//! One crate copied out of the workspace, to be built, tested and documented where it then lies.

mod lock;
mod manifest;

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::metadata::Metadata;
use crate::workspace::{self, Member, Workspace, inherits};
use crate::{files, process};

pub(crate) const HELP: &str = "\
Copies one crate, and the crates of ours that it names, to a folder that needs no workspace.

  cargo xtask vendor CRATE DIR
  cargo xtask vendor proofkey-token ../app/vendor
  cargo xtask vendor pkce /srv/pkce

CRATE is a package's name or the last part of its folder. DIR must not exist or
be empty, and lies outside of this workspace. Each crate becomes a folder of DIR
with its package's name, for instance DIR/proofkey-pkce.

Copied are CRATE and what it names of this workspace, to build or to be tested,
and what those name in turn. Every copy is whole: sources, tests, examples,
README, CHANGELOG, licence texts, the settings of rustfmt and clippy, a manifest
in which nothing is inherited any more, and a Cargo.lock with our versions; so
each of them, not only CRATE, passes `cargo test` and `cargo doc` in its folder.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    if let Some(flag) = arguments.iter().find(|argument| argument.to_string_lossy().starts_with('-')) {
        return Err(Failure::Usage(format!("unknown flag `{}`", flag.to_string_lossy())));
    }
    let [name, place] = arguments else {
        return Err(Failure::Usage("`vendor` takes two arguments, CRATE and DIR".into()));
    };
    let workspace = Workspace::read()?;
    let member = find(&workspace, &name.to_string_lossy())?;
    let place = Path::new(place);
    let copies = copy(&workspace, member, place)?;
    println!(
        "{} copied to {} with {} beside it",
        member.name,
        place.join(&member.name).display(),
        listed(&copies[1..])
    );
    Ok(())
}

/// The names of the crates in a sentence.
pub(crate) fn listed(members: &[&Member]) -> String {
    if members.is_empty() {
        return "nothing".into();
    }
    members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Copies `member`, and what it needs of the workspace, to `place`; hands out the crates copied, `member` first.
pub(crate) fn copy<'a>(workspace: &'a Workspace, member: &'a Member, place: &Path) -> Result<Vec<&'a Member>, Failure> {
    let place = usable(place)?;
    let copies = closure(workspace, member);
    // Put together elsewhere: a failure leaves `place` as it was, and cargo, asked for the lock files, does not take the
    // copies for members of a workspace that `place` may lie in.
    let staging = Staging::new()?;
    for member in &copies {
        copy_one(workspace, member, &staging.0.join(&member.name))?;
    }
    for member in &copies {
        lock::trim(&staging.0.join(&member.name))?;
    }
    for path in files::list(&staging.0)? {
        copy_file(&staging.0.join(&path), &place.join(&path))?;
    }
    Ok(copies)
}

/// A folder for copies that are only built: outside of the workspace, empty now, and the same every time, because
/// elsewhere the same crates would be other ones for cargo, and built again.
pub(crate) fn place(purpose: &str) -> Result<PathBuf, Failure> {
    let mut hasher = DefaultHasher::new();
    workspace::root().hash(&mut hasher);
    let place = std::env::temp_dir().join(format!("proofkey-{purpose}-{:016x}", hasher.finish()));
    match std::fs::remove_dir_all(&place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::Failed(format!("{} cannot be removed: {error}", place.display())))
        }
        _ => Ok(place),
    }
}

/// Cargo in a copy, building into our own target directory: all that comes from a registry is built once.
pub(crate) fn cargo(here: &Path) -> Result<Command, Failure> {
    let mut cargo = process::cargo();
    cargo.current_dir(here).env("CARGO_TARGET_DIR", Metadata::without_dependencies()?.target_directory);
    // The profile there is part of what cargo tells builds apart by.
    cargo.arg("--config").arg(workspace::root().join(".cargo/config.toml"));
    Ok(cargo)
}

fn find<'a>(workspace: &'a Workspace, name: &str) -> Result<&'a Member, Failure> {
    let folder = |member: &&Member| member.folder.rsplit('/').next() == Some(name);
    let by_name = workspace.members.iter().find(|member| member.name == name);
    by_name.or_else(|| workspace.members.iter().find(folder)).ok_or_else(|| {
        let names: Vec<_> = workspace.members.iter().map(|member| member.name.as_str()).collect();
        Failure::Usage(format!("no crate `{name}`; there are {}", names.join(", ")))
    })
}

/// The folder to copy to, absolute, if nothing is in it and it is not ours.
fn usable(place: &Path) -> Result<PathBuf, Failure> {
    let failed = |what: String| Failure::Failed(format!("{}: {what}", place.display()));
    match std::fs::read_dir(place) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(failed("is not empty; name a folder that is, or one that does not exist".into()));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(format!("cannot be used as a folder: {error}"))),
    }
    let absolute = std::path::absolute(place).map_err(|error| failed(error.to_string()))?;
    // Links and `..` are resolved in the part that exists.
    let existing = absolute.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
    let root = workspace::root().canonicalize().map_err(|error| failed(error.to_string()))?;
    if existing.is_some_and(|existing| existing.starts_with(root)) {
        return Err(failed("lies in this workspace, which would claim the copies; name a folder outside of it".into()));
    }
    Ok(absolute)
}

/// `member`, then each crate of the workspace that a copied one names, for whatever purpose.
fn closure<'a>(workspace: &'a Workspace, member: &'a Member) -> Vec<&'a Member> {
    let mut found = vec![member];
    let mut next = 0;
    while let Some(member) = found.get(next) {
        let named = member.dependencies().into_iter().filter(|(.., item)| inherits(item));
        let folders = named.filter_map(|(_, name, _)| workspace.shared("dependencies", name)?.get("path")?.as_str());
        let new: Vec<_> = folders.filter_map(|folder| workspace.member_in(folder)).collect();
        for member in new {
            if !found.iter().any(|known| known.name == member.name) {
                found.push(member);
            }
        }
        next += 1;
    }
    found
}

/// Settings of tools that a crate of ours is written under.
const SETTINGS: [&str; 2] = [".clippy.toml", ".rustfmt.toml"];

fn copy_one(workspace: &Workspace, member: &Member, to: &Path) -> Result<(), Failure> {
    let below = format!("{}/", member.folder);
    // A package inside of a package: another member.
    let nested: Vec<_> = workspace.members.iter().map(|member| format!("{}/", member.folder)).collect();
    let inside = |path: &&String| {
        path.starts_with(&below) && !nested.iter().any(|nested| nested.len() > below.len() && path.starts_with(nested))
    };
    for path in files::list(workspace::root())?.iter().filter(inside) {
        let name = path.rsplit('/').next().unwrap_or(path);
        if ![".gitignore", ".gitattributes"].contains(&name) {
            copy_file(&workspace::root().join(path), &to.join(&path[below.len()..]))?;
        }
    }
    for name in SETTINGS {
        let settings = workspace::root().join(name);
        if settings.exists() {
            copy_file(&settings, &to.join(name))?;
        }
    }
    copy_file(&workspace::root().join("Cargo.lock"), &to.join("Cargo.lock"))?;
    let whole = manifest::whole(workspace, member)?;
    write(&to.join("Cargo.toml"), &whole)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let folder = to.parent().unwrap_or(to);
    let copied = std::fs::create_dir_all(folder).and_then(|()| std::fs::copy(from, to));
    copied.map(|_| ()).map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", to.display())))
}

fn write(to: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(to, text).map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", to.display())))
}

/// A folder of our own outside of everything, gone when dropped.
struct Staging(PathBuf);

impl Staging {
    fn new() -> Result<Self, Failure> {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let path = std::env::temp_dir().join(format!("proofkey-staging-{}-{now}", std::process::id()));
        // Fails if somebody else has made it.
        std::fs::create_dir(&path)
            .map_err(|error| Failure::Failed(format!("{} cannot be created: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clear.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        Workspace::from_texts(|path| {
            let dependencies = match path {
                "Cargo.toml" => {
                    return Ok("[workspace]\nmembers = ['crates/a', 'crates/b', 'crates/c', 'crates/c/d']\n\
                        [workspace.dependencies]\na.path = 'crates/a'\nb.path = 'crates/b'\nc.path = 'crates/c'\n\
                        d.path = 'crates/c/d'\nhttp = '1'\n"
                        .into());
                }
                "crates/a/Cargo.toml" => "[dependencies]\nb.workspace = true\nhttp.workspace = true\n",
                "crates/b/Cargo.toml" => "[target.'cfg(unix)'.dev-dependencies]\nd.workspace = true\n",
                "crates/c/d/Cargo.toml" => "[dev-dependencies]\na.workspace = true\n",
                _ => "",
            };
            let name = path.trim_end_matches("/Cargo.toml").rsplit('/').next().unwrap();
            Ok(format!("[package]\nname = '{name}'\n{dependencies}"))
        })
        .unwrap()
    }

    #[test]
    fn a_crate_is_found_by_its_name_or_its_folder() {
        let workspace = Workspace::read().unwrap();
        for (name, found) in [("pkce", "proofkey-pkce"), ("proofkey", "proofkey"), ("proofkey-jwt", "proofkey-jwt")] {
            assert_eq!(find(&workspace, name).unwrap().name, found);
        }
        let failure = find(&workspace, "nothing").unwrap_err();
        assert_eq!(failure.exit_code(), 64);
        assert!(failure.message().unwrap().contains("no crate `nothing`; there are proofkey-pkce, "), "{failure:?}");
    }

    #[test]
    fn the_crates_that_a_copy_names_are_copied_and_no_others() {
        let workspace = workspace();
        for (asked, copied) in [("a", "a, b, d"), ("b", "b, d, a"), ("c", "c"), ("d", "d, a, b")] {
            assert_eq!(listed(&closure(&workspace, find(&workspace, asked).unwrap())), copied);
        }
        assert_eq!(listed(&[]), "nothing");
    }

    #[test]
    fn a_folder_that_is_in_use_or_ours_is_refused() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (place, said) in [
            (here.to_owned(), "is not empty"),
            (here.join("Cargo.toml"), "cannot be used as a folder"),
            (here.join("new/../newer"), "lies in this workspace"),
        ] {
            let failure = usable(&place).unwrap_err();
            assert!(failure.message().unwrap().contains(said), "{failure:?}");
        }
        let outside = std::env::temp_dir().join("proofkey-no-such-folder/deeper");
        assert_eq!(usable(&outside).unwrap(), outside);
    }
}
