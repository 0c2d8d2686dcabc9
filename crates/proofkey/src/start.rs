//! The start of a login whose request may have to be pushed.

use std::fmt;
use std::time::SystemTime;

use http::Response;
use proofkey_authorize::{AuthorizationRequest, Pending};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Push, PushError, PushRequest, PushedRequest, Transport, TransportError};

use crate::call::Call;
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::entropy::entropy;
use crate::error::{LoginError, Stage};
use crate::login::Login;
use crate::request::LoginRequest;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};

impl<'a> LoginRequest<'a> {
    /// Begins the login as [`begin`](Self::begin) does. It pushes the request to the server first (RFC 9126) if the
    /// server requires that, or if [`push`](Self::push) was called. Otherwise it makes no network call.
    ///
    /// A push that fails is an error. The request is never put into a URL instead.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), or [`LoginError::Push`].
    pub async fn start(self, http: &impl Transport) -> Result<StartedLogin, LoginError> {
        let login = self.login();
        drive(&mut self.start_steps()?, http, || login.now()).await
    }

    /// [`start`](Self::start) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    #[cfg(not(target_family = "wasm"))]
    pub fn start_blocking(self, http: &impl BlockingTransport) -> Result<StartedLogin, LoginError> {
        let login = self.login();
        drive_blocking(&mut self.start_steps()?, http, || login.now())
    }

    /// [`start`](Self::start) as steps without I/O.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), or [`LoginError::Push`] if the server has no endpoint to push to.
    pub fn start_steps(self) -> Result<StartSteps<'a>, LoginError> {
        let (entropy, now) = (entropy()?, self.login().now());
        self.start_steps_with(&entropy, now)
    }

    /// [`start_steps`](Self::start_steps) with 96 bytes of a cryptographic random source, fresh for this call,
    /// at the time `now`.
    ///
    /// # Errors
    ///
    /// As [`start_steps`](Self::start_steps), without [`LoginError::Entropy`].
    pub fn start_steps_with(self, entropy: &[u8; 96], now: SystemTime) -> Result<StartSteps<'a>, LoginError> {
        let (login, is_pushed) = (self.login(), self.is_pushed());
        let request = self.checked()?;
        let begun = if is_pushed {
            State::pushing(request, login, entropy, now)?
        } else {
            State::plain(request, entropy, now)?
        };
        Ok(StartSteps { state: begun })
    }
}

/// The start of a login, created by [`LoginRequest::start_steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct StartSteps<'a> {
    state: State<'a>,
}

enum State<'a> {
    /// Nothing has to be sent, or the server has it all.
    Ready(Box<StartedLogin>),
    Pushing(Box<Pushing<'a>>),
    Finished,
}

/// A push, and its request with the response to it.
struct Pushing<'a> {
    push: Push<'a>,
    call: Call<PushedRequest>,
}

impl fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Ready",
            Self::Pushing(..) => "Pushing",
            Self::Finished => "Finished",
        })
    }
}

impl<'a> State<'a> {
    fn plain(request: AuthorizationRequest<'a>, entropy: &[u8; 96], now: SystemTime) -> Result<Self, LoginError> {
        let (url, pending) = request.begin(entropy, now)?;
        Ok(Self::Ready(Box::new(StartedLogin { url, pending, url_expires_at: None })))
    }

    fn pushing(
        request: AuthorizationRequest<'a>,
        login: &Login,
        entropy: &[u8; 96],
        now: SystemTime,
    ) -> Result<Self, LoginError> {
        let begun = request.begin_pushed(entropy, now)?;
        let (request, push) = PushRequest::new(begun).build(login.authentication())?;
        let call = Call::new(request, login.renewal(), Stage::Begin, |error| PushError::from(error).into());
        Ok(Self::Pushing(Box::new(Pushing { push, call })))
    }
}

impl Steps for StartSteps<'_> {
    type Output = StartedLogin;
    type Error = LoginError;

    fn next(&mut self, _: SystemTime) -> Step<Result<StartedLogin, LoginError>> {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Ready(started) => Step::Done(Ok(*started)),
            State::Finished => Step::Done(Err(LoginError::Finished { stage: Stage::Begin })),
            State::Pushing(mut pushing) => match pushing.call.next() {
                Step::Done(Ok(pushed)) => {
                    let url_expires_at = Some(pushed.expires_at());
                    let (url, pending) = pushing.push.into_login(&pushed);
                    Step::Done(Ok(StartedLogin { url, pending, url_expires_at }))
                }
                Step::Done(Err(error)) => {
                    self.state = State::Pushing(pushing);
                    Step::Done(Err(error))
                }
                Step::Send(request) => {
                    self.state = State::Pushing(pushing);
                    Step::Send(request)
                }
            },
        }
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        if let State::Pushing(pushing) = &mut self.state {
            let Pushing { push, call } = &mut **pushing;
            call.receive(answer, |answer| Ok(push.receive(answer.map_err(PushError::from)?, now)?));
        }
    }
}

impl KeyFetches for StartSteps<'_> {}

/// A login that has begun: where to send the browser, and what waits for the callback. `Debug` does not show
/// the URL, which may hold `state`.
#[must_use = "the browser has to be sent, and the pending login to be kept"]
pub struct StartedLogin {
    url: String,
    pending: Pending,
    url_expires_at: Option<SystemTime>,
}

impl StartedLogin {
    /// Returns the URL for the browser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns when the URL of a pushed request expires; `None` if the request was not pushed. At most servers that is
    /// after a minute: redirect the browser at once, and start again rather than wait.
    #[must_use]
    pub fn url_expires_at(&self) -> Option<SystemTime> {
        self.url_expires_at
    }

    /// Returns the URL for the browser, and the pending login, which must be kept in the session of that
    /// browser until the callback.
    #[must_use]
    pub fn into_parts(self) -> (String, Pending) {
        (self.url, self.pending)
    }
}

impl fmt::Debug for StartedLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedLogin")
            .field("pending", &self.pending)
            .field("url_expires_at", &self.url_expires_at)
            .finish_non_exhaustive()
    }
}
