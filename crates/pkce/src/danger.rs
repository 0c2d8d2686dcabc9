//! The method `plain`, whose challenge is the verifier itself: everyone who sees the authorization request knows the
//! secret.
//!
//! It exists for a server that must still serve clients without SHA-256 (RFC 7636 section 4.2). Nothing in this crate
//! creates a `plain` challenge from a verifier, and [`StoredChallenge`](crate::server::StoredChallenge) refuses the
//! method.

use core::fmt;

use subtle::ConstantTimeEq;

use crate::server::{CheckError, Checked, present};
use crate::{CodeVerifier, VerifierError};

/// A stored challenge of the method `plain`: 43 to 128 unreserved characters.
///
/// ```
/// use proofkey_pkce::danger::PlainChallenge;
///
/// let text = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// let stored = PlainChallenge::new(text)?;
/// assert!(stored.check(Some(text)).is_ok());
/// # Ok::<(), proofkey_pkce::VerifierError>(())
/// ```
pub struct PlainChallenge(CodeVerifier);

impl PlainChallenge {
    /// The `code_challenge_method` of every `PlainChallenge`. An absent method means the same (RFC 7636 section 4.3).
    pub const METHOD: &str = "plain";

    /// Parses a `code_challenge` whose method is `plain` or absent.
    ///
    /// # Errors
    /// [`VerifierError`], since a plain challenge has the form of a verifier.
    pub fn new(code_challenge: &str) -> Result<Self, VerifierError> {
        CodeVerifier::try_from(code_challenge).map(Self)
    }

    /// Checks that the `code_verifier` of a token request is identical to the challenge; `None` when the parameter is
    /// absent. The time taken depends on the lengths only.
    ///
    /// # Errors
    /// [`CheckError`], as for [`StoredChallenge::check`](crate::server::StoredChallenge::check).
    pub fn check(&self, code_verifier: Option<&str>) -> Result<Checked, CheckError> {
        let verifier = present(code_verifier)?;
        if verifier.as_bytes().ct_eq(self.0.expose().as_bytes()).into() {
            Ok(Checked { with_verifier: true })
        } else {
            Err(CheckError::Mismatch)
        }
    }
}

impl fmt::Debug for PlainChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainChallenge(..)")
    }
}
