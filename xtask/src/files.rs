//! The files of the tree, and what every task does with a file: a failure names its path.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// For `map_err`: what could not be done with this path.
pub(crate) fn failed(path: &Path) -> impl Fn(Error) -> Failure {
    move |error| Failure::Failed(format!("{}: {error}", path.display()))
}

pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(failed(path))
}

/// Writes a file, and makes the folder that it stands in.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, content)).map_err(failed(path))
}

/// Copies a file, and makes the folder that it then stands in.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::copy(from, to)).map_err(failed(to))?;
    Ok(())
}

/// A folder that is there, now at the latest.
pub(crate) fn made(folder: PathBuf) -> Result<PathBuf, Failure> {
    fs::create_dir_all(&folder).map_err(failed(&folder))?;
    Ok(folder)
}

/// A folder without anything in it.
pub(crate) fn emptied(folder: PathBuf) -> Result<PathBuf, Failure> {
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&folder)(error)),
        _ => made(folder),
    }
}

/// The files that git tracks or would track; without git, all but what builds leave behind. Paths relative to `root`,
/// with `/`, in order.
pub(crate) fn list(root: &Path) -> Result<Vec<String>, Failure> {
    let mut found = match tracked(root) {
        Some(found) => found,
        None => {
            let mut found = Vec::new();
            walk(root, "", &mut found).map_err(failed(root))?;
            found
        }
    };
    found.sort();
    Ok(found)
}

fn tracked(root: &Path) -> Option<Vec<String>> {
    // A tree without a history of its own may lie inside another one's: then git would speak of that one.
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let names = String::from_utf8(output.stdout).ok()?;
    // A file that is still listed but was removed from the tree is gone for us.
    Some(names.split_terminator('\0').filter(|name| root.join(name).is_file()).map(str::to_owned).collect())
}

fn walk(root: &Path, below: &str, found: &mut Vec<String>) -> Result<(), Error> {
    let folder = root.join(below);
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if !entry.file_type()?.is_dir() {
            found.push(path);
            continue;
        }
        let is_built = name == "target" && folder.join("Cargo.toml").exists();
        if !is_built && ![".git", ".hg", ".jj", ".svn"].contains(&name.as_str()) {
            walk(root, &path, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn our_own_files_are_listed_and_what_is_built_is_not() {
        let found = list(workspace::root()).unwrap();
        assert!(found.iter().any(|path| path == "xtask/src/files.rs"));
        assert!(
            found.is_sorted() && !found.iter().any(|path| path.starts_with("target/") || path.starts_with(".git/"))
        );
    }

    #[test]
    fn without_git_the_folders_are_walked() {
        let here = std::env::temp_dir().join(format!("xtask-files-{}", std::process::id()));
        for file in [".git/inside", "target/inside", "src/target/inside", "Cargo.toml"] {
            write(&here.join(file), "").unwrap();
        }
        assert_eq!(list(&here).unwrap(), ["Cargo.toml", "src/target/inside"]);
        assert!(list(&emptied(here.clone()).unwrap()).unwrap().is_empty());
        fs::remove_dir_all(&here).unwrap();
        assert!(list(&here).unwrap_err().message().unwrap().starts_with(&*here.to_string_lossy()));
    }
}
