//! New tokens for old ones.

use std::time::SystemTime;

use http::Response;
use proofkey_jwt::IdToken;
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Refresh, RefreshError, RefreshToken, Refreshed, TokenSet, Transport, TransportError};

use crate::call::Call;
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::{LoginError, Stage};
use crate::flight::Flight;
use crate::identity::Identity;
use crate::login::Login;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};
use crate::validation::Validation;

impl Login {
    /// Refreshes the tokens of an identity, in place.
    ///
    /// An ID token in the response is validated, and must be about the same user (OpenID Connect Core
    /// section 12.2). If the future is dropped after new tokens were received, or the keys are not
    /// available then, the new tokens are kept in `identity`. The next call validates them and sends no
    /// refresh request.
    ///
    /// Do not refresh the same tokens twice at the same time: most servers treat a refresh token that is used twice as
    /// stolen, and end the session. `&mut` does not protect a value that two requests read from a store: lock the
    /// session.
    ///
    /// # Errors
    ///
    /// * [`LoginError::Refresh`]: there are no new tokens; `identity` is unchanged.
    /// * [`LoginError::AnotherLogin`]: the identity is of another issuer or client. Nothing was sent.
    /// * [`LoginError::Keys`]: the new ID token cannot be validated yet. Call again.
    /// * [`LoginError::IdToken`]: the new ID token is refused; `identity` is unchanged. If the server
    ///   rotates refresh tokens, the old one no longer works: the error has the new tokens
    ///   ([`LoginError::into_rejected_tokens`]). Revoke them, and begin a new login.
    pub async fn refresh(&self, http: &impl Transport, identity: &mut Identity) -> Result<(), LoginError> {
        drive(&mut self.refresh_steps(identity)?, http, || self.now()).await
    }

    /// [`refresh`](Self::refresh) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`refresh`](Self::refresh).
    #[cfg(not(target_family = "wasm"))]
    pub fn refresh_blocking(&self, http: &impl BlockingTransport, identity: &mut Identity) -> Result<(), LoginError> {
        drive_blocking(&mut self.refresh_steps(identity)?, http, || self.now())
    }

    /// [`refresh`](Self::refresh) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::Refresh`] if there is no refresh token, [`LoginError::AnotherLogin`] for the identity of
    /// another issuer or client.
    pub fn refresh_steps<'a>(&'a self, identity: &'a mut Identity) -> Result<RefreshSteps<'a>, LoginError> {
        self.check_owner(identity, Stage::Refresh)?;
        let refresh = match identity.unconfirmed {
            Some(_) => None,
            None => Some(RefreshCall::new(self, &identity.tokens)?),
        };
        let validation = Validation::new(self.key_fetch());
        Ok(RefreshSteps { login: self, identity, refresh, is_accepted: false, validation })
    }

    /// Refreshes the tokens of a plain OAuth authorization, in place.
    ///
    /// # Errors
    ///
    /// [`LoginError::Refresh`]; `tokens` is unchanged.
    pub async fn refresh_tokens(&self, http: &impl Transport, tokens: &mut TokenSet) -> Result<(), LoginError> {
        drive(&mut self.refresh_tokens_steps(tokens)?, http, || self.now()).await
    }

    /// [`refresh_tokens`](Self::refresh_tokens) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`refresh_tokens`](Self::refresh_tokens).
    #[cfg(not(target_family = "wasm"))]
    pub fn refresh_tokens_blocking(
        &self,
        http: &impl BlockingTransport,
        tokens: &mut TokenSet,
    ) -> Result<(), LoginError> {
        drive_blocking(&mut self.refresh_tokens_steps(tokens)?, http, || self.now())
    }

    /// [`refresh_tokens`](Self::refresh_tokens) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::Refresh`] if there is no refresh token.
    pub fn refresh_tokens_steps<'a>(&self, tokens: &'a mut TokenSet) -> Result<RefreshTokensSteps<'a>, LoginError> {
        Ok(RefreshTokensSteps { refresh: RefreshCall::new(self, tokens)?, tokens })
    }
}

/// The refresh of an identity's tokens, created by [`Login::refresh_steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct RefreshSteps<'a> {
    login: &'a Login,
    identity: &'a mut Identity,
    /// `None`: tokens were received before, or the steps have ended.
    refresh: Option<RefreshCall>,
    /// Tokens were received, and that was not reported yet.
    is_accepted: bool,
    validation: Validation<'a, IdToken, LoginError>,
}

