//! From the callback to tokens.

use std::time::SystemTime;

use proofkey::authorize::{AuthorizationServer, CodeGrant, Scope};
use proofkey::http::{Request, Response};
use proofkey::token::{Exchange, ExchangeRequest, Transport, TransportError};
use proofkey::{KeyFetches, Step, Steps, drive};
#[cfg(not(target_family = "wasm"))]
use proofkey::{drive_blocking, token::BlockingTransport};
use zeroize::Zeroize;

use crate::client::McpClient;
use crate::error::{McpError, Stage};
use crate::pause::{Pause, finished};
use crate::pending::PendingAuthorization;
use crate::registration::Registration;
use crate::search::ServerSearch;
use crate::server::McpServer;
use crate::session::Session;

impl McpClient {
    /// Checks the callback and exchanges its code for tokens that are bound to the MCP server.
    ///
    /// `callback` is the query, or the whole URL at which it arrived; `pending` must come from the session of the
    /// browser that sent it. The checks are made in this order, without a network call: size, address, `state` in
    /// constant time, age, repeated parameters, `iss` (RFC 9207), `error`, `code`. No error of the server is reported
    /// before `iss` matched.
    ///
    /// After an error or a dropped future the code is lost: begin a new authorization, or keep
    /// [`finish_steps`](Self::finish_steps) and drive it again.
    ///
    /// # Errors
    ///
    /// [`McpError::Callback`] or [`McpError::Exchange`]; those of discovery for an authorization that was stored.
    pub async fn finish(
        &self,
        http: &impl Transport,
        pending: PendingAuthorization,
        callback: impl AsRef<str>,
    ) -> Result<Session, McpError> {
        drive(&mut self.finish_steps(pending, callback, SystemTime::now())?, http, SystemTime::now).await
    }

    /// [`finish`](Self::finish) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    #[cfg(not(target_family = "wasm"))]
    pub fn finish_blocking(
        &self,
        http: &impl BlockingTransport,
        pending: PendingAuthorization,
        callback: impl AsRef<str>,
    ) -> Result<Session, McpError> {
        drive_blocking(&mut self.finish_steps(pending, callback, SystemTime::now())?, http, SystemTime::now)
    }

    /// [`finish`](Self::finish) as steps without I/O, for a callback that arrived at `now`.
    ///
    /// # Errors
    ///
    /// [`McpError::Callback`] for the first check that fails.
    pub fn finish_steps(
        &self,
        pending: PendingAuthorization,
        callback: impl AsRef<str>,
        now: SystemTime,
    ) -> Result<FinishSteps<'_>, McpError> {
        let PendingAuthorization { pending, server, resource, scope, registration, refusals, metadata } = pending;
        let grant = pending.receive(callback.as_ref(), now)?;
        // The issuer that was recorded before the browser left, and no other, whatever the MCP server says by now.
        let state = match metadata {
            Some(metadata) => State::exchange(self, grant, *metadata, &registration)?,
            None => {
                let search = ServerSearch::new(grant.issuer(), &self.compat, self.policy)?;
                State::Discovery(Box::new(grant), Box::new(search))
            }
        };
        let terms = Terms { server, resource, scope, registration, refusals };
        Ok(FinishSteps { client: self, terms: Some(terms), state })
    }
}

/// The end of an authorization as steps, created by [`McpClient::finish_steps`]. A code that may have been sent is
/// never sent again ([`McpError::Interrupted`]).
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct FinishSteps<'a> {
    client: &'a McpClient,
    terms: Option<Terms>,
    state: State,
}

/// What the session keeps of the authorization.
#[derive(Debug)]
struct Terms {
    server: McpServer,
    resource: String,
    scope: Option<Scope>,
    registration: Registration,
    refusals: u32,
}

enum State {
    Discovery(Box<CodeGrant>, Box<ServerSearch>),
    Ready(Box<Code>),
    /// It was handed out, so it may have been sent.
    Sent(Box<Code>),
    Received(Box<Result<Session, McpError>>, Option<Box<Code>>),
    Finished,
}

/// A code on its way.
struct Code {
    request: Request<Vec<u8>>,
    exchange: Exchange,
    server: AuthorizationServer,
}

impl Drop for Code {
    fn drop(&mut self) {
        self.request.body_mut().zeroize();
    }
}

impl State {
    fn exchange(
        client: &McpClient,
        grant: CodeGrant,
        server: AuthorizationServer,
        registration: &Registration,
    ) -> Result<Self, McpError> {
        let (request, exchange) = ExchangeRequest::new(grant, &server).build(&registration.authentication())?;
        client.policy.check(request.uri())?;
        Ok(Self::Ready(Box::new(Code { request, exchange, server })))
    }
}

impl FinishSteps<'_> {
    fn advance(&mut self, now: SystemTime) -> Result<Option<Session>, Pause> {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Discovery(grant, mut search) => match finished(search.next(now)) {
                Ok(server) => {
                    let terms = self.terms.as_ref().ok_or(McpError::Finished { stage: Stage::Exchange })?;
                    self.state = State::exchange(self.client, *grant, server, &terms.registration)?;
                    Ok(None)
                }
                Err(pause) => {
                    self.state = State::Discovery(grant, search);
                    Err(pause)
                }
            },
            State::Ready(code) => {
                let request = code.request.clone();
                self.state = State::Sent(code);
                Err(Pause::Send(Box::new(request)))
            }
            State::Sent(code) => {
                self.state = State::Sent(code);
                Err(McpError::Interrupted.into())
            }
            State::Received(result, again) => {
                self.state = again.map_or(State::Finished, State::Ready);
                Ok(Some((*result)?))
            }
            State::Finished => Err(McpError::Finished { stage: Stage::Exchange }.into()),
        }
    }
}

impl Steps for FinishSteps<'_> {
    type Output = Session;
    type Error = McpError;

    fn next(&mut self, now: SystemTime) -> Step<Result<Session, McpError>> {
        loop {
            match self.advance(now) {
                Ok(None) => {}
                Ok(Some(session)) => return Step::Done(Ok(session)),
                Err(Pause::Send(request)) => return Step::Send(*request),
                Err(Pause::Failed(error)) => return Step::Done(Err(error)),
            }
        }
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        let code = match std::mem::replace(&mut self.state, State::Finished) {
            State::Sent(code) => code,
            mut other => {
                if let State::Discovery(_, search) = &mut other {
                    search.receive(answer, now);
                }
                self.state = other;
                return;
            }
        };
        self.state = match answer {
            Ok(mut response) => {
                let received = code.exchange.receive(&response, now);
                response.body_mut().zeroize();
                let Some(Terms { server, resource, scope, registration, refusals }) = self.terms.take() else { return };
                let metadata = Some(Box::new(code.server.clone()));
                let session = received.map(|tokens| {
                    let is_refreshed = false;
                    Session {
                        server,
                        resource,
                        requested: scope,
                        registration,
                        tokens,
                        refusals,
                        is_refreshed,
                        metadata,
                    }
                });
                State::Received(Box::new(session.map_err(McpError::from)), None)
            }
            Err(error) => {
                let again = (!error.may_have_been_sent()).then_some(code);
                State::Received(Box::new(Err(McpError::Exchange(error.into()))), again)
            }
        };
    }
}

impl KeyFetches for FinishSteps<'_> {}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Discovery(..) => "Discovery",
            Self::Ready(_) => "Ready",
            Self::Sent(_) => "Sent",
            Self::Received(..) => "Received",
            Self::Finished => "Finished",
        })
    }
}
