//! The files of the tree: those that git tracks or would track; without git, all but what builds leave behind.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Paths relative to `root`, with `/`, in order.
pub(crate) fn list(root: &Path) -> Result<Vec<String>, Failure> {
    let mut found = match tracked(root) {
        Some(found) => found,
        None => {
            let mut found = Vec::new();
            walk(root, "", &mut found)?;
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

fn walk(root: &Path, below: &str, found: &mut Vec<String>) -> Result<(), Failure> {
    let folder = root.join(below);
    let unreadable = |error| Failure::Failed(format!("{} cannot be read: {error}", folder.display()));
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            let built = name == "target" && folder.join("Cargo.toml").exists();
            if !built && ![".git", ".hg", ".jj", ".svn"].contains(&name.as_str()) {
                walk(root, &path, found)?;
            }
        } else {
            found.push(path);
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
        let mut found = Vec::new();
        walk(&workspace::root().join("xtask"), "", &mut found).unwrap();
        assert!(found.iter().any(|path| path == "src/files.rs"));

        let here = std::env::temp_dir().join(format!("xtask-files-{}", std::process::id()));
        for folder in [".git", "target", "src/target"] {
            std::fs::create_dir_all(here.join(folder)).unwrap();
            std::fs::write(here.join(folder).join("inside"), "").unwrap();
        }
        std::fs::write(here.join("Cargo.toml"), "").unwrap();
        let mut found = Vec::new();
        walk(&here, "", &mut found).unwrap();
        std::fs::remove_dir_all(&here).unwrap();
        found.sort();
        assert_eq!(found, ["Cargo.toml", "src/target/inside"]);
    }
}
