//! A signed response of the userinfo endpoint (OpenID Connect Core section 5.3.2).

use std::fmt;
use std::time::SystemTime;

use crate::check::Check;
use crate::claim_fault::{ClaimFault, ClaimName, Compared, claim_code, describe, from_broken};
use crate::claims::Claims;
use crate::decode_error::DecodeError;
use crate::jwk_set::JwkSet;
use crate::opened::Opened;
use crate::relying_party::RelyingParty;
use crate::rules::Rules;
use crate::signature_error::SignatureError;

/// The claims of a userinfo response that was a signed JWT (`application/jwt`) and was validated.
///
/// `Debug` shows the number of claims only.
#[derive(Clone, Debug)]
pub struct SignedUserInfo {
    claims: Claims,
    checks: Vec<Check>,
}

impl SignedUserInfo {
    /// Validates `token`, the body of a response with the media type `application/jwt`, at the time `now`.
    ///
    /// The signature is verified with the algorithms of `relying_party`; a client whose `userinfo_signed_response_alg`
    /// is not an algorithm of its ID tokens passes a copy with that algorithm ([`RelyingParty::algorithms`]). `sub`
    /// must be `subject`, that of the ID token. If present, `iss` and `aud` must be as in an ID token, and `exp`, `nbf`
    /// and `iat` must agree with `now`.
    ///
    /// # Errors
    /// [`SignedUserInfoError`] for the first of these that does not hold.
    pub fn validate(
        token: &str,
        keys: &JwkSet,
        relying_party: &RelyingParty,
        subject: &str,
        now: SystemTime,
    ) -> Result<Self, SignedUserInfoError> {
        let opened = Opened::read(token)?;
        let checks = {
            let mut rules = Rules::new(token, &opened.claims, &relying_party.registration, keys, now);
            let reading = rules.reading;
            rules.generic_type(&opened.header)?;
            if reading.has(ClaimName::Issuer) {
                rules.issuer()?;
            }
            if reading.has(ClaimName::Audience) {
                rules.client_audience(relying_party)?;
            }
            rules.algorithm(&opened.header)?;
            rules.signature(&opened)?;
            rules.same_subject(subject)?;
            if reading.has(ClaimName::Expiry) {
                rules.expiry()?;
            }
            rules.not_before()?;
            if reading.has(ClaimName::IssuedAt) {
                rules.issued_at()?;
            }
            rules.into_checks()
        };
        Ok(Self { claims: opened.claims.reading(relying_party.text_claims), checks })
    }

    /// Returns all claims of the response.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Returns the rules that were applied, in order, with their outcomes.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }
}

/// The error for a signed userinfo response that is refused because of its form, its signature, or one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignedUserInfoError {
    /// The text is not a compact token with claims. The code is that of the [`DecodeError`].
    Decode(DecodeError),
    /// `signed_userinfo_typ_mismatch`: the header's `typ` is that of another kind of token. Holds the `typ`.
    TokenType(String),
    /// The signature was not accepted. The code is that of the [`SignatureError`].
    Signature(SignatureError),
    /// A claim breaks a rule. The code is made of the claim's name and the name of the [`ClaimFault`], such as
    /// `signed_userinfo_sub_mismatch`.
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

impl SignedUserInfoError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.code(),
            Self::TokenType(_) => "signed_userinfo_typ_mismatch",
            Self::Signature(error) => error.code(),
            Self::Claim { claim, fault, .. } => claim_code!("signed_userinfo_", claim, fault),
        }
    }

    /// Returns whether the key set has no key for this response, so that fetching the set again may help.
    #[must_use]
    pub fn is_key_not_found(&self) -> bool {
        matches!(self, Self::Signature(SignatureError::KeyNotFound { .. }))
    }
}

impl fmt::Display for SignedUserInfoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::TokenType(received) => {
                write!(f, "the header's typ is \"{received}\"; a userinfo response has \"JWT\" or none")
            }
            Self::Claim { claim, fault, compared } => {
                describe(f, "userinfo response", *claim, *fault, compared.as_ref())
            }
        }
    }
}

from_broken!(SignedUserInfoError, Option::unwrap_or_default);