impl RefreshSteps<'_> {
    /// Returns the identity as it is now. As soon as the server has responded it holds the new tokens, which replace the old
    /// ones at the server: store it before anything else is sent.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        self.identity
    }
}

impl Steps for RefreshSteps<'_> {
    type Output = ();
    type Error = LoginError;

    fn next(&mut self, now: SystemTime) -> Step<Result<(), LoginError>> {
        let Some(tokens) = &self.identity.unconfirmed else {
            let Some(refresh) = &mut self.refresh else {
                let is_first = std::mem::take(&mut self.is_accepted);
                return Step::Done(if is_first { Ok(()) } else { Err(LoginError::Finished { stage: Stage::Refresh }) });
            };
            return match refresh.call.next() {
                Step::Send(request) => Step::Send(request),
                // A result is taken in `receive`.
                Step::Done(result) => Step::Done(result.and(Err(LoginError::Finished { stage: Stage::Refresh }))),
            };
        };
        let (login, before) = (self.login, &self.identity.id_token);
        let result = match self
            .validation
            .next(now, |keys| login.validate(tokens, login.expected().refreshed_from(before), keys, now))
        {
            Step::Send(request) => return Step::Send(request),
            // Nothing is known about the token.
            Step::Done(Err(error @ LoginError::Keys(_))) => return Step::Done(Err(error)),
            Step::Done(result) => result,
        };
        (self.refresh, self.is_accepted) = (None, false);
        Step::Done(match (result, self.identity.unconfirmed.take()) {
            (Ok(id_token), Some(tokens)) => {
                self.identity.confirm(id_token, tokens);
                Ok(())
            }
            (Err(error), rejected) => Err(error.with_rejected(rejected)),
            (Ok(_), None) => Err(LoginError::Finished { stage: Stage::Refresh }),
        })
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        if self.validation.is_fetching() {
            return self.validation.receive(answer, now);
        }
        if let Some(refresh) = &mut self.refresh {
            refresh.receive(answer, now);
        }
        // Here rather than in `next`: from now on nothing can be lost.
        if let Some((refreshed, used)) = self.refresh.as_mut().and_then(RefreshCall::take_ok) {
            self.identity.accept(refreshed, used);
            (self.refresh, self.is_accepted) = (None, true);
        }
    }
}

impl KeyFetches for RefreshSteps<'_> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        let tokens = self.identity.unconfirmed.as_ref()?;
        let (login, before) = (self.login, &self.identity.id_token);
        self.validation.look(now, |keys| login.validate(tokens, login.expected().refreshed_from(before), keys, now));
        self.validation.flight(now)
    }

    fn is_fetching(&self) -> bool {
        self.validation.is_fetching()
    }

    fn abandon(&mut self) {
        self.validation.abandon();
    }
}

/// The refresh of plain OAuth tokens, created by [`Login::refresh_tokens_steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct RefreshTokensSteps<'a> {
    tokens: &'a mut TokenSet,
    refresh: RefreshCall,
}

impl Steps for RefreshTokensSteps<'_> {
    type Output = ();
    type Error = LoginError;

    fn next(&mut self, _: SystemTime) -> Step<Result<(), LoginError>> {
        match self.refresh.call.next() {
            Step::Send(request) => Step::Send(request),
            Step::Done(result) => Step::Done(result.map(|refreshed| self.tokens.update(refreshed))),
        }
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        self.refresh.receive(answer, now);
    }
}

impl KeyFetches for RefreshTokensSteps<'_> {}

/// The request of both.
#[derive(Debug)]
struct RefreshCall {
    call: Call<Refreshed>,
    refresh: Refresh,
    /// The refresh token that is sent.
    used: Option<RefreshToken>,
}

impl RefreshCall {
    fn new(login: &Login, tokens: &TokenSet) -> Result<Self, LoginError> {
        let request = tokens.refresh_request(login.server(), login.client_id()).map_err(RefreshError::from)?;
        let (request, refresh) = request.build(login.authentication())?;
        let used = tokens.refresh_token().and_then(|token| RefreshToken::new(token.expose()).ok());
        Ok(Self {
            call: Call::new(request, login.renewal(), Stage::Refresh, |error| RefreshError::from(error).into()),
            refresh,
            used,
        })
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        let Self { call, refresh, .. } = self;
        call.receive(answer, |answer| Ok(refresh.receive(answer.map_err(RefreshError::from)?, now)?));
    }

    fn take_ok(&mut self) -> Option<(Refreshed, RefreshToken)> {
        self.call.take_ok().zip(self.used.take())
    }
}
