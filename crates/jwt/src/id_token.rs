//! The ID token: who signed in, by the word of an issuer (OpenID Connect Core section 2).

use std::fmt;
use std::time::SystemTime;

use crate::algorithm::HeaderAlgorithm;
use crate::check::Check;
use crate::claims::Claims;
use crate::compact::Parts;
use crate::expected::Expected;
use crate::id_token_error::IdTokenError;
use crate::jwk_set::JwkSet;
use crate::numeric_date::NumericDate;
use crate::rules::{Dates, Rules};

/// An ID token that was validated: there is no other way to get one.
///
/// `Debug` shows the issuer, the algorithm and the checks. It shows neither the subject nor any
/// other claim, since those identify a person; the token's text is not kept at all.
#[derive(Clone)]
pub struct IdToken {
    claims: Claims,
    algorithm: HeaderAlgorithm,
    dates: Dates,
    checks: Vec<Check>,
}

impl IdToken {
    /// Validates `token` by OpenID Connect Core section 3.1.3.7: each rule once, in the order given
    /// there, with `alg` (rule 7) before the signature (rule 6), which cannot be checked without it.
    ///
    /// The first rule that is broken is the error. [`IdToken::checks`] lists those that were kept.
    ///
    /// # Errors
    /// [`IdTokenError::Decode`] when `token` is no signed compact token, [`IdTokenError::TokenType`]
    /// for another kind of token, [`IdTokenError::Signature`] when no accepted key and algorithm
    /// vouches for it, [`IdTokenError::Claim`] naming the claim and its fault, and
    /// [`IdTokenError::NowMissing`] when `expected` has no time.
    pub fn validate(token: &str, keys: &JwkSet, expected: &Expected) -> Result<Self, IdTokenError> {
        let now = expected.now.ok_or(IdTokenError::NowMissing)?;
        Self::validate_at(token, keys, expected, now)
    }

    /// [`IdToken::validate`] at `now`, whatever time `expected` has.
    ///
    /// # Errors
    /// As [`IdToken::validate`], less [`IdTokenError::NowMissing`].
    pub fn validate_at(token: &str, keys: &JwkSet, expected: &Expected, now: SystemTime) -> Result<Self, IdTokenError> {
        let parts = Parts::split(token)?;
        let mut json = parts.document();
        let header = parts.header(&mut json)?;
        let claims = parts.claims(json)?;
        let signature = parts.signature()?;
        let (checks, dates) = {
            let mut rules = Rules::new(&claims, &header, expected, keys, now);
            rules.token_type()?;
            rules.issuer()?;
            rules.audience()?;
            rules.authorized_party()?;
            rules.algorithm()?;
            rules.signature(&parts, &signature)?;
            rules.subject()?;
            let expires_at = rules.expiry()?;
            rules.not_before()?;
            let issued_at = rules.issued_at()?;
            rules.nonce()?;
            rules.authentication_context()?;
            rules.auth_time()?;
            rules.access_token_hash()?;
            rules.code_hash()?;
            rules.refresh()?;
            (rules.into_checks(), Dates { expires_at, issued_at })
        };
        let claims = claims.reading(expected.text_claims);
        Ok(Self { claims, algorithm: header.algorithm, dates, checks })
    }

    /// `iss`: the issuer that was expected, or what [`Expected`] accepts in its place.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.issuer().unwrap_or_default()
    }

    /// `sub`: the person, by a name that is stable and unique at this issuer only. Keep both
    /// together: `(issuer, subject)` is the identity, an e-mail address is not.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.claims.subject().unwrap_or_default()
    }

    /// `aud`: the client, and whom it trusts.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.claims.audience()
    }

    /// `exp`: until when the token was to be accepted. Not the length of your own session.
    #[must_use]
    pub fn expires_at(&self) -> NumericDate {
        self.dates.expires_at
    }

    /// `iat`: when the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> NumericDate {
        self.dates.issued_at
    }

    /// All claims: those that were checked, and those that the issuer added.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The header's `alg`, which was accepted.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.algorithm.name()
    }

    /// Each rule, in order, and what came of it.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdToken")
            .field("issuer", &self.issuer())
            .field("algorithm", &self.algorithm())
            .field("claims", &self.claims)
            .field("checks", &self.checks)
            .finish()
    }
}
