//! Base64url as RFC 7515 section 2 has it: no padding, nothing between the characters, spare bits zero.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, DecodeSliceError};

/// The text is not strict base64url; the position in the text, in bytes from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotBase64Url(pub(crate) usize);

/// Decodes `text` behind what `out` already holds.
pub(crate) fn append(text: &str, out: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    let start = out.len();
    out.resize(start + text.len().div_ceil(4) * 3, 0);
    let written = into_slice(text, out.get_mut(start..).unwrap_or_default())?;
    out.truncate(start + written);
    Ok(())
}

/// Decodes `text` into a new vector.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    let mut out = Vec::with_capacity(text.len().div_ceil(4) * 3);
    append(text, &mut out)?;
    Ok(out)
}

/// Decodes `text` to the front of `out`, which must have room for it, and returns how many bytes were written.
pub(crate) fn into_slice(text: &str, out: &mut [u8]) -> Result<usize, NotBase64Url> {
    URL_SAFE_NO_PAD.decode_slice(text, out).map_err(|error| NotBase64Url(position(error, text.len())))
}

/// Returns the base64url text of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = vec![0; bytes.len().div_ceil(3) * 4];
    // The buffer has room for the padded form, so it has room for this one.
    let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut out).unwrap_or(0);
    out.truncate(written);
    String::from_utf8(out).unwrap_or_default()
}

fn position(error: DecodeSliceError, length: usize) -> usize {
    match error {
        DecodeSliceError::DecodeError(
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol { offset: at, .. },
        ) => at,
        _ => length,
    }
}
