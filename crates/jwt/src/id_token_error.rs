//! Why an ID token is refused.

use std::fmt;

use crate::claim_fault::{ClaimFault, ClaimName, Compared, claim_code, describe, from_broken};
use crate::decode_error::DecodeError;
use crate::signature_error::SignatureError;

/// The error for an ID token that is refused because of its form, its signature, or one claim.
///
/// Issuers, audiences, algorithms, key identifiers and types of tokens are shown, so that they can be compared; they are
/// shortened, and reduced to printable ASCII. No variant holds any other content of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdTokenError {
    /// The text is not a compact token with claims. The code is that of the [`DecodeError`].
    Decode(DecodeError),
    /// `id_token_typ_mismatch`: the header's `typ` is that of another kind of token. Holds the `typ`.
    TokenType(String),
    /// The signature was not accepted. The code is that of the [`SignatureError`].
    Signature(SignatureError),
    /// A claim breaks a rule. The code is made of the claim's name and the name of the [`ClaimFault`], such as
    /// `id_token_exp_expired`.
    #[non_exhaustive]
    Claim {
        /// The claim.
        claim: ClaimName,
        /// What is wrong with it.
        fault: ClaimFault,
        /// Both values, when `iss`, `aud` or `azp` is not what was expected.
        compared: Option<Compared>,
    },
}

impl IdTokenError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.code(),
            Self::TokenType(_) => "id_token_typ_mismatch",
            Self::Signature(error) => error.code(),
            Self::Claim { claim, fault, .. } => claim_code!("id_token_", claim, fault),
        }
    }

    /// Returns whether the key set has no key for this token, so that fetching the set again may help.
    #[must_use]
    pub fn is_key_not_found(&self) -> bool {
        matches!(self, Self::Signature(SignatureError::KeyNotFound { .. }))
    }
}

impl fmt::Display for IdTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::TokenType(received) => write!(
                f,
                "the header's typ is \"{received}\", another kind of token; an ID token has \"JWT\" or none: check that \
                 an access or logout token was not passed in its place"
            ),
            Self::Claim { claim, fault, compared } => describe(f, "ID token", *claim, *fault, compared.as_ref()),
        }
    }
}

from_broken!(IdTokenError, Option::unwrap_or_default);
