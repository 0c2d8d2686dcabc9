//! A session that the issuer ends.

use std::fmt;
use std::time::SystemTime;

use http::Response;
use proofkey_jwt::{JwkSet, LogoutToken, RelyingParty};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Transport, TransportError};

use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::LoginError;
use crate::flight::Flight;
use crate::login::Login;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};
use crate::validation::Validation;

impl Login {
    /// Validates a logout token by [`LogoutToken::validate`]: the value of `logout_token` in the form that the issuer
    /// posted (OpenID Connect Back-Channel Logout 1.0). The issuer's keys are fetched if they are due.
    ///
    /// End each session whose identity has the token's session identifier and subject, as far as it names them, and accept
    /// its `jti` once ([`ReplayWindow`](proofkey_jwt::ReplayWindow)).
    ///
    /// # Errors
    ///
    /// [`LoginError::LogoutToken`]: respond with status 400. [`LoginError::Keys`]: respond with status 503.
    pub async fn validate_logout_token(&self, http: &impl Transport, token: &str) -> Result<LogoutToken, LoginError> {
        drive(&mut self.validate_logout_token_steps(token)?, http, || self.now()).await
    }

    /// [`validate_logout_token`](Self::validate_logout_token) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`validate_logout_token`](Self::validate_logout_token).
    #[cfg(not(target_family = "wasm"))]
    pub fn validate_logout_token_blocking(
        &self,
        http: &impl BlockingTransport,
        token: &str,
    ) -> Result<LogoutToken, LoginError> {
        drive_blocking(&mut self.validate_logout_token_steps(token)?, http, || self.now())
    }

    /// [`validate_logout_token`](Self::validate_logout_token) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::Hmac`] if the client secret is too short for the HMAC algorithm of this client.
    pub fn validate_logout_token_steps<'a>(&'a self, token: &'a str) -> Result<LogoutTokenSteps<'a>, LoginError> {
        Ok(LogoutTokenSteps { token, party: self.relying_party()?, validation: Validation::new(self.key_fetch()) })
    }
}

/// The validation of a logout token, created by [`Login::validate_logout_token_steps`].
#[must_use = "steps do nothing unless they are driven"]
pub struct LogoutTokenSteps<'a> {
    token: &'a str,
    party: RelyingParty,
    validation: Validation<'a, LogoutToken, LoginError>,
}

impl Steps for LogoutTokenSteps<'_> {
    type Output = LogoutToken;
    type Error = LoginError;

    fn next(&mut self, now: SystemTime) -> Step<Result<LogoutToken, LoginError>> {
        let Self { token, party, validation } = self;
        validation.next(now, |keys| validate(token, keys, party, now))
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        self.validation.receive(answer, now);
    }
}

impl KeyFetches for LogoutTokenSteps<'_> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        let Self { token, party, validation } = self;
        validation.look(now, |keys| validate(token, keys, party, now));
        validation.flight(now)
    }

    fn is_fetching(&self) -> bool {
        self.validation.is_fetching()
    }

    fn abandon(&mut self) {
        self.validation.abandon();
    }
}

/// Without the token.
impl fmt::Debug for LogoutTokenSteps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutTokenSteps").field("validation", &self.validation).finish_non_exhaustive()
    }
}

fn validate(token: &str, keys: &JwkSet, party: &RelyingParty, now: SystemTime) -> Result<LogoutToken, LoginError> {
    Ok(LogoutToken::validate(token, keys, party, now)?)
}
