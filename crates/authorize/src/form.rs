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
    let mut rest = text;
    while !rest.is_empty() {
        // An unreserved character is one octet, so both ends of what stands between two are ends of characters.
        let plain = rest.bytes().position(|octet| !is_unreserved(octet)).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let escaped = rest.bytes().position(is_unreserved).unwrap_or(rest.len());
        for octet in rest[..escaped].bytes() {
            out.push('%');
            out.push(char::from(HEX[usize::from(octet >> 4)]));
            out.push(char::from(HEX[usize::from(octet & 15)]));
        }
        rest = &rest[escaped..];
    }
}

fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~')
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
    // Without an early end the compiler looks at many octets at a time.
    if !text.bytes().fold(false, |any, octet| any | (octet == b'%') | (octet == b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    for octet in octets(text) {
        decoded.push(octet?);
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| FormError::NotUtf8)
}

/// Decodes a value that is expected to be `expected`, and borrows that one if it is.
pub(crate) fn decode_expecting<'a>(text: &'a str, expected: &'a str) -> Result<Cow<'a, str>, FormError> {
    if octets(text).eq(expected.bytes().map(Ok)) { Ok(Cow::Borrowed(expected)) } else { decode(text) }
}

/// The octets that `text` stands for, one after the other, up to a broken escape.
fn octets(text: &str) -> impl Iterator<Item = Result<u8, FormError>> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (&first, after) = rest.split_first()?;
        let digit = |at: usize| after.get(at).and_then(|&octet| char::from(octet).to_digit(16));
        let (octet, after) = match first {
            b'+' => (b' ', after),
            b'%' => match (digit(0), digit(1)) {
                (Some(high), Some(low)) => ((high * 16 + low) as u8, &after[2..]),
                _ => return Some(Err(FormError::BrokenEscape { position: text.len() - rest.len() })),
            },
            octet => (octet, after),
        };
        rest = after;
        Some(Ok(octet))
    })
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
