//! The shim of proofkey: beside this program, or built from the tree that it is run in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const NAME: &str = "proofkey-shim";

/// The program.
pub(super) fn path() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("this program does not know where it is: {error}"))?;
    let beside = own.with_file_name(format!("{NAME}{}", std::env::consts::EXE_SUFFIX));
    if beside.is_file() {
        return Ok(beside);
    }
    let here = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
    let tree = here.ancestors().find(|folder| folder.join("conformance/shim/Cargo.toml").is_file());
    let tree = tree.ok_or_else(|| {
        format!("there is no {NAME} beside this program, and this is not the tree of proofkey: name a client with --shim CMD")
    })?;
    built(tree)
}

fn built(tree: &Path) -> Result<PathBuf, String> {
    eprintln!("building {NAME}");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--package", NAME, "--message-format", "json-render-diagnostics"])
        .current_dir(tree)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    let program = String::from_utf8_lossy(&output.stdout).lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_shim = message["target"]["name"] == NAME;
        message["executable"].as_str().filter(|_| is_shim).map(PathBuf::from)
    });
    program.filter(|_| output.status.success()).ok_or_else(|| format!("{NAME} cannot be built"))
}
