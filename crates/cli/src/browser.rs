//! The browser of the user.

use std::process::{Command, Stdio};

use proofkey_native::{Opened, open_browser};

/// Opens `url` with the program that `BROWSER` names, or else as the platform does.
pub(crate) fn open(url: &str) -> Opened {
    let named = std::env::var_os("BROWSER").filter(|browser| !browser.is_empty()).map(|browser| {
        let mut command = Command::new(browser);
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env_remove("PROOFKEY_CLIENT_SECRET");
        // Ctrl-C in the terminal ends this program, and not the browser.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    });
    match named {
        Some(Ok(_)) => Opened::Browser,
        Some(Err(_)) | None => open_browser(url),
    }
}
