//! What cargo says of the workspace and of all that it depends on.

use std::path::PathBuf;

use serde_json::Value;

use crate::failure::Failure;
use crate::process;

/// What `cargo metadata` says, asked with these arguments.
pub(crate) fn of(arguments: &[&str]) -> Result<Value, Failure> {
    let text = process::read(process::cargo("metadata --format-version 1").args(arguments))?;
    serde_json::from_str(&text).map_err(|error| Failure::Failed(format!("`cargo metadata` wrote no JSON: {error}")))
}

/// Where cargo builds to.
pub(crate) fn target_directory() -> Result<PathBuf, Failure> {
    let metadata = of(&["--no-deps"])?;
    let folder = metadata["target_directory"].as_str().map(PathBuf::from);
    folder.ok_or_else(|| Failure::Failed("`cargo metadata` names no target directory".into()))
}
