//! One crate copied out of the workspace, to be built, tested and documented where it then lies.
//!
//! `cargo package` writes what inherits nothing, for a registry: it names crates of ours by version alone, leaves out
//! those that only tests need, and knows no versions for a test. The rest, a folder beside each other, is done here.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use toml_edit::{DocumentMut, Item};

use crate::failure::Failure;
use crate::workspace::{self, Member, Workspace};
use crate::{files, process, tool};

pub(crate) const HELP: &str = "\
Copies a crate, and the crates it depends on, out of this workspace.

  cargo xtask vendor CRATE DIR
  cargo xtask vendor proofkey-token ../app/vendor
  cargo xtask vendor pkce /srv/pkce

CRATE is a package name or the last part of its folder. DIR must be empty or missing,
and outside of this workspace. Each crate becomes a folder of DIR with its package's
name, such as DIR/proofkey-pkce.

Copied are CRATE and the crates of ours that it needs, for its tests too, with their own
dependencies. Each copy has what the package has (sources, tests, examples, README,
CHANGELOG, licences), the settings of rustfmt and clippy, a manifest that inherits
nothing, and a Cargo.lock with our versions: `cargo test` and `cargo doc` pass in it.
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
    let copies = copy(&workspace, &[member], place)?;
    println!("{} copied to {}", names(&copies).join(", "), place.display());
    Ok(())
}

/// Copies `members`, and what they need of the workspace, to `place`; hands out the crates copied, `members` first.
fn copy<'a>(workspace: &'a Workspace, members: &[&'a Member], place: &Path) -> Result<Vec<&'a Member>, Failure> {
    let place = usable(place)?;
    let copies = closure(workspace, members);
    // Put together elsewhere: a failure leaves `place` as it was, and cargo, asked for the lock files, does not take the
    // copies for members of a workspace that `place` may lie in.
    let staging = self::place(&format!("staging-{}", std::process::id()))?;
    let copied = package(workspace, &copies, &staging).and_then(|()| {
        copies.iter().try_for_each(|member| {
            let (from, to) = (staging.join(&member.name), place.join(&member.name));
            files::list(&from)?.iter().try_for_each(|path| files::copy(&from.join(path), &to.join(path)))
        })
    });
    // What cannot be removed is the system's to clear.
    let _ = fs::remove_dir_all(&staging);
    copied.map(|()| copies)
}

/// Copies of all crates, with our lock file, as the members of one workspace, in which each is built once.
pub(crate) fn workspace(purpose: &str) -> Result<PathBuf, Failure> {
    let workspace = Workspace::read()?;
    let crates: Vec<_> = workspace.crates().collect();
    let place = place(purpose)?;
    let copies = copy(&workspace, &crates, &place)?;
    // What only tests use is a dependency and no member.
    let (members, exclude) = copies.split_at(crates.len());
    let (members, exclude) = (names(members), names(exclude));
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\nexclude = {exclude:?}\n");
    files::write(&place.join("Cargo.toml"), manifest)?;
    files::copy(&workspace::root().join("Cargo.lock"), &place.join("Cargo.lock"))?;
    trim(&place)?;
    Ok(place)
}

/// A folder outside of our workspace, empty now, and the same every time, because elsewhere the same crates would be other
/// ones for cargo, and built again.
fn place(purpose: &str) -> Result<PathBuf, Failure> {
    let mut hasher = DefaultHasher::new();
    workspace::root().hash(&mut hasher);
    let place = std::env::temp_dir().join(format!("proofkey-{purpose}-{:016x}", hasher.finish()));
    files::emptied(place)
}

/// Cargo in a copy, building into our own target directory: all that comes from a registry is built once.
pub(crate) fn cargo(here: &Path, words: &str) -> Result<Command, Failure> {
    let mut cargo = process::cargo(words);
    cargo.current_dir(here).env("CARGO_TARGET_DIR", process::target_directory()?);
    // The profile there is part of what cargo tells builds apart by.
    cargo.arg("--config").arg(workspace::root().join(".cargo/config.toml"));
    Ok(cargo)
}

fn find<'a>(workspace: &'a Workspace, name: &str) -> Result<&'a Member, Failure> {
    let folder = |member: &&Member| member.folder.rsplit('/').next() == Some(name);
    let by_name = workspace.members.iter().find(|member| member.name == name);
    by_name.or_else(|| workspace.members.iter().find(folder)).ok_or_else(|| {
        let all: Vec<_> = workspace.members.iter().collect();
        Failure::Usage(format!("no crate `{name}`; there are {}", names(&all).join(", ")))
    })
}

/// The folder to copy to, absolute, if nothing is in it and it is not ours.
fn usable(place: &Path) -> Result<PathBuf, Failure> {
    let failed = |what: String| Failure::Failed(format!("{}: {what}", place.display()));
    match fs::read_dir(place) {
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

fn names<'a>(members: &[&'a Member]) -> Vec<&'a str> {
    members.iter().map(|member| member.name.as_str()).collect()
}

