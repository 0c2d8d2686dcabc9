//! Why an access token is refused.

use std::fmt;

use crate::claim_fault::{ClaimFault, ClaimName, Compared, claim_code, describe, from_broken};
use crate::decode_error::DecodeError;
use crate::signature_error::SignatureError;

/// The error for an access token that is refused because of its form, its signature, or one claim.
///
/// It is for the log of the API. Log it, and send the client a [`Challenge`](crate::Challenge).
///
/// Issuers, audiences, algorithms, key identifiers and types of tokens are shown, shortened, and reduced to printable
/// ASCII. No variant holds any other content of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwtAccessTokenError {
    /// The text is not a compact token with claims. The code is that of the [`DecodeError`].
    Decode(DecodeError),
    /// `access_token_typ_mismatch`: the header's `typ` is not `at+jwt`. Holds the `typ`, if there is one.
    TokenType(Option<String>),
    /// The signature was not accepted. The code is that of the [`SignatureError`].
    Signature(SignatureError),
    /// A claim breaks a rule. The code is made of the claim's name and the name of the [`ClaimFault`], such as
    /// `access_token_exp_expired`.
    #[non_exhaustive]
    Claim {
        /// The claim.
        claim: ClaimName,
        /// What is wrong with it.
        fault: ClaimFault,
        /// Both values, when `iss` or `aud` is not what was expected.
        compared: Option<Compared>,
    },
}

impl JwtAccessTokenError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.code(),
            Self::TokenType(_) => "access_token_typ_mismatch",
            Self::Signature(error) => error.code(),
            Self::Claim { claim, fault, .. } => claim_code!("access_token_", claim, fault),
        }
    }

    /// Returns whether the key set has no key for this token, so that fetching the set again may help.
    #[must_use]
    pub fn is_key_not_found(&self) -> bool {
        matches!(self, Self::Signature(SignatureError::KeyNotFound { .. }))
    }
}

impl fmt::Display for JwtAccessTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::TokenType(received) => {
                match received {
                    Some(received) => write!(f, "the header's typ is \"{received}\"")?,
                    None => f.write_str("the header has no typ")?,
                }
                f.write_str(
                    ", and that of an access token is \"at+jwt\"; check that the client did not send its ID token, or \
                     name the issuer's deviation with ResourceServer::compat",
                )
            }
            Self::Claim { claim, fault, compared } => describe(f, "access token", *claim, *fault, compared.as_ref()),
        }
    }
}

from_broken!(JwtAccessTokenError, std::convert::identity);
