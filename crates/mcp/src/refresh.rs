//! New tokens for old ones.

use std::fmt;
use std::time::SystemTime;

use proofkey::authorize::AuthorizationServer;
use proofkey::http::{Request, Response};
use proofkey::token::{Refresh, RefreshError, Transport, TransportError};
use proofkey::{KeyFetches, Step, Steps, drive};
#[cfg(not(target_family = "wasm"))]
use proofkey::{drive_blocking, token::BlockingTransport};
use zeroize::Zeroize;

use crate::client::McpClient;
use crate::error::{McpError, Stage};
use crate::pause::{Pause, finished};
use crate::search::ServerSearch;
use crate::session::Session;

impl McpClient {
    /// Refreshes the tokens of a session, in place, for the same resource and scope.
    ///
    /// Do not refresh the same session twice at the same time: most servers treat a refresh token that is used twice as
    /// stolen.
    ///
    /// # Errors
    ///
    /// [`McpError::Refresh`]; those of discovery for a session that was stored. The session is unchanged.
    pub async fn refresh(&self, http: &impl Transport, session: &mut Session) -> Result<(), McpError> {
        drive(&mut self.refresh_steps(session)?, http, SystemTime::now).await
    }

    /// [`refresh`](Self::refresh) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`refresh`](Self::refresh).
    #[cfg(not(target_family = "wasm"))]
    pub fn refresh_blocking(&self, http: &impl BlockingTransport, session: &mut Session) -> Result<(), McpError> {
        drive_blocking(&mut self.refresh_steps(session)?, http, SystemTime::now)
    }

    /// [`refresh`](Self::refresh) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`McpError::Refresh`] if there is no refresh token.
    pub fn refresh_steps<'a>(&'a self, session: &'a mut Session) -> Result<RefreshSteps<'a>, McpError> {
        session.is_refreshed = true;
        let state = match session.metadata.take() {
            Some(server) => State::refresh(self, session, *server)?,
            None => {
                let issuer = self.compat.issuer(session.registration.issuer())?;
                State::Discovery(Box::new(ServerSearch::new(&issuer, &self.compat, self.policy)?))
            }
        };
        Ok(RefreshSteps { client: self, session, state })
    }
}

/// The refresh of a session as steps, created by [`McpClient::refresh_steps`].
#[must_use = "steps do nothing unless they are driven"]
pub struct RefreshSteps<'a> {
    client: &'a McpClient,
    session: &'a mut Session,
    state: State,
}

enum State {
    Discovery(Box<ServerSearch>),
    Refresh(Box<Call>),
    Finished,
}

struct Call {
    request: Request<Vec<u8>>,
    refresh: Refresh,
    result: Option<Result<(), McpError>>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.request.body_mut().zeroize();
    }
}

impl State {
    fn refresh(client: &McpClient, session: &mut Session, server: AuthorizationServer) -> Result<Self, McpError> {
        let server = session.metadata.insert(Box::new(server));
        let registration = &session.registration;
        let asked = session.tokens.refresh_request(server, registration.client_id()).map_err(RefreshError::from)?;
        let (request, refresh) = asked.build(&registration.authentication())?;
        client.policy.check(request.uri())?;
        Ok(Self::Refresh(Box::new(Call { request, refresh, result: None })))
    }
}

impl RefreshSteps<'_> {
    fn advance(&mut self, now: SystemTime) -> Result<bool, Pause> {
        match &mut self.state {
            State::Discovery(search) => {
                let server = finished(search.next(now))?;
                self.state = State::refresh(self.client, self.session, server)?;
                Ok(false)
            }
            State::Refresh(call) => match call.result.take() {
                Some(result) => Ok(result.map(|()| true)?),
                None => Err(Pause::Send(Box::new(call.request.clone()))),
            },
            State::Finished => Err(McpError::Finished { stage: Stage::Refresh }.into()),
        }
    }
}

impl Steps for RefreshSteps<'_> {
    type Output = ();
    type Error = McpError;

    fn next(&mut self, now: SystemTime) -> Step<Result<(), McpError>> {
        loop {
            let result = match self.advance(now) {
                Ok(false) => continue,
                Ok(true) => Ok(()),
                Err(Pause::Send(request)) => return Step::Send(*request),
                Err(Pause::Failed(error)) => Err(error),
            };
            if !result.as_ref().is_err_and(McpError::is_retryable) {
                self.state = State::Finished;
            }
            return Step::Done(result);
        }
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        match &mut self.state {
            State::Discovery(search) => search.receive(answer, now),
            State::Refresh(call) => {
                let refreshed = match answer {
                    Ok(mut response) => {
                        let refreshed = call.refresh.receive(&response, now);
                        response.body_mut().zeroize();
                        refreshed
                    }
                    Err(error) => Err(RefreshError::from(error)),
                };
                // Here rather than in `next`: from now on nothing can be lost.
                call.result = Some(match refreshed {
                    Ok(refreshed) => {
                        self.session.tokens.update(refreshed);
                        Ok(())
                    }
                    Err(error) => Err(error.into()),
                });
            }
            State::Finished => {}
        }
    }
}

impl KeyFetches for RefreshSteps<'_> {}

impl fmt::Debug for RefreshSteps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshSteps").field("session", &self.session).finish_non_exhaustive()
    }
}
