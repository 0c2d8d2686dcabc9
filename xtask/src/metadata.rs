//! What cargo says of the workspace and of all that it depends on.

use std::path::PathBuf;

use serde_json::Value;

use crate::failure::Failure;
use crate::process;

/// The part of `cargo metadata` that the tasks read.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) target_directory: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// One package that `Cargo.lock` names.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The oldest Rust that its manifest says it builds with.
    pub(crate) rust_version: Option<String>,
}

impl Metadata {
    /// The members alone.
    pub(crate) fn without_dependencies() -> Result<Self, Failure> {
        parse(&process::read(process::cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?)
    }

    /// The members and everything that they bring, on every platform. From this machine's copies if they are complete.
    pub(crate) fn with_dependencies() -> Result<Self, Failure> {
        let whole = || {
            let mut cargo = process::cargo();
            cargo.args(["metadata", "--format-version", "1", "--locked"]);
            cargo
        };
        let offline = process::succeeds(whole().arg("--offline"));
        parse(&process::read(whole().args(offline.then_some("--offline")))?)
    }
}

fn parse(text: &str) -> Result<Metadata, Failure> {
    let unknown = || Failure::Failed("`cargo metadata` wrote something unknown".into());
    let value: Value = serde_json::from_str(text).map_err(|_| unknown())?;
    let word = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let package = |package: &Value| {
        Some(Package {
            name: word(package, "name")?,
            version: word(package, "version")?,
            rust_version: word(package, "rust_version"),
        })
    };
    let packages = value.get("packages").and_then(Value::as_array).ok_or_else(unknown)?;
    Ok(Metadata {
        target_directory: word(&value, "target_directory").ok_or_else(unknown)?.into(),
        packages: packages.iter().map(package).collect::<Option<_>>().ok_or_else(unknown)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_with_the_rust_that_they_ask_for() {
        let text = r#"{"target_directory":"/t","packages":[
            {"name":"a","version":"1.2.3","rust_version":"1.70"},{"name":"b","version":"0.1.0","rust_version":null}]}"#;
        let metadata = parse(text).unwrap();
        assert_eq!(metadata.target_directory, PathBuf::from("/t"));
        let [a, b] = &metadata.packages[..] else { panic!("two packages") };
        assert_eq!((a.name.as_str(), a.version.as_str(), a.rust_version.as_deref()), ("a", "1.2.3", Some("1.70")));
        assert_eq!(b.rust_version, None);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "{}", r#"{"packages":[]}"#, r#"{"target_directory":"/t","packages":[{"name":"a"}]}"#] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
