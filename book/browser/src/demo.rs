//! The demo as a program of its own, as a person starts it.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Failure;

/// A running demo. It ends when dropped.
#[derive(Debug)]
pub struct Demo {
    _program: Child,
    origin: String,
}

impl Demo {
    /// Starts the program that `PROOFKEY_DEMO` names, at a free port.
    ///
    /// # Errors
    ///
    /// When there is none, or it does not say where it is.
    pub async fn start() -> Result<Self, Failure> {
        let program = std::env::var_os("PROOFKEY_DEMO").ok_or("`cargo xtask browser` runs these tests")?;
        let mut program = Command::new(program)
            .args(["--port", "0"])
            .env_remove("PROOFKEY_ISSUER")
            .env_remove("PROOFKEY_CLIENT_ID")
            .env_remove("PROOFKEY_REDIRECT_URI")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut said = BufReader::new(program.stdout.take().ok_or("the demo has no output")?).lines();
        let first = said.next_line().await?.unwrap_or_default();
        let origin = first.split([' ', ',']).find(|word| word.starts_with("http://"));
        let origin = origin.ok_or_else(|| format!("the demo did not say where it is: {first}"))?.to_owned();
        // What it says later is of no interest, but must find somebody who reads it.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        Ok(Self { _program: program, origin })
    }

    /// Where it is, `http://localhost:PORT`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}
