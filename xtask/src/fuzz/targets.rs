//! The targets, as the manifest of `fuzz/` lists them.

use serde_json::{Value, json};

use super::folder;
use crate::failure::Failure;
use crate::process;

/// One program of `fuzz/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    /// Whether it brings other people's libraries or an HTTP client along.
    pub(super) heavy: bool,
}

/// These targets; without a name all, or all that are not heavy.
pub(super) fn chosen(names: &[String], light: bool) -> Result<Vec<Target>, Failure> {
    let mut targets = listed()?;
    if let Some(unknown) = names.iter().find(|name| !targets.iter().any(|target| target.name == **name)) {
        let known: Vec<_> = targets.iter().map(|target| target.name.as_str()).collect();
        return Err(Failure::Usage(format!("there is no target {unknown}: {}", known.join(", "))));
    }
    targets.retain(|target| if names.is_empty() { !(light && target.heavy) } else { names.contains(&target.name) });
    Ok(targets)
}

fn listed() -> Result<Vec<Target>, Failure> {
    let manifest = folder().join("Cargo.toml");
    let metadata = process::metadata(&["--no-deps", "--manifest-path", &manifest.to_string_lossy()])?;
    let targets = metadata["packages"][0]["targets"].as_array().into_iter().flatten();
    let programs = targets.filter(|target| target["kind"] == json!(["bin"]));
    let target = |bin: &Value| {
        Some(Target { name: bin["name"].as_str()?.to_owned(), heavy: bin.get("required-features").is_some() })
    };
    Ok(programs.filter_map(target).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_target_and_every_target_has_its_files() {
        let mut files: Vec<String> = std::fs::read_dir(folder().join("fuzz_targets"))
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let targets = chosen(&[], false).unwrap();
        assert_eq!(targets.iter().map(|target| target.name.clone()).collect::<Vec<_>>(), files);
        for Target { name, .. } in &targets {
            assert!(crate::fuzz::corpus::archive(name).is_file(), "{name} has no corpus");
            let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
            assert!(readme.contains(&format!("\n| `{name}` |")), "{name} is not in the README");
        }
    }

    #[test]
    fn heavy_targets_are_left_out_or_named() {
        let heavy = chosen(&[], false).unwrap().into_iter().filter(|target| target.heavy);
        assert_eq!(heavy.map(|target| target.name).collect::<Vec<_>>(), ["peers_jwt", "shim"]);
        assert!(chosen(&[], true).unwrap().iter().all(|target| !target.heavy));
        let message = chosen(&["nobody".to_owned()], false).unwrap_err();
        assert!(message.message().unwrap().contains("no target nobody"), "{message:?}");
    }
}
