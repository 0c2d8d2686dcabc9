//! A server of someone else, as a child process.

use std::error::Error;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Ends by itself when its standard input does, and so when this is dropped, or when we are killed. Killed, it would leave behind
/// what it has started.
pub(crate) struct Server {
    child: Child,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) issuer: String,
    /// What else it says of itself.
    pub(crate) said: Value,
}

impl Server {
    /// Starts it, and waits for the line of JSON in which it says its name, version and issuer.
    pub(crate) async fn start(
        command: &[String],
        variables: &[(&str, &str)],
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let [program, arguments @ ..] = command else { return Err("usage: servers COMMAND ...".into()) };
        let mut child = Command::new(program)
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut output = BufReader::new(output).lines();
        let line = output.next_line().await?.ok_or("the server ended at once")?;
        // What else it says is of its own making.
        tokio::spawn(async move { while let Ok(Some(_)) = output.next_line().await {} });
        let said: Value = serde_json::from_str(&line)?;
        let of = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        Ok(Self { child, name: of("name"), version: of("version"), issuer: of("issuer"), said })
    }

    /// Closes its standard input, and waits for what it has to clear away.
    pub(crate) async fn end(mut self) -> std::io::Result<()> {
        drop(self.child.stdin.take());
        let _ = tokio::time::timeout(Duration::from_secs(5), self.child.wait()).await;
        self.child.kill().await
    }
}
