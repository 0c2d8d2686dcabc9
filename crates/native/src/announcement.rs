use std::fmt;

use crate::Opened;

/// What the user needs to know to log in. `Display` writes the text for a terminal, in English.
///
/// The URL holds `state`, so it does not belong in a log.
pub struct Announcement<'a> {
    pub(crate) url: &'a str,
    pub(crate) port: u16,
    pub(crate) opened: Opened,
}

impl Announcement<'_> {
    /// Returns the URL at which the user logs in.
    pub fn url(&self) -> &str {
        self.url
    }

    /// Returns the loopback port to which the browser returns.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns whether the browser was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }
}

impl fmt::Display for Announcement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, port, opened } = self;
        match opened {
            Opened::Browser => f.write_str("Your browser opens this page to log in:")?,
            Opened::NotAsked => f.write_str("Open this page in a browser on this machine to log in:")?,
            Opened::Failed(error) => write!(f, "No browser could be started ({error}). Open this page to log in:")?,
            Opened::RemoteSession | Opened::NoDisplay => write!(
                f,
                "This machine has no browser for you. Open this page in a browser on a machine from which port {port} \
                 leads here, for instance by `ssh -L {port}:127.0.0.1:{port} HOST`:"
            )?,
        }
        write!(f, "\n\n  {url}\n")
    }
}

impl fmt::Debug for Announcement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcement").field("port", &self.port).field("opened", &self.opened).finish_non_exhaustive()
    }
}
