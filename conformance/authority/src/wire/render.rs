//! The log as readable text.

use std::fmt::Write;

use super::exchange::{Exchange, Party};
use super::secrets::Masker;
use crate::encoding::from_base64url;

/// Longer values are cut.
const WIDEST: usize = 160;

pub(crate) fn render(exchanges: &[Exchange], masker: &Masker) -> String {
    let mut text = String::new();
    for exchange in exchanges {
        // Writing to a String does not fail.
        let _ = one(&mut text, exchange, masker);
    }
    text
}

fn one(text: &mut String, exchange: &Exchange, masker: &Masker) -> std::fmt::Result {
    let from = match exchange.from {
        Party::Browser => "browser",
        Party::Client => "client",
        Party::Authority => "authority",
    };
    writeln!(text, "{:>3}. {from} -> {}  {} {}", exchange.seq, exchange.to, exchange.method, exchange.path)?;
    for (kind, pairs) in [("?", &exchange.query), ("", &exchange.form)] {
        for (name, value) in pairs {
            writeln!(text, "       {kind}{name} = {}", shown(value, masker))?;
        }
    }
    if let Some(value) = exchange.header("authorization") {
        writeln!(text, "       authorization: {}", shown(value, masker))?;
    }
    if let Some(claims) = exchange.header("dpop").and_then(claims) {
        writeln!(text, "       dpop: {}", shown(&claims, masker))?;
    }
    match exchange.status {
        Some(status) => write!(text, "     <- {status}")?,
        None => write!(text, "     <- no answer")?,
    }
    for name in ["content-type", "location", "www-authenticate", "dpop-nonce", "retry-after"] {
        if let Some(value) = exchange.response_header(name) {
            write!(text, "  {name}: {}", shown(value, masker))?;
        }
    }
    text.push('\n');
    let is_page = exchange.response_header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if !exchange.response_body.is_empty() && !is_page {
        writeln!(text, "        {}", shown(&exchange.response_text(), masker))?;
    }
    for fault in &exchange.faults {
        let (code, row) = (fault.code(), fault.rule.row());
        writeln!(text, "      ! the client is at fault: {code} ({row}): {}", shown(&fault.detail, masker))?;
    }
    for note in &exchange.notes {
        writeln!(text, "      * {}", shown(note, masker))?;
    }
    Ok(())
}

/// What a JWT states.
fn claims(jwt: &str) -> Option<String> {
    String::from_utf8(from_base64url(jwt.split('.').nth(1)?)?).ok()
}

/// Masked first and cut afterwards, so that no half of a secret is left; control characters escaped.
fn shown(value: &str, masker: &Masker) -> String {
    let masked: String = masker.mask(value).chars().flat_map(printable).collect();
    let length = masked.chars().count();
    if length <= WIDEST {
        return masked;
    }
    let cut: String = masked.chars().take(WIDEST).collect();
    format!("{cut}… ({length} characters)")
}

fn printable(character: char) -> Box<dyn Iterator<Item = char>> {
    if character.is_control() { Box::new(character.escape_default()) } else { Box::new(std::iter::once(character)) }
}
