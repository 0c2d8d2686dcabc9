//! The browser of the user.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a launcher is watched: one that fails does so at once, and the next one is tried.
const LAUNCH: Duration = Duration::from_millis(250);

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

/// Opens `url` in the user's browser, if there is one on this machine, and does not wait for it: in the one that the
/// environment variable `BROWSER` names, or else as the platform does. The URL is passed as a single argument, without a
/// shell.
///
/// Only a URL that begins with `https://` or `http://` is opened: another scheme could start another program.
pub fn open_browser(url: &str) -> Opened {
    open_browser_without(url, &[])
}

/// Opens `url` as [`open_browser`] does, in a process that does not inherit the environment variables `secrets`.
///
/// A browser outlives the program, and its extensions and children inherit its environment. Name each variable from which
/// your program reads a secret.
pub fn open_browser_without(url: &str, secrets: &[&str]) -> Opened {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || url.contains(|character: char| character.is_ascii_control() || character == ' ') {
        return Opened::Failed(io::Error::new(io::ErrorKind::InvalidInput, "the URL is not an http or https URL"));
    }
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(reason) = unavailable(&variable) {
        return reason;
    }
    let named = variable("BROWSER");
    // Windows opens a URL without a launcher, in a browser that inherits everything.
    let is_plain = cfg!(windows) && named.is_none() && secrets.iter().all(|name| std::env::var_os(name).is_none());
    let started = if is_plain { open::that_detached(url) } else { start(named.as_deref(), url, secrets) };
    started.map_or_else(Opened::Failed, |()| Opened::Browser)
}

/// Starts the first launcher that works. No error shows the URL, which has `state` in it.
fn start(named: Option<&OsStr>, url: &str, secrets: &[&str]) -> io::Result<()> {
    let named = named.map(|program| {
        let mut command = Command::new(program);
        command.arg(url);
        command
    });
    let mut failure = None;
    for mut launcher in named.into_iter().chain(open::commands(url)) {
        for name in secrets {
            launcher.env_remove(name);
        }
        launcher.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C in the terminal ends this program, and not the browser.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut launcher, 0);
        match launcher.spawn().and_then(watch) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let program = launcher.get_program().to_string_lossy();
                failure.get_or_insert_with(|| io::Error::new(error.kind(), format!("{program}: {error}")));
            }
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no program that opens one is installed")))
}

/// Fails if a launcher fails at once. A thread waits for the end of one that goes on.
fn watch(mut launcher: Child) -> io::Result<()> {
    let (sender, ended) = mpsc::channel();
    thread::Builder::new().name("proofkey-browser".into()).spawn(move || sender.send(launcher.wait()))?;
    match ended.recv_timeout(LAUNCH) {
        // The status of Windows' Explorer says nothing.
        Ok(Ok(status)) if !status.success() && !cfg!(windows) => {
            Err(io::Error::other(format!("it ended with {status}")))
        }
        Ok(Err(error)) => Err(error),
        _ => Ok(()),
    }
}

/// Why there is no browser on this machine for this user, by the environment.
fn unavailable(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<Opened> {
    let has = |name: &str| variable(name).is_some();
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
        unavailable(&|name| {
            variables.iter().find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value.into())
        })
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
    fn na_13_only_addresses_of_the_web_are_opened() {
        for url in ["file:///etc/passwd", "calc.exe", "-a", "https://a b", "https://a\n", "javascript:alert(1)", ""] {
            assert!(matches!(open_browser(url), Opened::Failed(_)), "{url:?}");
        }
    }
}
