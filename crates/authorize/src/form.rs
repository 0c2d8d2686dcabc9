//! `application/x-www-form-urlencoded` as RFC 6749 Appendix B uses it, for queries, callbacks, token requests, and the
//! identifier and secret in HTTP Basic.
//!
//! Encoding keeps the unreserved characters of RFC 3986 and escapes every other byte. A space becomes `%20`, which form
//! decoders and percent-decoders both accept. Decoding turns `+` into a space, and refuses a `%` that is not followed by
//! two hexadecimal digits, and bytes that are not UTF-8.
//!
//! ```
//! use proofkey_authorize::form;
//!
//! let mut query = String::new();
//! form::append_pair(&mut query, "scope", "openid email");
//! form::append_pair(&mut query, "prompt", "login");
//! assert_eq!(query, "scope=openid%20email&prompt=login");
//!
//! assert_eq!(form::raw_pairs(&query).next(), Some(("scope", "openid%20email")));
//! assert_eq!(form::decode("openid+email%21")?, "openid email!");
//! # Ok::<(), form::FormError>(())
//! ```

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends one name or value to `out`, escaped.
pub fn encode_into(out: &mut String, text: &str) {
    let mut rest = text;
    while !rest.is_empty() {
        // An unreserved character is one byte, so both ends of what stands between two are ends of characters.
        let (plain, behind) = rest.split_at(unreserved_at_start(rest.as_bytes()));
        out.push_str(plain);
        rest = behind;
        let escaped = rest.bytes().position(|byte| IS_UNRESERVED[usize::from(byte)]).unwrap_or(rest.len());
        for byte in rest[..escaped].bytes() {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
        rest = &rest[escaped..];
    }
}

/// RFC 3986 section 2.3. A table costs a third of the comparisons.
static IS_UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(byte as u8, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};

/// Appends `name=value` to `out`, both escaped. Appends a `&` first unless `out` is empty.
pub fn append_pair(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    encode_into(out, name);
    out.push('=');
    encode_into(out, value);
}

/// Decodes one name or value. The result is borrowed when nothing was escaped.
///
/// # Errors
/// [`FormError`] for a broken escape, and for bytes that are not UTF-8.
pub fn decode(text: &str) -> Result<Cow<'_, str>, FormError> {
    let Some(first) = text.bytes().position(|byte| matches!(byte, b'%' | b'+')) else {
        return Ok(Cow::Borrowed(text));
    };
    let (plain, mut rest) = text.as_bytes().split_at(first);
    let mut decoded = Vec::with_capacity(text.len());
    decoded.extend_from_slice(plain);
    while !rest.is_empty() {
        let position = text.len() - rest.len();
        let (byte, behind) = decode_first(rest).ok_or(FormError::BrokenEscape { position })?;
        decoded.push(byte);
        rest = behind;
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| FormError::NotUtf8)
}

/// Decodes one name or value as far as it can be decoded: a broken escape stands for itself, and U+FFFD for bytes that
/// are not UTF-8. For words that are shown to a developer, never for a value that is compared or sent.
pub(crate) fn decode_lossy(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let (byte, behind) = decode_first(rest).unwrap_or((first, behind));
        decoded.push(byte);
        rest = behind;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Whether `text` decodes to `expected`.
pub(crate) fn decodes_to(text: &str, expected: &str) -> bool {
    let mut rest = text.as_bytes();
    let begins_so = expected.bytes().all(|wanted| {
        decode_first(rest).is_some_and(|(byte, behind)| {
            rest = behind;
            byte == wanted
        })
    });
    begins_so && rest.is_empty()
}

/// The byte that stands first, and what is behind it; `None` for a broken escape and at the end.
fn decode_first(text: &[u8]) -> Option<(u8, &[u8])> {
    let (first, behind) = text.split_first()?;
    match first {
        b'%' => {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let ([high, low], behind) = behind.split_first_chunk()?;
            Some(((digit(*high)? * 16 + digit(*low)?) as u8, behind))
        }
        b'+' => Some((b' ', behind)),
        byte => Some((*byte, behind)),
    }
}

/// Returns an iterator over the names and values of a form, in order and not decoded. A part without `=` is a name with
/// an empty value. Empty parts are skipped.
pub fn raw_pairs(form: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(form);
    let parts = std::iter::from_fn(move || {
        let (part, behind) = first_part(rest?);
        rest = behind;
        Some(part)
    });
    parts.filter(|part| !part.is_empty()).map(|part| match part.bytes().position(|byte| byte == b'=') {
        Some(at) => (&part[..at], &part[at + 1..]),
        None => (part, ""),
    })
}

/// What stands before the first `&`, and what is behind it.
fn first_part(form: &str) -> (&str, Option<&str>) {
    let bytes = form.as_bytes();
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let without = blocks.iter().take_while(|block| all(*block, |byte| byte != b'&')).count();
    let at = bytes[without * BLOCK..].iter().position(|byte| *byte == b'&').map(|at| without * BLOCK + at);
    at.map_or((form, None), |at| (&form[..at], Some(&form[at + 1..])))
}

/// Whether `text` has neither an escape nor a control character, and so is what it means.
pub(crate) fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| !byte.is_ascii_control() & (byte != b'%') & (byte != b'+');
    let bytes = text.as_bytes();
    match bytes.last_chunk::<BLOCK>() {
        None => all(bytes, is_plain),
        // The last bytes need not fill a block: some before them are looked at twice.
        Some(last) => all(last, is_plain) && bytes.as_chunks::<BLOCK>().0.iter().all(|block| all(block, is_plain)),
    }
}

/// Bytes scanned per step.
const BLOCK: usize = 16;

fn all(bytes: &[u8], are: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, byte| all & are(*byte))
}

/// How many bytes are unreserved characters, up to the first other one.
fn unreserved_at_start(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| !IS_UNRESERVED[usize::from(byte)]).unwrap_or(bytes.len())
}

/// The error of [`decode`]: a name or value that cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormError {
    /// A `%` is not followed by two hexadecimal digits.
    BrokenEscape {
        /// The position of the `%` in the name or value, in bytes from 0.
        position: usize,
    },
    /// The decoded bytes are not UTF-8.
    NotUtf8,
}

impl FormError {
    /// Returns the stable code: `form_broken_escape` or `form_not_utf8`.
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
            Self::NotUtf8 => f.write_str("the decoded bytes are not UTF-8"),
        }
    }
}

impl Error for FormError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_wherever_it_stands_in_or_behind_the_blocks() {
        for length in 0..3 * BLOCK {
            let plain = "a".repeat(length);
            assert!(is_plain(&plain), "{length}");
            assert!(raw_pairs(&plain).eq((length > 0).then_some((plain.as_str(), ""))), "{length}");
            assert!(raw_pairs(&format!("{}a=b", "&".repeat(length))).eq([("a", "b")]), "{length} empty parts");
            for at in 0..length {
                let (before, behind) = (&plain[..at], &plain[at + 1..]);
                for special in ["%", "+", "\n", "\0", "\x7F"] {
                    assert!(!is_plain(&format!("{before}{special}{behind}")), "{special:?} at {at} of {length}");
                }
                let form = format!("{before}&{behind}");
                let parts = [before, behind].into_iter().filter(|part| !part.is_empty());
                assert!(raw_pairs(&form).eq(parts.map(|part| (part, ""))), "{form}");
                let form = format!("\u{e9}{before}={behind}&b=c");
                let name = format!("\u{e9}{before}");
                assert!(raw_pairs(&form).eq([(name.as_str(), behind), ("b", "c")]), "{form}");
            }
        }
    }
}
