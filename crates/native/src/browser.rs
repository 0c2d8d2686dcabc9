//! The browser of the user.

use std::ffi::OsString;
use std::io;

/// The result of trying to open the user's browser. In every case the user can open the URL by hand.
#[derive(Debug)]
#[non_exhaustive]
pub enum Opened {
    /// The browser was started.
    Browser,
    /// The program runs in an SSH session: a browser would open on the other machine.
    RemoteSession,
    /// This machine has no display.
    NoDisplay,
    /// No browser could be started.
    Failed(io::Error),
    /// The program did not ask for a browser.
    NotAsked,
}

/// Opens `url` in the user's browser, if there is one on this machine, and does not wait for it. The URL is passed as
/// a single argument, without a shell.
///
/// Only a URL that begins with `https://` or `http://` is opened: another scheme could start another program.
pub fn open_browser(url: &str) -> Opened {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || url.contains(|character: char| character.is_ascii_control() || character == ' ') {
        return Opened::Failed(io::Error::new(io::ErrorKind::InvalidInput, "the URL is not an http or https URL"));
    }
    if let Some(reason) = unavailable(&|name| std::env::var_os(name)) {
        return reason;
    }
    match open::that_detached(url) {
        Ok(()) => Opened::Browser,
        Err(error) => Opened::Failed(error),
    }
}

/// Why there is no browser on this machine for this user, by the environment.
fn unavailable(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<Opened> {
    let has = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    // X11 can be forwarded, and BROWSER can name a browser on the other machine.
    let has_display = has("DISPLAY") || has("WAYLAND_DISPLAY") || has("BROWSER");
    let needs_display = cfg!(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))));
    let is_windows_subsystem = has("WSL_DISTRO_NAME");
    if has_display {
        None
    } else if has("SSH_CONNECTION") || has("SSH_TTY") {
        Some(Opened::RemoteSession)
    } else if needs_display && !is_windows_subsystem {
        Some(Opened::NoDisplay)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(variables: &[(&str, &str)]) -> Option<Opened> {
        unavailable(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn a_remote_session_has_no_browser_unless_its_display_is_forwarded() {
        assert!(matches!(without(&[("SSH_CONNECTION", "a")]), Some(Opened::RemoteSession)));
        assert!(matches!(without(&[("SSH_TTY", "a"), ("DISPLAY", "")]), Some(Opened::RemoteSession)));
        assert!(without(&[("SSH_CONNECTION", "a"), ("DISPLAY", "localhost:10.0")]).is_none());
        assert!(without(&[("SSH_CONNECTION", "a"), ("BROWSER", "lynx")]).is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_machine_without_a_display_has_no_browser() {
        assert!(matches!(without(&[]), Some(Opened::NoDisplay)));
        assert!(without(&[("WAYLAND_DISPLAY", "wayland-0")]).is_none());
        assert!(without(&[("WSL_DISTRO_NAME", "Debian")]).is_none());
    }

    #[test]
    fn only_addresses_of_the_web_are_opened() {
        for url in ["file:///etc/passwd", "calc.exe", "-a", "https://a b", "https://a\n", "javascript:alert(1)", ""] {
            assert!(matches!(open_browser(url), Opened::Failed(_)), "{url:?}");
        }
    }
}
