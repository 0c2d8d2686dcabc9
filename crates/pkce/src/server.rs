//! The authorization server's side: store the challenge with the code, check the verifier at the token endpoint
//! (RFC 7636 sections 4.4 to 4.6, RFC 9700 section 2.1.1).
//!
//! ```
//! use proofkey_pkce::server::{CheckError, StoredChallenge};
//!
//! // At the authorization endpoint: both parameters as received. Answer an error with `invalid_request`.
//! let stored = StoredChallenge::from_request(
//!     Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
//!     Some("S256"),
//! )?;
//!
//! // At the token endpoint: `code_verifier` as received. Answer an error with `invalid_grant`.
//! let checked = stored.check(Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
//! assert!(checked.is_ok());
//!
//! // The challenge itself, sent as the verifier, is refused.
//! let replayed = stored.check(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
//! assert_eq!(replayed.unwrap_err(), CheckError::Mismatch);
//! # Ok::<(), proofkey_pkce::ChallengeError>(())
//! ```

use core::error::Error;
use core::fmt;

use subtle::ConstantTimeEq;

use crate::verifier::check_form;
use crate::{ChallengeError, CodeChallenge, VerifierError};

/// The challenge that an authorization server stores with the code, or the fact that the request had none.
///
/// To store it, write the text of [`challenge`](Self::challenge); to read it back, parse that text with
/// [`CodeChallenge::try_from`]:
///
/// ```
/// use proofkey_pkce::CodeChallenge;
/// use proofkey_pkce::server::StoredChallenge;
///
/// let stored = StoredChallenge::from_request(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), Some("S256"))?;
/// let column = stored.challenge().map(CodeChallenge::to_string);
///
/// let read = match column.as_deref() {
///     Some(text) => StoredChallenge::from(CodeChallenge::try_from(text)?),
///     None => StoredChallenge::none(),
/// };
/// assert_eq!(read, stored);
/// # Ok::<(), proofkey_pkce::ChallengeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredChallenge(Option<CodeChallenge>);

impl StoredChallenge {
    /// Parses the parameters `code_challenge` and `code_challenge_method` of an authorization request, form-decoded;
    /// `None` for an absent one.
    ///
    /// A request with neither is stored as one without PKCE. Whether such a request is accepted is the server's policy:
    /// ask [`is_none`](Self::is_none). If it is, a token request for its code must have no verifier.
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

    /// Returns the value for a code that was issued without a challenge.
    pub fn none() -> Self {
        Self(None)
    }

    /// Returns whether the authorization request had no challenge.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the challenge; `None` when the authorization request had none.
    pub fn challenge(&self) -> Option<&CodeChallenge> {
        self.0.as_ref()
    }

    /// Checks the `code_verifier` of a token request, form-decoded; `None` when the parameter is absent.
    ///
    /// The digests are compared in constant time. Invalidate the code whatever the result, so that no second verifier
    /// can be tried.
    ///
    /// # Errors
    /// [`CheckError`]. The answer to the client is `invalid_grant` for each of them (RFC 7636 section 4.6).
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

/// Proof that a token request passed the check of its verifier, created only by [`StoredChallenge::check`] and
/// [`PlainChallenge::check`](crate::danger::PlainChallenge::check). A function that issues tokens can take one as an
/// argument, so that it cannot be called without the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "issue a token only with this in hand"]
pub struct Checked {
    pub(crate) with_verifier: bool,
}

impl Checked {
    /// Returns whether a verifier was checked: `false` when the code was issued without a challenge and redeemed without
    /// a verifier.
    pub fn with_verifier(&self) -> bool {
        self.with_verifier
    }
}

/// The error for a token request that does not pass the check (RFC 7636 section 4.6). Answer all of them with
/// `invalid_grant`; the difference is for the server's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// A challenge was stored, and the token request has no `code_verifier`.
    Missing,
    /// `code_verifier` is empty.
    Empty,
    /// `code_verifier` does not have the form of a verifier.
    Malformed(VerifierError),
    /// `code_verifier` is well formed and does not match the challenge.
    Mismatch,
    /// The token request has a `code_verifier`, and no challenge was stored: an attacker may have removed it from the
    /// authorization request (RFC 9700 section 4.8.2).
    UnexpectedVerifier,
}

impl CheckError {
    /// Returns the stable code, `verifier_` and what is wrong, such as `verifier_mismatch`. For
    /// [`Malformed`](Self::Malformed) it is that of the [`VerifierError`].
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
            Self::Mismatch => "the code_verifier does not match the stored code_challenge",
            Self::UnexpectedVerifier => {
                "the token request has a code_verifier, and no code_challenge was stored; it may have been removed \
                 from the authorization request"
            }
        })
    }
}

impl Error for CheckError {}
