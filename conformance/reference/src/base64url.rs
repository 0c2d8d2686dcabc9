//! Strict base64url without padding.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// The other alphabet, with `+` and `/`.
pub(crate) fn encode_standard(octets: impl AsRef<[u8]>) -> String {
    STANDARD_NO_PAD.encode(octets)
}

/// `None` for padding, for any character outside of the alphabet, and for spare bits that are set.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict() {
        assert_eq!(decode("A-z_4ME").as_deref(), Some(&[3, 236, 255, 224, 193][..]));
        for text in ["A+z/4ME", "A-z_4ME=", "A-z_4MF", "A-z_ 4ME", "A-z_4", "A-z?4ME"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
