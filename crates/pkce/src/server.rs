//! The authorization server's side: keep the challenge with the code, check the verifier at the token endpoint
//! (RFC 7636 sections 4.4 to 4.6, RFC 9700 section 2.1.1).
//!
//! ```
//! use proofkey_pkce::server::{CheckError, StoredChallenge};
//!
//! // At the authorization endpoint: both parameters as they came, or the error to answer (`invalid_request`).
//! let stored = StoredChallenge::from_request(
//!     Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
//!     Some("S256"),
//! )?;
//!
//! // At the token endpoint: whatever came as `code_verifier`. Without a `Checked` no token is issued.
//! let checked = stored.check(Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
//! assert!(checked.is_ok());
//!
//! // The challenge itself, sent as a verifier, does not open the door.
//! let replayed = stored.check(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
//! assert_eq!(replayed.unwrap_err(), CheckError::Mismatch);
//! # Ok::<(), proofkey_pkce::ChallengeError>(())
//! ```

use core::error::Error;
use core::fmt;

use subtle::ConstantTimeEq;

use crate::verifier::check_form;
use crate::{ChallengeError, CodeChallenge, VerifierError};

/// What the authorization server writes down beside the code: the challenge of the request, or that there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredChallenge(Option<CodeChallenge>);

impl StoredChallenge {
    /// Reads the parameters `code_challenge` and `code_challenge_method` of an authorization request, decoded.
    ///
    /// A request without both is stored as one without PKCE: whether it is let through is the server's policy
    /// ([`is_none`](Self::is_none)); a verifier that turns up for it later is refused.
    ///
    /// # Errors
    /// [`ChallengeError`] for an empty or malformed challenge, for a method other than `S256`, and for an absent
    /// method, which means `plain`. The answer to the client is `invalid_request` (RFC 7636 section 4.4.1).
    pub fn from_request(
        code_challenge: Option<&str>,
        code_challenge_method: Option<&str>,
    ) -> Result<Self, ChallengeError> {
        match (code_challenge, code_challenge_method) {
            (None, None) => Ok(Self(None)),
            (None, Some(_)) => Err(ChallengeError::MethodWithoutChallenge),
            (Some(""), _) => Err(ChallengeError::Empty),
            (Some(_), None | Some("")) => Err(ChallengeError::MethodMissing),
            (Some(challenge), Some(CodeChallenge::METHOD)) => {
                CodeChallenge::try_from(challenge).map(|challenge| Self(Some(challenge)))
            }
            (Some(_), Some("plain")) => Err(ChallengeError::MethodPlain),
            (Some(_), Some(_)) => Err(ChallengeError::MethodUnknown),
        }
    }

    /// A code that was issued without a challenge.
    pub fn none() -> Self {
        Self(None)
    }

    /// Whether the authorization request came without a challenge.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The challenge, for instance to write it into a store.
    pub fn challenge(&self) -> Option<&CodeChallenge> {
        self.0.as_ref()
    }

    /// Checks the `code_verifier` of a token request, `None` when the parameter is absent.
    ///
    /// The digests are compared in constant time. Whatever the outcome, the code is used up.
    ///
    /// # Errors
    /// [`CheckError`]; the answer to the client is `invalid_grant` for every one of them (RFC 7636 section 4.6).
    pub fn check(&self, code_verifier: Option<&str>) -> Result<Checked, CheckError> {
        let Some(stored) = &self.0 else {
            return match code_verifier {
                None => Ok(Checked { with_verifier: false }),
                Some(_) => Err(CheckError::UnexpectedVerifier),
            };
        };
        let verifier = present(code_verifier)?;
        if CodeChallenge::of(verifier.as_bytes()).ct_eq(stored).into() {
            Ok(Checked { with_verifier: true })
        } else {
            Err(CheckError::Mismatch)
        }
    }
}

impl From<CodeChallenge> for StoredChallenge {
    fn from(challenge: CodeChallenge) -> Self {
        Self(Some(challenge))
    }
}

/// A verifier that is there and has the form of one.
pub(crate) fn present(code_verifier: Option<&str>) -> Result<&str, CheckError> {
    match code_verifier {
        None => Err(CheckError::Missing),
        Some("") => Err(CheckError::Empty),
        Some(verifier) => {
            check_form(verifier.as_bytes())?;
            Ok(verifier)
        }
    }
}

/// Proof that a token request passed the check of its verifier. There is no other way to get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "issue a token only with this in hand"]
pub struct Checked {
    pub(crate) with_verifier: bool,
}

impl Checked {
    /// False for a code that was issued without a challenge and redeemed without a verifier.
    pub fn with_verifier(&self) -> bool {
        self.with_verifier
    }
}

/// Why a token request does not pass (RFC 7636 section 4.6). To the client all are `invalid_grant`; the
/// difference is for the server's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// A challenge was stored and no `code_verifier` came.
    Missing,
    /// `code_verifier` came without a value.
    Empty,
    /// `code_verifier` is none. The code is that of the [`VerifierError`].
    Malformed(VerifierError),
    /// A well-formed verifier that is not the one of the challenge.
    Mismatch,
    /// A verifier, but no challenge was stored: it was stripped from the authorization request
    /// (RFC 9700 section 4.8.2).
    UnexpectedVerifier,
}

impl CheckError {
    /// A stable name, `verifier_` and what is wrong, such as `verifier_mismatch`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "verifier_missing",
            Self::Empty => "verifier_empty",
            Self::Malformed(error) => error.code(),
            Self::Mismatch => "verifier_mismatch",
            Self::UnexpectedVerifier => "verifier_unexpected",
        }
    }
}

impl From<VerifierError> for CheckError {
    fn from(error: VerifierError) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(error) => return error.fmt(f),
            Self::Missing => "a code_challenge was stored and the token request has no code_verifier",
            Self::Empty => "the code_verifier of the token request is empty",
            Self::Mismatch => "the code_verifier does not belong to the stored code_challenge",
            Self::UnexpectedVerifier => {
                "the token request has a code_verifier but no code_challenge was stored: the challenge was stripped from \
                 the authorization request"
            }
        })
    }
}

impl Error for CheckError {}
