//! The JWT access token: what a client may do at an API, as asserted by an issuer (RFC 9068).

use std::fmt;
use std::time::SystemTime;

use crate::access_token_rules::scopes;
use crate::algorithm::HeaderAlgorithm;
use crate::check::Check;
use crate::claims::Claims;
use crate::jwk_set::JwkSet;
use crate::jwt_access_token_error::JwtAccessTokenError;
use crate::numeric_date::NumericDate;
use crate::opened::Opened;
use crate::required::Required;
use crate::resource_server::ResourceServer;
use crate::rules::{Dates, Rules};
use crate::value::Value;

/// A validated JWT access token, for the API that received it. Created only by [`JwtAccessToken::validate`].
///
/// To a client, an access token is opaque (RFC 9068 section 6): `proofkey-token` holds it as an `AccessToken`.
///
/// `Debug` shows the issuer, the algorithm and the checks, and no other claim. The text of the token is not kept.
#[derive(Clone)]
pub struct JwtAccessToken {
    claims: Claims,
    algorithm: HeaderAlgorithm,
    dates: Dates,
    client_claim: &'static str,
    scope_claim: &'static str,
    checks: Vec<Check>,
}

impl JwtAccessToken {
    /// Validates `token` at the time `now` by RFC 9068 section 4, and compares it with what the request needs.
    ///
    /// A token that is bound to a key or a certificate is refused unless `required` contains the sender's proof of possession, so a
    /// bound token is never accepted as a bearer token. [`JwtAccessToken::checks`] lists each rule with its outcome.
    ///
    /// # Errors
    /// The first rule of [`Rule::ACCESS_TOKEN`](crate::Rule::ACCESS_TOKEN) that the token breaks.
    pub fn validate(
        token: &str,
        keys: &JwkSet,
        server: &ResourceServer,
        required: &Required,
        now: SystemTime,
    ) -> Result<Self, JwtAccessTokenError> {
        let opened = Opened::read(token)?;
        let compat = &server.compat;
        let mut rules = Rules::new(token, &opened.claims, &server.registration, keys, now);
        rules.access_token_type(&opened.header, compat)?;
        rules.issuer()?;
        rules.resource_audience(server)?;
        rules.algorithm(&opened.header)?;
        rules.signature(&opened)?;
        rules.resource_owner()?;
        let client_claim = rules.client(compat)?;
        rules.access_token_id(compat)?;
        let expires_at = rules.expiry()?;
        rules.not_before()?;
        let issued_at = rules.issued_at()?;
        rules.confirmation(server, required)?;
        let scope_claim = rules.scope(compat, &required.scopes)?;
        rules.authentication_context(required.acr.as_deref())?;
        rules.auth_time(required.max_age)?;
        let (checks, dates) = (rules.into_checks(), Dates { expires_at, issued_at });
        Ok(Self { algorithm: opened.header.algorithm, claims: opened.claims, dates, client_claim, scope_claim, checks })
    }

    /// Returns `iss`: the issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.issuer().unwrap_or_default()
    }

    /// Returns `sub`: the user on whose behalf the client acts, or the client itself where no user takes part. An
    /// identifier of a client may be equal to one of a user (RFC 9068 section 5): compare it with
    /// [`JwtAccessToken::client_id`] where that matters.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.claims.subject().unwrap_or_default()
    }

    /// Returns `client_id`: the client that the token was issued to.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.text(self.client_claim).unwrap_or_default()
    }

    /// Returns `jti`: the identifier of the token; `None` if the token has none and that is tolerated.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.claims.token_id()
    }

    /// Returns an iterator over `aud`: the resource server, and others.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.claims.audience()
    }

    /// Returns `exp`: the time from which the token is no longer accepted.
    #[must_use]
    pub fn expires_at(&self) -> NumericDate {
        self.dates.expires_at
    }

    /// Returns `iat`: the time at which the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> NumericDate {
        self.dates.issued_at
    }

    /// Returns an iterator over the scopes that the client was granted.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        scopes(self.claims.present(self.scope_claim))
    }

    /// Returns whether the client was granted `scope`. Check scopes that are always required with
    /// [`Required::scope`](crate::Required::scope).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// Returns `cnf.jkt`: the thumbprint of the key that the token is bound to (RFC 9449 section 6.1).
    #[must_use]
    pub fn key_thumbprint(&self) -> Option<&str> {
        self.claims.present("cnf")?.get("jkt")?.as_str()
    }

    /// Returns `cnf.x5t#S256`: the thumbprint of the certificate that the token is bound to (RFC 8705 section 3.1).
    #[must_use]
    pub fn certificate_thumbprint(&self) -> Option<&str> {
        self.claims.present("cnf")?.get("x5t#S256")?.as_str()
    }

    /// Returns all claims, including those that no rule checks, such as `groups`, `roles` and `entitlements` (RFC 9068
    /// section 2.2.3.1).
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Returns the header's `alg`, which was accepted.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.algorithm.name()
    }

    /// Returns each rule with its outcome, in the order of [`Rule::ACCESS_TOKEN`](crate::Rule::ACCESS_TOKEN).
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Returns an iterator over the checks that hold only because a deviation is tolerated.
    pub fn deviations(&self) -> impl Iterator<Item = Check> {
        self.checks.iter().copied().filter(|check| check.outcome.is_deviation())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claims.present(name).and_then(Value::as_str)
    }
}

impl fmt::Debug for JwtAccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAccessToken")
            .field("issuer", &self.issuer())
            .field("algorithm", &self.algorithm())
            .field("claims", &self.claims)
            .field("checks", &self.checks)
            .finish()
    }
}
