//! Processes that end with this one, also if it is killed.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Result;

/// Runs a program, and ends it with the signal `$1` when the standard input closes: this process does so, whatever ends it.
const GUARD: &str = "exec 3<&0; signal=$1; shift; \"$@\" </dev/null 3<&- & child=$!; echo $child; \
    cat <&3 >/dev/null; kill -s \"$signal\" $child 2>/dev/null; wait $child";

/// Removes a folder when the standard input closes. A program that ends at the same time may still write to it.
const SWEEP: &str = "cat >/dev/null; while [ -e \"$1\" ]; do rm -rf \"$1\" 2>/dev/null; sleep 0.1; done";

/// A program that is running.
pub struct Process {
    guard: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    /// Its number.
    pub id: u32,
}

impl Process {
    /// Starts a program, which `signal` will end. What it writes to its standard error goes to the file `log`.
    pub async fn start(command: &[&OsStr], signal: &str, log: &Path) -> Result<Self> {
        let mut shell = guarded(GUARD, &[OsStr::new(signal)]);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut guard = shell.args(command).stdout(Stdio::piped()).stderr(log).spawn()?;
        let output = guard.stdout.take().ok_or("no standard output")?;
        let mut process = Self { input: guard.stdin.take(), guard, lines: BufReader::new(output).lines(), id: 0 };
        process.id = process.line().await?.parse()?;
        Ok(process)
    }

    /// The next line that it writes.
    pub async fn line(&mut self) -> Result<String> {
        Ok(self.lines.next_line().await?.ok_or("the program has ended; its log is in the folder")?)
    }

    /// Sends it its signal, and waits until it has ended.
    pub async fn end(mut self) -> Result<()> {
        drop(self.input.take());
        self.guard.wait().await?;
        Ok(())
    }

    /// How much memory it uses, in bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim_end_matches("kB").trim().parse::<u64>()? * 1024)
    }
}

/// Has a folder removed when this process ends: the value is to be kept until then.
pub fn sweep(folder: &Path) -> Result<Child> {
    Ok(guarded(SWEEP, &[folder.as_os_str()]).spawn()?)
}

/// A shell that an interrupt from the terminal does not reach: it has something left to do.
fn guarded(script: &str, arguments: &[&OsStr]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).args(arguments).stdin(Stdio::piped()).process_group(0);
    shell
}
