//! The ID token: the end-user's identity as asserted by an issuer (OpenID Connect Core section 2).

use std::fmt;
use std::time::SystemTime;

use crate::algorithm::HeaderAlgorithm;
use crate::check::Check;
use crate::claims::Claims;
use crate::expected::{Before, Expected, Nonce};
use crate::id_token_error::IdTokenError;
use crate::jwk_set::JwkSet;
use crate::numeric_date::NumericDate;
use crate::opened::Opened;
use crate::relying_party::RelyingParty;
use crate::rules::{Dates, Rules};
use crate::secret::Secret;

/// A validated ID token. Created only by [`IdToken::validate`], and by [`IdToken::from_json`] from a store.
///
/// `Debug` shows the issuer, the algorithm and the checks, and no other claim, since claims identify a user. The text of
/// the token is not kept.
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
    /// The first broken rule is the error. [`IdToken::checks`] lists each rule of a valid token with its outcome.
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
        let opened = Opened::read(token)?;
        let (checks, dates) = {
            let mut rules = Rules::new(token, &opened.claims, &relying_party.registration, keys, now);
            rules.generic_type(&opened.header)?;
            rules.issuer()?;
            rules.client_audience(relying_party)?;
            rules.authorized_party(relying_party)?;
            rules.algorithm(&opened.header)?;
            rules.signature(&opened)?;
            rules.subject()?;
            let expires_at = rules.expiry()?;
            rules.not_before()?;
            let issued_at = rules.issued_at()?;
            rules.nonce(relying_party, expected)?;
            rules.authentication_context((!expected.acr.is_empty()).then_some(&expected.acr))?;
            rules.auth_time(expected.max_age)?;
            rules.access_token_hash(&opened.header, expected)?;
            rules.code_hash(&opened.header, expected)?;
            rules.refresh(relying_party, expected)?;
            rules.no_logout_event()?;
            (rules.into_checks(), Dates { expires_at, issued_at })
        };
        let claims = opened.claims.reading(relying_party.text_claims);
        Ok(Self { claims, algorithm: opened.header.algorithm, dates, checks })
    }

    /// Returns whether this token, perhaps read back from a store, was issued by the issuer of `relying_party` for that client.
    /// Tokens that came with it may be sent to that issuer's server and to no other. Nothing else is checked again.
    #[must_use]
    pub fn belongs_to(&self, relying_party: &RelyingParty) -> bool {
        let tenant = self.claims.get("tid").and_then(|tenant| tenant.as_str());
        let is_issuer = relying_party.registration.issuer_outcome(self.issuer(), tenant).is_some();
        is_issuer && self.audience().any(|audience| audience == relying_party.client_id)
    }

    /// Returns `iss`: the expected issuer, or another one that [`RelyingParty`] accepts.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.issuer().unwrap_or_default()
    }

    /// Returns `sub`: the user's identifier, which never changes and is unique at this issuer only. Store issuer and
    /// subject together as the key of an account; an e-mail address is not one.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.claims.subject().unwrap_or_default()
    }

    /// Returns an iterator over `aud`: the client, and trusted audiences.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.claims.audience()
    }

    /// Returns `exp`: the time from which the token is no longer accepted. The application's own session may end earlier
    /// or later.
    #[must_use]
    pub fn expires_at(&self) -> NumericDate {
        self.dates.expires_at
    }

    /// Returns `iat`: the time at which the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> NumericDate {
        self.dates.issued_at
    }

    /// Returns all claims, including those that no rule checks.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Returns the header's `alg`, which was accepted.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.algorithm.name()
    }

    /// Returns each rule with its outcome, in the order of [`Rule::ID_TOKEN`](crate::Rule::ID_TOKEN).
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
    /// Expects the ID token of a refresh, where `before` is the ID token before it. The rules of OpenID Connect Core
    /// section 12.2 are applied as well. A nonce, if the token has one, must be that of `before`.
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
