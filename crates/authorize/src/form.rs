//! `application/x-www-form-urlencoded` as RFC 6749 Appendix B uses it: queries, callbacks, token requests, and the
//! two halves of HTTP Basic credentials.
//!
//! Encoding keeps the unreserved characters of RFC 3986 and escapes every other octet, a space as `%20`, which form
//! decoders and plain percent-decoders read alike. Decoding takes `+` for a space, refuses a `%` that is not
//! followed by two hexadecimal digits, and refuses what is not UTF-8.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text` to `out`, escaped.
pub fn encode_into(out: &mut String, text: &str) {
    for &octet in text.as_bytes() {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(octet));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(octet >> 4)]));
            out.push(char::from(HEX[usize::from(octet & 15)]));
        }
    }
}

/// Appends `name=value` to `out`, both escaped, with a `&` before it unless `out` is empty.
pub fn append_pair(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    encode_into(out, name);
    out.push('=');
    encode_into(out, value);
}

/// Decodes one name or value. It is borrowed when nothing was escaped.
///
/// # Errors
/// [`FormError`] for a broken escape and for octets that are not UTF-8.
pub fn decode(text: &str) -> Result<Cow<'_, str>, FormError> {
    let Some(first) = text.bytes().position(|octet| matches!(octet, b'%' | b'+')) else {
        return Ok(Cow::Borrowed(text));
    };
    let octets = text.as_bytes();
    let mut decoded = Vec::with_capacity(octets.len());
    decoded.extend_from_slice(&octets[..first]);
    let mut at = first;
    while let Some(&octet) = octets.get(at) {
        match octet {
            b'+' => decoded.push(b' '),
            b'%' => {
                let digit = |offset: usize| {
                    let octet = octets.get(at + offset).copied()?;
                    char::from(octet).to_digit(16)
                };
                match (digit(1), digit(2)) {
                    (Some(high), Some(low)) => decoded.push((high * 16 + low) as u8),
                    _ => return Err(FormError::BrokenEscape { position: at }),
                }
                at += 2;
            }
            octet => decoded.push(octet),
        }
        at += 1;
    }
    match String::from_utf8(decoded) {
        Ok(decoded) => Ok(Cow::Owned(decoded)),
        Err(_) => Err(FormError::NotUtf8),
    }
}

/// The raw pairs of a form, in order and not yet decoded. A part without `=` is a name with an empty value; empty
/// parts are passed over.
pub fn raw_pairs(form: &str) -> impl Iterator<Item = (&str, &str)> {
    form.split('&').filter(|part| !part.is_empty()).map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// Why a name or a value of a form cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormError {
    /// A `%` without two hexadecimal digits behind it.
    BrokenEscape {
        /// Where the `%` stands in the name or value, counted in octets from 0.
        position: usize,
    },
    /// The decoded octets are not UTF-8.
    NotUtf8,
}

impl FormError {
    /// A stable name: `form_broken_escape` or `form_not_utf8`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BrokenEscape { .. } => "form_broken_escape",
            Self::NotUtf8 => "form_not_utf8",
        }
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenEscape { position } => {
                write!(f, "the % at position {position} is not followed by two hexadecimal digits")
            }
            Self::NotUtf8 => f.write_str("the decoded octets are not UTF-8"),
        }
    }
}

impl Error for FormError {}
