//! What is written, and where: results to standard output, all else to standard error.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::error::Failure;

/// Writes a line to standard output.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.write_all(b"\n"));
    written.and_then(|()| output.flush()).map_err(Failure::output)
}

pub(crate) fn bytes(text: &[u8]) -> Result<(), Failure> {
    std::io::stdout().lock().write_all(text).map_err(Failure::output)
}

pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    line(&value.to_string())
}

/// Tells of an error, with its causes, and what to do.
pub(crate) fn failure(failure: &Failure, profile: Option<&str>, as_json: bool) {
    let mut message = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    let advice = failure.advice(profile);
    if as_json {
        let (code, exit_code) = (failure.code(), failure.exit_code());
        let error = json!({ "code": code, "exit_code": exit_code, "message": message, "advice": advice });
        note(&json!({ "error": error }).to_string());
    } else {
        note(&format!("{} {}", strong("proofkey:"), plain(&message)));
        advice.iter().for_each(|advice| note(advice));
    }
}

/// Writes a line to standard error. That it is closed is no reason to fail.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A text in bold on a terminal, unless `NO_COLOR` says that it must be plain.
pub(crate) fn strong(text: &str) -> String {
    let variable = |name| std::env::var_os(name).unwrap_or_default();
    let is_plain = cfg!(windows) || !variable("NO_COLOR").is_empty() || variable("TERM") == "dumb";
    if is_plain || !std::io::stderr().is_terminal() { text.to_owned() } else { format!("\x1b[1m{text}\x1b[0m") }
}

/// A text of a server for a terminal, which obeys control characters.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// A time as RFC 3339 has it, in UTC and whole seconds.
pub(crate) fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
