//! From a grant to an identity.

use std::time::{Duration, SystemTime};

use http::Response;
use proofkey_authorize::CodeGrant;
use proofkey_jwt::{IdToken, JwkSet};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{TokenSet, Transport, TransportError};

use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::{LoginError, Stage};
use crate::exchange::CodeExchange;
use crate::flight::Flight;
use crate::identity::Identity;
use crate::login::Login;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};
use crate::validation::Validation;

impl Login {
    /// Exchanges the code and validates the ID token: the end of a login.
    ///
    /// The order is:
    ///
    /// 1. The issuer's keys are fetched, unless they are cached. If this fails, the code is still unused.
    /// 2. The code is sent with its verifier, once.
    /// 3. The ID token is validated, with nonce, `max_age`, `acr` and hashes. If it names an unknown key,
    ///    the keys are fetched once more.
    ///
    /// No tokens are returned before all of this succeeded.
    ///
    /// After an error or a dropped future the grant is lost, even if the error is
    /// [retryable](LoginError::is_retryable): begin a new login, or keep
    /// [`finish_steps`](Self::finish_steps) and drive it again. A future is dropped by a time-out, by a
    /// `select`, and by a web framework such as axum when the browser disconnects: there, run this in a
    /// spawned task.
    ///
    /// # Errors
    ///
    /// [`LoginError`]; its [stage](LoginError::stage) is the step that failed. If the ID token is refused,
    /// [`LoginError::into_rejected_tokens`] returns the tokens.
    pub async fn finish(&self, http: &impl Transport, grant: CodeGrant) -> Result<Identity, LoginError> {
        drive(&mut self.finish_steps(grant)?, http, || self.now()).await
    }

    /// [`finish`](Self::finish) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    #[cfg(not(target_family = "wasm"))]
    pub fn finish_blocking(&self, http: &impl BlockingTransport, grant: CodeGrant) -> Result<Identity, LoginError> {
        drive_blocking(&mut self.finish_steps(grant)?, http, || self.now())
    }

    /// [`finish`](Self::finish) as steps without I/O, which survive cancellation.
    ///
    /// # Errors
    ///
    /// [`LoginError::OpenIdMissing`] for the grant of a plain OAuth authorization,
    /// [`LoginError::AnotherLogin`] or [`LoginError::Exchange`] for a grant that must not be sent to
    /// this server.
    pub fn finish_steps(&self, grant: CodeGrant) -> Result<FinishSteps<'_>, LoginError> {
        if grant.nonce().is_none() {
            return Err(LoginError::OpenIdMissing { stage: Stage::Exchange });
        }
        let code = CodeExchange::new(self, grant)?;
        Ok(FinishSteps { login: self, code, received: None, validation: Validation::new(self.key_fetch()) })
    }
}

/// The end of a login as steps. Created by [`Login::finish_steps`].
///
/// A code that may have been sent is never sent again ([`LoginError::Interrupted`]). Received tokens are
/// kept until their ID token is validated or refused. If it is refused,
/// [`LoginError::into_rejected_tokens`] returns them.
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// # use proofkey::{FinishSteps, Identity, LoginError, drive, token::Transport};
/// # async fn with_a_limit(mut finish: FinishSteps<'_>, http: &impl Transport) -> Result<Identity, LoginError> {
/// loop {
///     let run = drive(&mut finish, http, SystemTime::now);
///     match tokio::time::timeout(Duration::from_secs(5), run).await {
///         Ok(result) => return result,
///         Err(_) => continue, // resumes where it was, or reports that the code may be spent
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct FinishSteps<'a> {
    login: &'a Login,
    code: CodeExchange,
    received: Option<TokenSet>,
    validation: Validation<'a, IdToken, LoginError>,
}

impl Steps for FinishSteps<'_> {
    type Output = Identity;
    type Error = LoginError;

    fn next(&mut self, now: SystemTime) -> Step<Result<Identity, LoginError>> {
        if self.received.is_none() {
            // Before the code is sent: nothing is lost when the keys are not available.
            if self.code.is_ready() {
                let keys = self.validation.keys(now);
                if !matches!(keys, Step::Done(Ok(_))) {
                    self.code.expire();
                }
                match keys {
                    Step::Send(request) => return Step::Send(request),
                    Step::Done(Err(error)) => return Step::Done(Err(error)),
                    Step::Done(Ok(_)) => {}
                }
            }
            match self.code.next() {
                Step::Send(request) => return Step::Send(request),
                Step::Done(Err(error)) => return Step::Done(Err(error)),
                Step::Done(Ok(received)) => self.received = Some(received),
            }
        }
        let (login, grant, received) = (self.login, self.code.grant(), self.received.as_ref());
        let validate = |keys: &JwkSet| validate(login, grant, received, keys, now);
        let result = match self.validation.next(now, validate) {
            Step::Send(request) => return Step::Send(request),
            // Nothing is known about the token.
            Step::Done(Err(error @ LoginError::Keys(_))) => return Step::Done(Err(error)),
            Step::Done(result) => result,
        };
        Step::Done(Identity::of(result, self.received.take()))
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        if self.validation.is_fetching() {
            self.validation.receive(answer, now);
        } else {
            self.code.receive(answer, now);
            self.received = self.received.take().or_else(|| self.code.take_tokens());
        }
    }
}

impl KeyFetches for FinishSteps<'_> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        if self.received.is_some() {
            let (login, grant, received) = (self.login, self.code.grant(), self.received.as_ref());
            self.validation.look(now, |keys| validate(login, grant, received, keys, now));
        }
        let flight = self.validation.flight(now);
        if flight.is_some() {
            // Waiting for another login's fetch can take longer than the code's request is good for.
            self.code.expire();
        }
        flight
    }

    fn is_fetching(&self) -> bool {
        self.validation.is_fetching()
    }

    fn abandon(&mut self) {
        self.validation.abandon();
    }
}

/// Validates the ID token of a login.
fn validate(
    login: &Login,
    grant: &CodeGrant,
    received: Option<&TokenSet>,
    keys: &JwkSet,
    now: SystemTime,
) -> Result<IdToken, LoginError> {
    let mut expected = login.expected().code(grant.code().expose());
    if let Some(nonce) = grant.nonce() {
        expected = expected.nonce(nonce.expose());
    }
    if let Some(seconds) = grant.max_age() {
        expected = expected.max_age(Duration::from_secs(seconds));
    }
    login.validate(received.ok_or(LoginError::Finished { stage: Stage::IdToken })?, expected, keys, now)
}
