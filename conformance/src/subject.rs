//! What is judged: a program that speaks the shim protocol, or the reference client in this process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use proofkey_reference::Defects;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// The most octets of a line, and of standard error, that are read.
const MOST: u64 = 1024 * 1024;

/// A CA that has signed nothing, in place of the system's: trust comes from `ca_pem` alone, and no client spends a third
/// of its time on reading what it does not need.
const UNRELATED_CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/unrelated-ca.pem");

/// A client under test.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A program and its arguments, started once a case, without a shell.
    Command(Vec<String>),
    /// The reference client with these switches.
    Reference(Defects),
}

/// A folder of its own for each program, so that nothing is handed on from one case to another; gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("proofkey-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A word of a command line; one that names a file from where we stand still names it from elsewhere.
fn in_reach(word: &str) -> PathBuf {
    let path = Path::new(word);
    let absolute = path.is_file().then(|| std::path::absolute(path).ok()).flatten();
    absolute.unwrap_or_else(|| path.to_owned())
}

/// How a subject ended, or how its case did when it goes on to the next.
pub(crate) struct Ending {
    /// Its exit code; none when a signal ended it or it had to be killed.
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
    /// The switches that the reference client looked at.
    pub(crate) asked: Vec<&'static str>,
}

/// A conversation with a subject.
pub(crate) struct Talk {
    input: Option<Box<dyn AsyncWrite + Unpin + Send>>,
    output: Box<dyn AsyncBufRead + Unpin + Send>,
    /// Everything it wrote, for the search for secrets.
    pub(crate) said: String,
    /// Everything that it was told.
    pub(crate) told: String,
    /// Whether it claims that it can be reset.
    pub(crate) resets: bool,
    stderr: Arc<Mutex<Vec<u8>>>,
    end: JoinHandle<Ending>,
}

impl Talk {
    /// Starts the subject.
    pub(crate) fn start(subject: &Subject) -> Result<Self, String> {
        match subject {
            Subject::Command(words) => Self::spawn(words),
            Subject::Reference(defects) => {
                let (input, theirs) = tokio::io::duplex(64 * 1024);
                let (output, writer) = tokio::io::duplex(64 * 1024);
                let defects = Defects::named(defects.names()).map_err(|unknown| unknown.to_string())?;
                let end = tokio::spawn(async move {
                    let ended = proofkey_reference::serve(BufReader::new(theirs), writer, &defects).await;
                    Ending { code: Some(ended.code.into()), stderr: ended.stderr, asked: defects.asked() }
                });
                Ok(Self::new(input, output, Arc::default(), end))
            }
        }
    }

    fn spawn(words: &[String]) -> Result<Self, String> {
        let words: Vec<PathBuf> = words.iter().map(|word| in_reach(word)).collect();
        let (program, arguments) = words.split_first().ok_or("no program was named")?;
        let program = program.display().to_string();
        let folder = Folder::new().map_err(|error| format!("no folder can be made for {program}: {error}"))?;
        let mut child: Child = Command::new(&program)
            .args(arguments)
            .current_dir(&folder.0)
            .env("SSL_CERT_FILE", UNRELATED_CA)
            .env("SSL_CERT_DIR", &folder.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        let (Some(input), Some(output), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(format!("{program} has no standard streams"));
        };
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let text = written.clone();
        let end = tokio::spawn(async move {
            keep(stderr, &text).await;
            let code = child.wait().await.ok().and_then(|status| status.code());
            drop(folder);
            Ending { code, stderr: taken(&text), asked: Vec::new() }
        });
        Ok(Self::new(input, output, written, end))
    }

    fn new(
        input: impl AsyncWrite + Unpin + Send + 'static,
        output: impl AsyncRead + Unpin + Send + 'static,
        stderr: Arc<Mutex<Vec<u8>>>,
        end: JoinHandle<Ending>,
    ) -> Self {
        Self {
            input: Some(Box::new(input)),
            output: Box::new(BufReader::new(output)),
            said: String::new(),
            told: String::new(),
            resets: false,
            stderr,
            end,
        }
    }

    /// Sends one line. A subject that is gone is noticed when its answer is read.
    pub(crate) async fn tell(&mut self, message: &serde_json::Value) {
        if let Some(input) = &mut self.input {
            let line = format!("{message}\n");
            self.told.push_str(&line);
            let _ = input.write_all(line.as_bytes()).await;
            let _ = input.flush().await;
        }
    }

    /// The next line; none when the subject closed its output.
    pub(crate) async fn hear(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = (&mut self.output).take(MOST).read_until(b'\n', &mut line).await.ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        self.said.push_str(&line);
        (read > 0).then_some(line)
    }

    /// Makes the subject forget the case, for the next one. None when it does not say in time that it did.
    pub(crate) async fn reset(&mut self, patience: Duration) -> Option<(Ending, String)> {
        self.tell(&serde_json::json!({"t": "reset"})).await;
        let answered = async {
            let answer = self.hear().await?;
            serde_json::from_str::<serde_json::Value>(&answer).ok().filter(|answer| answer["t"] == "reset")
        };
        tokio::time::timeout(patience, answered).await.ok().flatten()?;
        // What it wrote to standard error before its answer is in the pipe by now, but may not have been read yet.
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.told.clear();
        self.resets = false;
        let ending = Ending { code: Some(0), stderr: taken(&self.stderr), asked: Vec::new() };
        Some((ending, std::mem::take(&mut self.said)))
    }

    /// Ends the conversation and waits for the subject, but not for ever.
    pub(crate) async fn end(mut self, patience: Duration) -> (Ending, String) {
        self.input = None;
        let end = self.end.abort_handle();
        let rest = async { while self.hear().await.is_some() {} };
        let _ = tokio::time::timeout(patience, rest).await;
        let ending = match tokio::time::timeout(patience, self.end).await {
            Ok(Ok(ending)) => ending,
            _ => {
                end.abort();
                Ending { code: None, stderr: String::new(), asked: Vec::new() }
            }
        };
        (ending, self.said)
    }
}

/// Keeps the beginning of what a program writes to standard error, until it closes it.
async fn keep(mut stderr: impl AsyncRead + Unpin, text: &Mutex<Vec<u8>>) {
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut part).await {
        let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
        let room = usize::try_from(MOST).unwrap_or(usize::MAX).saturating_sub(text.len());
        text.extend_from_slice(&part[..length.min(room)]);
    }
}

fn taken(text: &Mutex<Vec<u8>>) -> String {
    let text = std::mem::take(&mut *text.lock().unwrap_or_else(PoisonError::into_inner));
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_program_starts_in_an_empty_folder_of_its_own() {
        let words = ["sh", "-c", "pwd; ls -A; touch left-over"].map(str::to_owned);
        let mut folders = Vec::new();
        for _ in 0..2 {
            let mut talk = Talk::spawn(&words).unwrap();
            let folder = talk.hear().await.unwrap();
            assert_eq!(talk.hear().await, None, "the folder is not empty");
            assert_eq!(talk.end(Duration::from_secs(5)).await.0.code, Some(0));
            assert!(!Path::new(folder.trim()).exists(), "{folder} is left behind");
            folders.push(folder);
        }
        assert_ne!(folders[0], folders[1]);
    }
}
