//! PEM (RFC 7468), of which only one private key in PKCS#8 is read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret_bytes::SecretBytes;
use crate::signing_key_error::SigningKeyError;

/// The labels of private keys; the first is the one that is read.
const LABELS: [&str; 7] = [
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "EC PRIVATE KEY",
    "RSA PRIVATE KEY",
    "DSA PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "ANY PRIVATE KEY",
];

/// Returns the DER of the only private key in `text`. Certificates, parameters and words around it are skipped.
pub(crate) fn private_key(text: &str) -> Result<SecretBytes, SigningKeyError> {
    let mut found = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, body) = after.split_once("-----").ok_or(SigningKeyError::PemMalformed)?;
        rest = body;
        let Some(label) = LABELS.into_iter().find(|known| *known == label) else { continue };
        if found.is_some() {
            return Err(SigningKeyError::PemSeveral);
        }
        let (content, after) =
            body.split_once(&format!("-----END {label}-----")).ok_or(SigningKeyError::PemMalformed)?;
        found = Some((label, content));
        rest = after;
    }
    match found {
        Some(("PRIVATE KEY", content)) => decode(content),
        Some((label, _)) => Err(SigningKeyError::PemLabel { label }),
        None => Err(SigningKeyError::PemMissing),
    }
}

fn decode(content: &str) -> Result<SecretBytes, SigningKeyError> {
    let mut text = SecretBytes::zeros(content.len());
    let mut length = 0_usize;
    for (to, from) in text.iter_mut().zip(content.bytes().filter(|byte| !byte.is_ascii_whitespace())) {
        *to = from;
        length += 1;
    }
    let mut der = SecretBytes::zeros(length.div_ceil(4) * 3);
    let text = text.get(..length).unwrap_or_default();
    let written = STANDARD.decode_slice(text, &mut der).map_err(|_| SigningKeyError::PemMalformed)?;
    der.truncate(written);
    Ok(der)
}