/// `members`, then each crate of the workspace that a copied one names, for whatever purpose.
fn closure<'a>(workspace: &'a Workspace, members: &[&'a Member]) -> Vec<&'a Member> {
    let mut found = members.to_vec();
    let mut next = 0;
    while let Some(member) = found.get(next) {
        for named in workspace.named_by(member).map(|(_, named, _)| named).collect::<Vec<_>>() {
            if !found.iter().any(|known| known.name == named.name) {
                found.push(named);
            }
        }
        next += 1;
    }
    found
}

/// Settings of tools that a crate of ours is written under, and the versions that it was tested with.
const SHARED: [&str; 3] = [".clippy.toml", ".rustfmt.toml", "Cargo.lock"];

/// Makes a folder below `staging` of each of `copies`.
fn package(workspace: &Workspace, copies: &[&Member], staging: &Path) -> Result<(), Failure> {
    tool::needs("tar", "tar")?;
    let words = "package --quiet --locked --no-verify --no-metadata --exclude-lockfile --allow-dirty --target-dir";
    let mut package = process::cargo(words);
    package.arg(staging);
    process::quietly(package.args(copies.iter().flat_map(|member| ["--package", &member.name])))?;
    for member in copies {
        let here = files::made(staging.join(&member.name))?;
        let archive = staging.join("package").join(format!("{}-{}.crate", member.name, workspace.version()));
        process::quietly(
            Command::new("tar").args(["-xz", "--strip-components=1", "-f"]).arg(archive).arg("-C").arg(&here),
        )?;
        for name in SHARED {
            files::copy(&workspace::root().join(name), &here.join(name))?;
        }
        // They tell a registry where a package comes from, and would be refused in a package of the copy.
        for name in ["Cargo.toml.orig", ".cargo_vcs_info.json"] {
            let _ = fs::remove_file(here.join(name));
        }
        let manifest = here.join("Cargo.toml");
        files::write(&manifest, beside(workspace, member, &files::read(&manifest)?)?)?;
    }
    copies.iter().try_for_each(|member| trim(&staging.join(&member.name)))
}

/// The manifest that cargo wrote, with each crate of ours looked for beside this one.
fn beside(workspace: &Workspace, member: &Member, text: &str) -> Result<String, Failure> {
    let failed = |what: String| Failure::Failed(format!("{}/Cargo.toml: {what}", member.folder));
    let mut manifest: DocumentMut = text.parse().map_err(|error| failed(format!("{error}")))?;
    if let Some(package) = manifest.get_mut("package").and_then(Item::as_table_mut) {
        // Cargo's word on what it has made for a registry.
        package.decor_mut().clear();
    }
    for (table, named, asked) in workspace.named_by(member) {
        let mut parts = vec![("path", format!("../{}", named.name).into())];
        let is_packaged = manifest.get(table).is_some_and(|listed| listed.get(&named.name).is_some());
        if !is_packaged && table != "dev-dependencies" {
            return Err(failed(format!("`{}` is not where cargo would write it", named.name)));
        }
        // Of what only tests need cargo has written nothing, and so not the features either.
        let features = asked.get("features").and_then(|features| features.as_value());
        parts.extend(features.filter(|_| !is_packaged).map(|features| ("features", features.clone())));
        let listed = manifest.entry(table).or_insert(toml_edit::table());
        for (key, value) in parts {
            listed[&named.name][key] = toml_edit::value(value);
        }
    }
    Ok(manifest.to_string())
}

/// Cargo takes out of our whole lock file what a copy does not need; the versions that are left are ours. Without the
/// network first; it is enough that this workspace was built once.
fn trim(copy: &Path) -> Result<(), Failure> {
    if process::succeeds(process::cargo("update --workspace --quiet --offline").current_dir(copy)) {
        return Ok(());
    }
    process::quietly(process::cargo("update --workspace --quiet").current_dir(copy))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let workspace = Workspace::read().unwrap();
        for (asked, copied) in [
            ("pkce", "proofkey-pkce"),
            ("token", "proofkey-token, proofkey-authorize, proofkey-pkce"),
            (
                "proofkey",
                "proofkey, proofkey-authorize, proofkey-jwt, proofkey-pkce, proofkey-token, proofkey-authority",
            ),
        ] {
            assert_eq!(names(&closure(&workspace, &[find(&workspace, asked).unwrap()])).join(", "), copied);
        }
    }

    #[test]
    fn a_crate_of_ours_is_looked_for_beside_the_copy() {
        let workspace = Workspace::read().unwrap();
        let facade = find(&workspace, "proofkey").unwrap();
        let packaged: String = ["authorize", "jwt", "pkce", "token"]
            .map(|name| format!("[dependencies.proofkey-{name}]\nversion = \"0.1.0\"\n"))
            .concat();
        let text = beside(&workspace, facade, &format!("# by cargo\n[package]\nname = \"a\"\n{packaged}")).unwrap();
        let manifest: DocumentMut = text.parse().unwrap();
        assert!(text.starts_with("[package]"), "{text}");
        assert_eq!(manifest["dependencies"]["proofkey-jwt"]["path"].as_str(), Some("../proofkey-jwt"), "{text}");
        assert_eq!(manifest["dependencies"]["proofkey-jwt"]["version"].as_str(), Some("0.1.0"), "{text}");
        let authority = &manifest["dev-dependencies"]["proofkey-authority"];
        assert_eq!(authority["path"].as_str(), Some("../proofkey-authority"), "{text}");
        let failure = beside(&workspace, facade, "[package]\n").unwrap_err();
        assert!(failure.message().unwrap().contains("is not where cargo would write it"), "{failure:?}");
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
