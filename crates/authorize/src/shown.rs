use std::fmt;

use crate::Issuer;

/// Sanitises text from another party for use in an error: at most `limit` characters, with a `?` for each that RFC 6749
/// section 4.1.2.1 does not permit in `error_description` (anything but printable ASCII, and `"` and `\`).
pub fn sanitised(text: &str, limit: usize) -> String {
    let is_permitted = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.chars().take(limit).map(|c| if is_permitted(c) { c } else { '?' }).collect()
}

/// Two issuers that should be the same, byte for byte: the expected one and the one that a response names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerMismatch {
    expected: Issuer,
    received: String,
}

impl IssuerMismatch {
    pub(crate) fn new(expected: &Issuer, received: &str) -> Self {
        Self { expected: expected.clone(), received: sanitised(received, 512) }
    }

    /// Returns the issuer that was expected.
    pub fn expected(&self) -> &Issuer {
        &self.expected
    }

    /// Returns the issuer that the response names: its first 512 characters, with a `?` for each that RFC 6749 section
    /// 4.1.2.1 does not permit in an error text.
    pub fn received(&self) -> &str {
        &self.received
    }
}

impl fmt::Display for IssuerMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected \"{}\", received \"{}\"", self.expected.as_str(), self.received)
    }
}
