//! A program under test: a folder, a process group and a limit of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::ending::Ending;
use super::guard;
use super::stderr::Kept;

/// The certificate of a CA that has signed nothing, in the place of the system's: trust comes from `ca_pem` alone, and
/// no client spends a third of its time on reading certificates that it does not need.
const UNRELATED_CA: &str = include_str!("../../unrelated-ca.pem");

/// A folder of its own for each program, so that nothing is handed on from one case to another; gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("proofkey-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir(&folder.0)?;
        std::fs::create_dir(folder.work())?;
        std::fs::create_dir(folder.certificates())?;
        std::fs::write(folder.certificate(), UNRELATED_CA)?;
        Ok(folder)
    }

    /// Where the program starts.
    fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    fn certificates(&self) -> PathBuf {
        self.0.join("certificates")
    }

    fn certificate(&self) -> PathBuf {
        self.0.join("unrelated-ca.pem")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The process group that a program leads. All of it ends when this is dropped.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            guard::kill_group(group);
            guard::release(group);
        }
    }
}

/// A word of a command line; one that names a file from where we stand still names it from elsewhere.
fn in_reach(word: &str) -> PathBuf {
    let path = Path::new(word);
    let absolute = path.is_file().then(|| std::path::absolute(path).ok()).flatten();
    absolute.unwrap_or_else(|| path.to_owned())
}

/// A program that runs.
pub(super) struct Running {
    // Dropped in this order: the processes end before their folder goes.
    group: Group,
    child: Child,
    stderr: Kept,
    reader: JoinHandle<()>,
    _folder: Folder,
}

/// Starts a program; its input, its output, and the rest.
pub(super) fn spawn(words: &[String]) -> Result<(ChildStdin, ChildStdout, Running), String> {
    let words: Vec<PathBuf> = words.iter().map(|word| in_reach(word)).collect();
    let (program, arguments) = words.split_first().ok_or("no program was named")?;
    let program = program.display().to_string();
    let folder = Folder::new().map_err(|error| format!("no folder can be made for {program}: {error}"))?;
    let mut command = Command::new(&program);
    command
        .args(arguments)
        .current_dir(folder.work())
        .env("SSL_CERT_FILE", folder.certificate())
        .env("SSL_CERT_DIR", folder.certificates())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
    let group = Group(child.id());
    if let Some(id) = child.id() {
        guard::watch(id, &folder.0);
    }
    let (Some(input), Some(output), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(format!("{program} has no standard streams"));
    };
    let kept = Kept::default();
    let reader = tokio::spawn(kept.clone().read(stderr));
    Ok((input, output, Running { group, child, stderr: kept, reader, _folder: folder }))
}

impl Running {
    /// What it writes to standard error.
    pub(super) fn stderr(&self) -> Kept {
        self.stderr.clone()
    }

    /// Waits until the program has ended, or ends it when `killed` is closed.
    pub(super) async fn ended(mut self, killed: oneshot::Receiver<()>) -> Ending {
        let status = tokio::select! {
            status = self.child.wait() => status.ok(),
            _ = killed => None,
        };
        // Whatever it has forked ends with it, and closes standard error.
        drop(std::mem::replace(&mut self.group, Group(None)));
        let _ = self.child.wait().await;
        let _ = tokio::time::timeout(Duration::from_millis(500), &mut self.reader).await;
        let (code, how) = match status {
            Some(status) => (status.code(), status.to_string()),
            None => (None, "it was killed".to_owned()),
        };
        Ending { code, how, stderr: self.stderr.take(), asked: Vec::new() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
