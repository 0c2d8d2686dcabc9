//! An access token that an API received.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use http::Response;
use proofkey_jwt::{JwkSet, JwtAccessToken, JwtAccessTokenError, Required, ResourceServer};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Transport, TransportError};

use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::flight::Flight;
use crate::issuer_keys::IssuerKeys;
use crate::keys::{KeyFetch, KeysError};
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};
use crate::validation::{TokenError, Validation};

impl IssuerKeys {
    /// Validates a JWT access token (RFC 9068) by [`JwtAccessToken::validate`], with the cached keys. They are fetched if
    /// they are due, and once more if the token names an unknown key.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`].
    pub async fn validate(
        &self,
        http: &impl Transport,
        token: &str,
        server: &ResourceServer,
        required: &Required,
    ) -> Result<JwtAccessToken, AccessTokenError> {
        drive(&mut self.validate_steps(token, server, required), http, || self.now()).await
    }

    /// [`validate`](Self::validate) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`validate`](Self::validate).
    #[cfg(not(target_family = "wasm"))]
    pub fn validate_blocking(
        &self,
        http: &impl BlockingTransport,
        token: &str,
        server: &ResourceServer,
        required: &Required,
    ) -> Result<JwtAccessToken, AccessTokenError> {
        drive_blocking(&mut self.validate_steps(token, server, required), http, || self.now())
    }

    /// [`validate`](Self::validate) as steps without I/O.
    pub fn validate_steps<'a>(
        &'a self,
        token: &'a str,
        server: &'a ResourceServer,
        required: &'a Required,
    ) -> AccessTokenSteps<'a> {
        let validation = Validation::new(Some(KeyFetch::new(self)));
        AccessTokenSteps { received: Received { token, server, required }, validation }
    }
}

/// The validation of an access token, created by [`IssuerKeys::validate_steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct AccessTokenSteps<'a> {
    received: Received<'a>,
    validation: Validation<'a, JwtAccessToken, AccessTokenError>,
}

#[derive(Clone, Copy)]
struct Received<'a> {
    token: &'a str,
    server: &'a ResourceServer,
    required: &'a Required,
}

impl Received<'_> {
    fn validate(self, keys: &JwkSet, now: SystemTime) -> Result<JwtAccessToken, AccessTokenError> {
        JwtAccessToken::validate(self.token, keys, self.server, self.required, now).map_err(AccessTokenError::Token)
    }
}

/// Without the token.
impl fmt::Debug for Received<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").field("required", self.required).finish_non_exhaustive()
    }
}

impl Steps for AccessTokenSteps<'_> {
    type Output = JwtAccessToken;
    type Error = AccessTokenError;

    fn next(&mut self, now: SystemTime) -> Step<Result<JwtAccessToken, AccessTokenError>> {
        let received = self.received;
        self.validation.next(now, |keys| received.validate(keys, now))
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        self.validation.receive(answer, now);
    }
}

impl KeyFetches for AccessTokenSteps<'_> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        let received = self.received;
        self.validation.look(now, |keys| received.validate(keys, now));
        self.validation.flight(now)
    }

    fn is_fetching(&self) -> bool {
        self.validation.is_fetching()
    }

    fn abandon(&mut self) {
        self.validation.abandon();
    }
}

/// The error for an access token that an API does not accept.
#[derive(Debug)]
#[non_exhaustive]
pub enum AccessTokenError {
    /// The issuer's keys are not available, so nothing is known about the token: respond with status 503.
    Keys(KeysError),
    /// The token was refused: respond with a [`Challenge`](proofkey_jwt::Challenge), by
    /// [`token_refused`](proofkey_jwt::Challenge::token_refused).
    Token(JwtAccessTokenError),
}

impl AccessTokenError {
    /// Returns the stable code: that of the error in the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::Token(error) => error.code(),
        }
    }

    /// Returns whether the same token can be accepted later, with keys that are not available now.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Keys(error) if error.is_retryable())
    }
}

impl From<KeysError> for AccessTokenError {
    fn from(error: KeysError) -> Self {
        Self::Keys(error)
    }
}

impl TokenError for AccessTokenError {
    fn is_key_not_found(&self) -> bool {
        matches!(self, Self::Token(error) if error.is_key_not_found())
    }
}

impl fmt::Display for AccessTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(error) => error.fmt(f),
            Self::Token(error) => error.fmt(f),
        }
    }
}

impl Error for AccessTokenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Keys(error) => error.source(),
            Self::Token(error) => error.source(),
        }
    }
}
