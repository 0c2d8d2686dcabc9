use core::error::Error;
use core::fmt;

/// The error of [`CodeVerifier::from_entropy`](crate::CodeVerifier::from_entropy).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntropyError {
    /// There are fewer than 32 bytes. RFC 7636 section 7.1 asks for 256 bits.
    TooShort {
        /// The number of bytes.
        length: usize,
    },
    /// There are more than 96 bytes. Their encoding would be longer than 128 characters.
    TooLong {
        /// The number of bytes.
        length: usize,
    },
}

impl EntropyError {
    /// Returns the stable code: `entropy_too_short` or `entropy_too_long`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "entropy_too_short",
            Self::TooLong { .. } => "entropy_too_long",
        }
    }
}

impl fmt::Display for EntropyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { length } => write!(
                f,
                "{length} bytes of entropy are too few for a code_verifier: pass 32 to 96 bytes of a \
                 cryptographic random source"
            ),
            Self::TooLong { length } => {
                write!(f, "{length} bytes of entropy are too many for a code_verifier: pass 32 to 96 bytes")
            }
        }
    }
}

impl Error for EntropyError {}

/// The error for a text that is not a `code_verifier` (RFC 7636 section 4.1). It shows a length or a position, never
/// content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifierError {
    /// The text is shorter than 43 characters.
    TooShort {
        /// The length of the text, in bytes.
        length: usize,
    },
    /// The text is longer than 128 characters.
    TooLong {
        /// The length of the text, in bytes.
        length: usize,
    },
    /// The text has a character outside `A-Z a-z 0-9 - . _ ~`.
    BadCharacter {
        /// The position of the first such character, in bytes from 0.
        position: usize,
    },
}

impl VerifierError {
    /// Returns the stable code: `verifier_too_short`, `verifier_too_long` or `verifier_bad_character`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "verifier_too_short",
            Self::TooLong { .. } => "verifier_too_long",
            Self::BadCharacter { .. } => "verifier_bad_character",
        }
    }
}

impl fmt::Display for VerifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { length } => {
                write!(f, "the code_verifier has {length} bytes; it needs at least 43")
            }
            Self::TooLong { length } => {
                write!(f, "the code_verifier has {length} bytes; it may have at most 128")
            }
            Self::BadCharacter { position } => {
                write!(f, "the code_verifier has a character outside A-Z a-z 0-9 - . _ ~ at position {position}")
            }
        }
    }
}

impl Error for VerifierError {}

/// The error for a `code_challenge` or `code_challenge_method` that is refused (RFC 7636 sections 4.2 to 4.4). An
/// authorization server answers it with `invalid_request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeError {
    /// `code_challenge` is present and empty. Treated as absent, it would switch the check off.
    Empty,
    /// `code_challenge` does not have 43 characters, the length of every S256 challenge.
    WrongLength {
        /// The length of `code_challenge`, in bytes.
        length: usize,
    },
    /// `code_challenge` has a character outside the base64url alphabet, such as the padding `=`.
    BadCharacter {
        /// The position of the first such character, in bytes from 0.
        position: usize,
    },
    /// The last character of `code_challenge` has bits beyond the 32 bytes of a digest.
    SpareBits,
    /// `code_challenge_method` is absent, which means `plain` (RFC 7636 section 4.3).
    MethodMissing,
    /// `code_challenge_method` is `plain`, which shows the verifier to everyone who sees the request.
    MethodPlain,
    /// `code_challenge_method` is neither `S256` nor `plain`. The comparison is exact: `s256` is unknown.
    MethodUnknown,
    /// `code_challenge_method` is present, and `code_challenge` is absent.
    MethodWithoutChallenge,
}

impl ChallengeError {
    /// Returns the stable code, `challenge_` or `method_` and what is wrong, such as `challenge_wrong_length`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "challenge_empty",
            Self::WrongLength { .. } => "challenge_wrong_length",
            Self::BadCharacter { .. } => "challenge_bad_character",
            Self::SpareBits => "challenge_spare_bits",
            Self::MethodMissing => "method_missing",
            Self::MethodPlain => "method_plain",
            Self::MethodUnknown => "method_unknown",
            Self::MethodWithoutChallenge => "method_without_challenge",
        }
    }
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("code_challenge is empty; leave it out or send 43 characters"),
            Self::WrongLength { length } => {
                write!(f, "code_challenge has {length} bytes; an S256 challenge has exactly 43")
            }
            Self::BadCharacter { position } => write!(
                f,
                "code_challenge has a character outside A-Z a-z 0-9 - _ at position {position}; send base64url \
                 without padding"
            ),
            Self::SpareBits => f.write_str(
                "the last character of code_challenge has spare bits; send the base64url encoding of 32 bytes",
            ),
            Self::MethodMissing => f.write_str("code_challenge_method is absent, which means plain; send S256"),
            Self::MethodPlain => f.write_str("code_challenge_method is plain; send S256"),
            Self::MethodUnknown => f.write_str("code_challenge_method is unknown; it must be exactly S256"),
            Self::MethodWithoutChallenge => {
                f.write_str("there is a code_challenge_method and no code_challenge; send both or neither")
            }
        }
    }
}

impl Error for ChallengeError {}
