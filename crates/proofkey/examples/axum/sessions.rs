//! Sessions in files, which survive a restart: one for each browser, named by its cookie.
//!
//! Replace this by the session store of your application. Whatever it is, lock a session from reading to writing, and
//! rename it after a login.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use proofkey::Identity;
use proofkey::authorize::{PendingLogins, PendingLogout};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};

/// What the application knows about a browser.
#[derive(Serialize, Deserialize)]
pub struct Session {
    pub logins: PendingLogins,
    pub identity: Option<Identity>,
    pub logout: Option<PendingLogout>,
}

impl Session {
    fn new() -> Self {
        Self { logins: PendingLogins::new(8), identity: None, logout: None }
    }
}

/// The sessions of all browsers. A real application limits their number and lifetime.
pub struct Sessions {
    folder: PathBuf,
    /// The first byte of a session's name selects its lock.
    locks: Vec<Mutex<()>>,
}

/// A session that no other request reads or writes at the same time.
pub struct OpenSession<'a> {
    pub session: Session,
    sessions: &'a Sessions,
    /// 128 bits that cannot be guessed, in hexadecimal.
    name: String,
    _lock: Option<MutexGuard<'a, ()>>,
}

impl Sessions {
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        // The names in it are what the cookies say: no one else may list them.
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&folder)?;
        Ok(Self { folder, locks: (0..=u8::MAX).map(|_| Mutex::default()).collect() })
    }

    /// Opens the session that the cookie names, or a new one. A name is never taken from a cookie without a session.
    pub async fn open(&self, headers: &HeaderMap) -> io::Result<OpenSession<'_>> {
        if let Some(name) = name_in(headers) {
            let first = usize::from_str_radix(&name[..2], 16).unwrap_or_default();
            let lock = self.locks[first].lock().await;
            let text = fs::read_to_string(self.folder.join(name)).unwrap_or_default();
            // An unreadable session counts as absent.
            if let Ok(session) = serde_json::from_str(&text) {
                return Ok(OpenSession { session, sessions: self, name: name.to_owned(), _lock: Some(lock) });
            }
        }
        Ok(OpenSession { session: Session::new(), sessions: self, name: new_name()?, _lock: None })
    }
}

impl OpenSession<'_> {
    /// Writes the session to a file that only this user can read, then replaces the old one.
    pub fn save(&self) -> io::Result<()> {
        let file = self.sessions.folder.join(&self.name);
        let new = file.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&new)?.write_all(&serde_json::to_vec(&self.session)?)?;
        fs::rename(new, file)
    }

    /// Gives the session another name, to prevent session fixation.
    pub fn rename(&mut self) -> io::Result<()> {
        let old = std::mem::replace(&mut self.name, new_name()?);
        self.save()?;
        fs::remove_file(self.sessions.folder.join(old))
    }

    /// Ends the session and begins an anonymous one.
    pub fn end(&mut self) -> io::Result<()> {
        self.session = Session::new();
        self.rename()
    }

    /// The cookie that names the session, for loopback. On https, name it `__Host-session` and add `Secure`.
    pub fn cookie(&self) -> String {
        format!("session={}; Path=/; HttpOnly; SameSite=Lax", self.name)
    }
}

fn name_in(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    let name = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session="))?;
    (name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(name)
}

fn new_name() -> io::Result<String> {
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy)?;
    Ok(entropy.iter().map(|byte| format!("{byte:02x}")).collect())
}
