//! Base64, forms and hashes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// base64url without padding.
pub(crate) fn base64url(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// The octets behind base64url without padding, or none.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Standard base64 with padding, as in `Authorization: Basic` and PEM.
pub(crate) fn base64_standard(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// The octets behind standard base64 with padding, or none.
pub(crate) fn from_base64_standard(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The pairs of a query or form.
pub(crate) fn decode_form(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// Pairs as a query or form.
pub(crate) fn encode_form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// One value, form-encoded.
pub(crate) fn encode_value(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// One form-encoded value, decoded: `+` is a blank.
pub(crate) fn decode_value(text: &str) -> String {
    decode_form(format!("v={}", text.replace('&', "%26")).as_bytes()).pop().map(|(_, value)| value).unwrap_or_default()
}

/// The S256 challenge that belongs to a verifier (RFC 7636 section 4.2).
pub(crate) fn s256(verifier: &str) -> String {
    base64url(&Sha256::digest(verifier.as_bytes()))
}

/// The left half of a hash of `text`, as `at_hash` and `c_hash` want it.
pub(crate) fn half_hash(bits: usize, text: &str) -> String {
    let hash = match bits {
        384 => Sha384::digest(text.as_bytes()).to_vec(),
        512 => Sha512::digest(text.as_bytes()).to_vec(),
        _ => Sha256::digest(text.as_bytes()).to_vec(),
    };
    base64url(&hash[..hash.len() / 2])
}

/// A fresh random text of 43 characters.
///
/// # Panics
///
/// When the system has no entropy, in which case no test can go on.
pub(crate) fn random_text() -> String {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets).expect("the system's entropy");
    base64url(&octets)
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub(crate) fn same_secret(left: &str, right: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// The hash source by which a content security policy allows one inline style.
pub(crate) fn csp_hash(text: &str) -> String {
    format!("'sha256-{}'", base64_standard(&Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_whole() {
        assert_eq!(decode_value("a&b+c%20=%26"), "a&b c =&");
        assert_eq!(decode_value(""), "");
        assert_eq!(decode_value(&encode_value("s3cr&t:p%+ \u{fc}")), "s3cr&t:p%+ \u{fc}");
    }

    /// RFC 7636 Appendix B, and the examples of OpenID Connect Core Appendix A.
    #[test]
    fn published_values_come_out() {
        assert_eq!(s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(half_hash(256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        assert_eq!(half_hash(256, code), "LDktKdoQak3Pk0cnXxCltA");
    }
}
