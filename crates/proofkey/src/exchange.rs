//! The exchange of a code, at most once.

use std::time::SystemTime;

use http::Response;
use proofkey_authorize::CodeGrant;
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Exchange, ExchangeRequest, TokenSet, Transport, TransportError};

use crate::call::{Prepared, read_once};
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::{LoginError, Stage};
use crate::login::Login;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};

impl Login {
    /// Exchanges the code of a plain OAuth authorization for tokens.
    ///
    /// After an error or a dropped future the grant is lost, even if the error is
    /// [retryable](LoginError::is_retryable): begin a new authorization, or keep
    /// [`exchange_steps`](Self::exchange_steps) and drive it again.
    ///
    /// # Errors
    ///
    /// [`LoginError::OpenIdUnexpected`] for the grant of a login: use
    /// [`finish`](Self::finish), which validates the ID token. [`LoginError::AnotherLogin`] and
    /// [`LoginError::Exchange`] otherwise.
    pub async fn exchange(&self, http: &impl Transport, grant: CodeGrant) -> Result<TokenSet, LoginError> {
        drive(&mut self.exchange_steps(grant)?, http, || self.now()).await
    }

    /// [`exchange`](Self::exchange) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`exchange`](Self::exchange).
    #[cfg(not(target_family = "wasm"))]
    pub fn exchange_blocking(&self, http: &impl BlockingTransport, grant: CodeGrant) -> Result<TokenSet, LoginError> {
        drive_blocking(&mut self.exchange_steps(grant)?, http, || self.now())
    }

    /// [`exchange`](Self::exchange) as steps without I/O.
    ///
    /// # Errors
    ///
    /// As [`exchange`](Self::exchange), for a grant that must not be exchanged here.
    pub fn exchange_steps(&self, grant: CodeGrant) -> Result<ExchangeSteps, LoginError> {
        if grant.nonce().is_some() {
            return Err(LoginError::OpenIdUnexpected { stage: Stage::Exchange });
        }
        Ok(ExchangeSteps(CodeExchange::new(self, grant)?))
    }
}

/// The exchange of a code of plain OAuth, created by [`Login::exchange_steps`]. The code is sent at most
/// once.
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct ExchangeSteps(CodeExchange);

impl Steps for ExchangeSteps {
    type Output = TokenSet;
    type Error = LoginError;

    fn next(&mut self, _: SystemTime) -> Step<Result<TokenSet, LoginError>> {
        self.0.next()
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        self.0.receive(answer, now);
    }
}

impl KeyFetches for ExchangeSteps {}

/// The exchange that a login and plain OAuth have in common.
#[derive(Debug)]
pub(crate) struct CodeExchange {
    exchange: Exchange,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The code was not sent.
    Ready(Prepared),
    /// It was handed out, so it may have been sent.
    Sent(Prepared),
    /// There is a result, and a request to make again if nothing was sent.
    Received(Box<Result<TokenSet, LoginError>>, Option<Prepared>),
    Finished,
}

impl CodeExchange {
    pub(crate) fn new(login: &Login, grant: CodeGrant) -> Result<Self, LoginError> {
        if grant.client_id() != login.client_id() {
            return Err(LoginError::AnotherLogin { stage: Stage::Exchange });
        }
        let (request, exchange) = ExchangeRequest::new(grant, login.server()).build(login.authentication())?;
        Ok(Self { exchange, state: State::Ready(Prepared::new(request, login.renewal())) })
    }

    pub(crate) fn grant(&self) -> &CodeGrant {
        self.exchange.grant()
    }

    /// Whether the code was not sent.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    /// Has the request made anew before it is sent: something else was sent or waited for.
    pub(crate) fn expire(&mut self) {
        if let State::Ready(prepared) = &mut self.state {
            prepared.expire();
        }
    }

    /// The request, or the tokens.
    pub(crate) fn next(&mut self) -> Step<Result<TokenSet, LoginError>> {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Ready(mut prepared) => match prepared.next_request() {
                Ok(request) => {
                    self.state = State::Sent(prepared);
                    Step::Send(request)
                }
                Err(error) => {
                    self.state = State::Ready(prepared);
                    Step::Done(Err(LoginError::Exchange(error.into())))
                }
            },
            State::Sent(prepared) => {
                self.state = State::Sent(prepared);
                Step::Done(Err(LoginError::Interrupted))
            }
            State::Received(result, again) => {
                self.state = match again {
                    Some(mut prepared) => {
                        prepared.start_over();
                        State::Ready(prepared)
                    }
                    None => State::Finished,
                };
                Step::Done(*result)
            }
            State::Finished => Step::Done(Err(LoginError::Finished { stage: Stage::Exchange })),
        }
    }

    /// The tokens, if they were received.
    pub(crate) fn take_tokens(&mut self) -> Option<TokenSet> {
        if !matches!(&self.state, State::Received(result, _) if result.is_ok()) {
            return None;
        }
        match self.next() {
            Step::Done(received) => received.ok(),
            Step::Send(_) => None,
        }
    }

    pub(crate) fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        let mut prepared = match std::mem::replace(&mut self.state, State::Finished) {
            State::Sent(prepared) => prepared,
            other => {
                self.state = other;
                return;
            }
        };
        if prepared.is_asked_again(&answer) {
            // The server has not looked at the code (RFC 9449 section 8).
            self.state = State::Ready(prepared);
            return;
        }
        let again = answer.as_ref().is_err_and(|error| !error.may_have_been_sent()).then_some(prepared);
        let result = read_once(answer, |answer| match answer {
            Ok(response) => Ok(self.exchange.receive(response, now)?),
            Err(error) => Err(LoginError::Exchange(error.into())),
        });
        self.state = State::Received(Box::new(result), again);
    }
}
