use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ChallengeError;

/// An S256 `code_challenge`: the SHA-256 of a verifier's characters (RFC 7636 section 4.2).
///
/// It holds the 32 bytes of the digest. [`encode`](Self::encode) and `Display` give the 43 characters of the parameter
/// `code_challenge`. A challenge is not secret; `==` takes constant time all the same.
#[derive(Clone, Copy)]
pub struct CodeChallenge {
    digest: [u8; 32],
}

impl CodeChallenge {
    /// The `code_challenge_method` of every `CodeChallenge`, in the exact case of the registry.
    pub const METHOD: &str = "S256";
    /// Length of an encoded challenge, in characters.
    pub const LEN: usize = 43;

    pub(crate) fn of(verifier: &[u8]) -> Self {
        Self { digest: Sha256::digest(verifier).into() }
    }

    /// Returns the 43 characters of the parameter `code_challenge`: the digest in base64url without padding.
    pub fn encode(&self) -> EncodedChallenge {
        let mut text = [0; Self::LEN];
        // 32 bytes fill 43 characters exactly, so this never fails.
        let encoded = URL_SAFE_NO_PAD.encode_slice(self.digest, &mut text);
        debug_assert_eq!(encoded, Ok(Self::LEN));
        EncodedChallenge { text }
    }

    /// The digest in four words: what takes constant time takes it for each item, so it is given few.
    fn words(&self) -> [u64; 4] {
        let (words, _) = self.digest.as_chunks();
        core::array::from_fn(|at| u64::from_ne_bytes(words[at]))
    }
}

impl TryFrom<&str> for CodeChallenge {
    type Error = ChallengeError;

    /// Parses a challenge from a request or a store: exactly 43 characters of base64url, whose last character has no
    /// bits beyond the 32 bytes.
    ///
    /// # Errors
    /// [`ChallengeError::Empty`], [`WrongLength`](ChallengeError::WrongLength),
    /// [`BadCharacter`](ChallengeError::BadCharacter) or [`SpareBits`](ChallengeError::SpareBits).
    fn try_from(text: &str) -> Result<Self, ChallengeError> {
        if text.is_empty() {
            return Err(ChallengeError::Empty);
        }
        if text.len() != Self::LEN {
            return Err(ChallengeError::WrongLength { length: text.len() });
        }
        let mut digest = [0; 32];
        if URL_SAFE_NO_PAD.decode_slice(text, &mut digest) == Ok(32) {
            return Ok(Self { digest });
        }
        let is_base64url = |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        match text.bytes().position(|byte| !is_base64url(byte)) {
            Some(position) => Err(ChallengeError::BadCharacter { position }),
            // Length and alphabet are right: what is left to be wrong is the last character.
            None => Err(ChallengeError::SpareBits),
        }
    }
}

impl FromStr for CodeChallenge {
    type Err = ChallengeError;

    fn from_str(text: &str) -> Result<Self, ChallengeError> {
        Self::try_from(text)
    }
}

impl ConstantTimeEq for CodeChallenge {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.words().ct_eq(&other.words())
    }
}

impl PartialEq for CodeChallenge {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for CodeChallenge {}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.encode().as_str())
    }
}

impl fmt::Debug for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeChallenge({self})")
    }
}

/// The 43 characters of a [`CodeChallenge`], stored inline. Created by [`CodeChallenge::encode`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncodedChallenge {
    text: [u8; CodeChallenge::LEN],
}

impl EncodedChallenge {
    /// Returns the characters. None of them needs escaping in a URL.
    pub fn as_str(&self) -> &str {
        // Only base64url characters are ever stored, so this is always UTF-8.
        core::str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl AsRef<str> for EncodedChallenge {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for EncodedChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for EncodedChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedChallenge({})", self.as_str())
    }
}
