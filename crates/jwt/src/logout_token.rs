//! The logout token: the end of a user's sessions, as announced by an issuer (OpenID Connect Back-Channel Logout 1.0).

use std::fmt;
use std::time::SystemTime;

use crate::algorithm::Hash;
use crate::check::Check;
use crate::claims::Claims;
use crate::identifier::Identifier;
use crate::jwk_set::JwkSet;
use crate::logout_token_error::LogoutTokenError;
use crate::numeric_date::NumericDate;
use crate::opened::Opened;
use crate::relying_party::RelyingParty;
use crate::rules::{Dates, Rules};

/// A validated logout token. Created only by [`LogoutToken::validate`].
///
/// End each session of [`LogoutToken::issuer`] that has the session identifier and the subject, as far as the token names
/// them. Its `jti` should be accepted once: see [`ReplayWindow`](crate::ReplayWindow).
///
/// `Debug` shows the issuer and the checks, and no other claim.
///
/// ```
/// use std::error::Error;
/// use std::time::SystemTime;
/// use proofkey_jwt::{JwkSet, LogoutToken, RelyingParty, ReplayWindow};
///
/// /// `text` is the value of `logout_token` in the form that the issuer posted.
/// fn receive(
///     text: &str,
///     keys: &JwkSet,
///     client: &RelyingParty,
///     seen: &mut ReplayWindow,
/// ) -> Result<LogoutToken, Box<dyn Error>> {
///     let now = SystemTime::now();
///     let logout = LogoutToken::validate(text, keys, client, now)?;
///     seen.accept_logout(&logout, now)?;
///     Ok(logout)
/// }
/// ```
#[derive(Clone)]
pub struct LogoutToken {
    claims: Claims,
    dates: Dates,
    checks: Vec<Check>,
    pub(crate) identifier: Identifier,
}

impl LogoutToken {
    /// Validates `token` at the time `now` by section 2.6: `iss`, `aud`, `alg`, the signature and the dates as in an ID
    /// token of `relying_party`, and then what makes it a logout token. `exp` and `jti` are required; an ID token never
    /// passes, since it has no `events`.
    ///
    /// The header's `typ` is `logout+jwt`, `JWT` or absent.
    ///
    /// # Errors
    /// The first rule of [`Rule::LOGOUT_TOKEN`](crate::Rule::LOGOUT_TOKEN) that the token breaks. Respond with status
    /// 400 (section 2.8).
    pub fn validate(
        token: &str,
        keys: &JwkSet,
        relying_party: &RelyingParty,
        now: SystemTime,
    ) -> Result<Self, LogoutTokenError> {
        let opened = Opened::read(token)?;
        let mut rules = Rules::new(token, &opened.claims, &relying_party.registration, keys, now);
        rules.logout_token_type(&opened.header)?;
        rules.issuer()?;
        rules.client_audience(relying_party)?;
        rules.algorithm(&opened.header)?;
        rules.signature(&opened)?;
        let expires_at = rules.expiry()?;
        rules.not_before()?;
        let issued_at = rules.issued_at()?;
        rules.token_id()?;
        rules.logged_out()?;
        rules.events()?;
        rules.no_nonce()?;
        let (checks, dates) = (rules.into_checks(), Dates { expires_at, issued_at });
        let (issuer, id) = (opened.claims.issuer(), opened.claims.token_id());
        let name = [issuer.unwrap_or_default(), "\0", id.unwrap_or_default()].concat();
        let last_second = expires_at.as_secs_f64() + relying_party.registration.leeway.as_secs_f64();
        let identifier = Identifier::new(&keys.digest(Hash::Sha256, name.as_bytes()), last_second);
        Ok(Self { claims: opened.claims, dates, checks, identifier })
    }

    /// Returns `iss`: the issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.issuer().unwrap_or_default()
    }

    /// Returns `sub`: the user who is logged out. Without a session identifier, this means all sessions of that user.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.claims.subject()
    }

    /// Returns `sid`: the session that ends. The ID token of its login has the same value in its claim `sid`.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.claims.session_id()
    }

    /// Returns `jti`: the identifier of the token.
    #[must_use]
    pub fn token_id(&self) -> &str {
        self.claims.token_id().unwrap_or_default()
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

    /// Returns all claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Returns each rule with its outcome, in the order of [`Rule::LOGOUT_TOKEN`](crate::Rule::LOGOUT_TOKEN).
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }
}

impl fmt::Debug for LogoutToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutToken")
            .field("issuer", &self.issuer())
            .field("claims", &self.claims)
            .field("checks", &self.checks)
            .finish()
    }
}
