//! A user with an empty home directory, and a browser.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use proofkey_authority::{Authority, Browser, Landing};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// Removed at the end.
pub(crate) struct Home(PathBuf);

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Outcome {
    /// The output of a run that succeeded.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.output
    }

    /// Asserts that the run failed with this exit code, wrote nothing to standard output, and said this.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, text: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.output, "");
        assert!(self.errors.contains(text), "{self:?}");
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.0.join(".config/proofkey/config.toml")
    }

    pub(crate) fn write_config(&self, text: &str) {
        fs::create_dir_all(self.config().parent().unwrap()).unwrap();
        fs::write(self.config(), text).unwrap();
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.join(".local/state/proofkey/profiles")
    }

    /// The program without any environment but this home: no display, no browser, no secret.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_proofkey"));
        command.args(arguments).env_clear().env("HOME", &self.0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(&mut self.command(arguments)).await
    }

    pub(crate) async fn run_with_env(&self, name: &str, value: impl AsRef<OsStr>, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments).env(name, value)).await
    }

    pub(crate) async fn run_with_input(&self, input: &str, arguments: &[&str]) -> Outcome {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        // A program that does not read it has closed it.
        let _ = pipe.write_all(input.as_bytes()).await;
        drop(pipe);
        let output = child.wait_with_output().await.unwrap();
        Outcome { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
    }

    /// Logs in at the authority with a browser in which its first user is signed in.
    pub(crate) async fn log_in(&self, authority: &Authority, more: &[&str]) -> Outcome {
        let mut arguments = vec!["login", "--issuer", authority.issuer(), "--client-id", NATIVE];
        arguments.extend(more);
        Run::start(&mut self.command(&arguments)).await.finish(authority).await
    }
}

/// The public client that the authority knows.
pub(crate) const NATIVE: &str = "QhgXEVKKNmJzLwQxZeUuxtfqXlf619S5";

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A login that waits for its browser.
pub(crate) struct Run {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    pub(crate) url: String,
    pub(crate) errors: String,
}

impl Run {
    /// Starts a login, and reads the URL that it shows.
    pub(crate) async fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut run = Self { child, lines, url: String::new(), errors: String::new() };
        while let Some(line) = run.lines.next_line().await.unwrap() {
            run.errors += &format!("{line}\n");
            if line.trim().starts_with("http") {
                run.url = line.trim().to_owned();
                break;
            }
        }
        run
    }

    /// Reads on until this was said.
    pub(crate) async fn read_until(&mut self, text: &str) {
        while !self.errors.contains(text) {
            let line = self.lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("no {text:?} in {}", self.errors));
            self.errors += &format!("{line}\n");
        }
    }

    /// The address to which the browser is sent back.
    pub(crate) async fn callback(&self, authority: &Authority) -> String {
        Browser::new(authority.wire()).open(&self.url).await.unwrap().callback().unwrap()
    }

    /// Goes through the login with a browser; does nothing if there is no URL.
    pub(crate) async fn finish(self, authority: &Authority) -> Outcome {
        if !self.url.is_empty() {
            let mut browser = Browser::new(authority.wire());
            let callback = Landing::Callback(self.callback(authority).await);
            let page = browser.deliver(&callback).await.unwrap();
            let origin = page.url.split("/callback").next().unwrap().to_owned();
            if let Some(location) = page.header("location") {
                browser.open(&format!("{origin}{location}")).await.unwrap();
            }
        }
        self.end().await
    }

    pub(crate) async fn end(mut self) -> Outcome {
        let mut output = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut output).await.unwrap();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            self.errors += &format!("{line}\n");
        }
        Outcome { code: self.child.wait().await.unwrap().code(), output, errors: self.errors }
    }
}

async fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().await.unwrap();
    Outcome { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
