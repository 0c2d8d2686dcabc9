//! The ID token: the end-user's identity as asserted by an issuer (OpenID Connect Core section 2).

use std::fmt;
use std::time::SystemTime;

use crate::algorithm::HeaderAlgorithm;
use crate::check::Check;
use crate::claims::Claims;
use crate::compact::Parts;
use crate::expected::{Before, Expected, Nonce};
use crate::id_token_error::IdTokenError;
use crate::jwk_set::JwkSet;
use crate::numeric_date::NumericDate;
use crate::relying_party::RelyingParty;
use crate::rules::{Dates, Rules};
use crate::secret::Secret;

/// An ID token that was validated: made by [`IdToken::validate`] only, or read back from where it was stored.
///
/// It can be stored: see [`IdToken::to_json`].
///
/// `Debug` shows the issuer, the algorithm and the checks. It shows neither the subject nor any other claim, since those
/// identify a user; the token's text is not kept at all.
#[derive(Clone)]
pub struct IdToken {
    pub(crate) claims: Claims,
    pub(crate) algorithm: HeaderAlgorithm,
    pub(crate) dates: Dates,
    pub(crate) checks: Vec<Check>,
}

impl IdToken {
    /// Validates `token` at the time `now` by OpenID Connect Core section 3.1.3.7: each rule once, in the order given
    /// there, with `alg` (rule 7) before the signature (rule 6), which cannot be verified without it.
    ///
    /// The first rule that is broken is the error. [`IdToken::checks`] lists those that were kept.
    ///
    /// # Errors
    /// [`IdTokenError::Decode`] when `token` is not a signed compact token, [`IdTokenError::TokenType`] for another kind
    /// of token, [`IdTokenError::Signature`] when it is not signed with an accepted algorithm and a key of the issuer,
    /// and [`IdTokenError::Claim`] with the claim and its fault.
    pub fn validate(
        token: &str,
        keys: &JwkSet,
        relying_party: &RelyingParty,
        expected: &Expected,
        now: SystemTime,
    ) -> Result<Self, IdTokenError> {
        let parts = Parts::split(token)?;
        let mut json = parts.document();
        let header = parts.header(&mut json)?;
        let claims = parts.claims(json)?;
        let signature = parts.signature()?;
        let (checks, dates) = {
            let mut rules = Rules::new(&claims, &header, relying_party, keys, now);
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
            rules.nonce(expected)?;
            rules.authentication_context(expected)?;
            rules.auth_time(expected)?;
            rules.access_token_hash(expected)?;
            rules.code_hash(expected)?;
            rules.refresh(expected)?;
            (rules.into_checks(), Dates { expires_at, issued_at })
        };
        let claims = claims.reading(relying_party.text_claims);
        Ok(Self { claims, algorithm: header.algorithm, dates, checks })
    }

    /// Returns `iss`: the issuer that was expected, or what [`RelyingParty`] accepts in its place.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.issuer().unwrap_or_default()
    }

    /// Returns `sub`: the user's identifier, which is stable, and unique at this issuer only. Keep both together:
    /// `(issuer, subject)` is the identity, an e-mail address is not.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.claims.subject().unwrap_or_default()
    }

    /// Returns `aud`: the client, and the audiences that it trusts.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.claims.audience()
    }

    /// Returns `exp`: the time after which the token must not be accepted. It is not the end of your own session.
    #[must_use]
    pub fn expires_at(&self) -> NumericDate {
        self.dates.expires_at
    }

    /// Returns `iat`: when the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> NumericDate {
        self.dates.issued_at
    }

    /// Returns all claims: those that were checked, and those that the issuer added.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Returns the header's `alg`, which was accepted.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.algorithm.name()
    }

    /// Returns each rule, in order, with its outcome.
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

impl Expected {
    /// Expects a token that came with a refresh, where `before` is that of the login: the rules of OpenID Connect Core
    /// section 12.2 hold as well, and a nonce must be the one of `before`.
    pub fn refreshed_from(mut self, before: &IdToken) -> Self {
        let claims = before.claims();
        self.nonce = Nonce::Before;
        self.before = Some(Box::new(Before {
            issuer: before.issuer().to_owned(),
            subject: Secret::new(before.subject()),
            audience: before.audience().map(str::to_owned).collect(),
            issued_at: before.issued_at().as_secs_f64(),
            auth_time: claims.auth_time().map(|time| time.as_secs_f64()),
            authorized_party: claims.authorized_party().map(str::to_owned),
            nonce: claims.nonce().map(Secret::new),
        }));
        self
    }
}
