//! Our `Cargo.lock` without what a copy does not need.

use std::path::Path;

use toml_edit::DocumentMut;

use crate::failure::Failure;
use crate::{process, workspace};

/// Trims the whole lock file that lies beside the copied manifest; the versions that are left are ours.
///
/// Cargo does it: which packages a crate needs depends on the features that are on, and that is its to say. Without the
/// network first; it is enough that this workspace was built once.
pub(super) fn trim(copy: &Path) -> Result<(), Failure> {
    let update = |offline: bool| {
        let mut cargo = process::cargo();
        cargo.current_dir(copy).args(["update", "--workspace", "--quiet"]).args(offline.then_some("--offline"));
        cargo
    };
    if !process::succeeds(&mut update(true)) {
        process::quietly(&mut update(false))?;
    }
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path);
        text.map_err(|error| Failure::Failed(format!("{} cannot be read: {error}", path.display())))
    };
    let strangers = strangers(&read(&workspace::root().join("Cargo.lock"))?, &read(&copy.join("Cargo.lock"))?);
    if strangers.is_empty() {
        return Ok(());
    }
    let strangers = strangers.join(", ");
    Err(Failure::Failed(format!(
        "Cargo.lock is behind the manifests, which ask for {strangers}: `cargo check` updates it"
    )))
}

/// The packages of a registry that the trimmed lock file names and ours does not.
fn strangers(ours: &str, trimmed: &str) -> Vec<String> {
    let known = packages(ours);
    packages(trimmed)
        .into_iter()
        .filter(|package| !known.contains(package))
        .map(|(name, version, _)| format!("{name} {version}"))
        .collect()
}

/// Name, version and checksum of each package that comes from elsewhere.
fn packages(lock: &str) -> Vec<(String, String, Option<String>)> {
    let lock: DocumentMut = lock.parse().unwrap_or_default();
    let listed = lock.get("package").and_then(|packages| packages.as_array_of_tables());
    let listed = listed.into_iter().flatten().filter(|package| package.contains_key("source"));
    let read = listed.filter_map(|package| {
        let word = |key| package.get(key)?.as_str().map(str::to_owned);
        Some((word("name")?, word("version")?, word("checksum")))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_not_ours_is_found() {
        let package = |name: &str, version: &str, checksum: &str| {
            format!(
                "[[package]]\nname = '{name}'\nversion = '{version}'\nsource = 'registry'\nchecksum = '{checksum}'\n"
            )
        };
        let ours = format!("version = 4\n{}{}", package("a", "1.0.0", "x"), package("b", "2.0.0", "y"));
        assert!(strangers(&ours, &ours).is_empty());
        assert!(strangers(&ours, &package("a", "1.0.0", "x")).is_empty());
        assert!(strangers(&ours, "[[package]]\nname = 'proofkey'\nversion = '0.1.0'\n").is_empty());
        for other in [package("a", "1.0.1", "x"), package("c", "1.0.0", "x"), package("b", "2.0.0", "z")] {
            assert_eq!(strangers(&ours, &other).len(), 1, "{other}");
        }
    }
}
