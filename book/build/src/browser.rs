//! Opening a page in the system's browser.

use std::process::{Command, Stdio};

/// Opens an address or a file.
pub(crate) fn open(address: &str) -> Result<(), String> {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let mut browser = Command::new(program);
    browser.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match browser.spawn() {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{program} cannot be started ({error}): open {address} yourself")),
    }
}
