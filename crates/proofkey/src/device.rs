//! A login on a device without a browser.

use std::fmt;
use std::future::Future;
use std::time::{Duration, SystemTime};

use http::Response;
use proofkey_authorize::{AuthorizationDetails, Scope};
use proofkey_jwt::{IdToken, JwkSet};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{
    DeviceAuthorization, DeviceAuthorizationError, DeviceAuthorizationRequest, DeviceGrant, DeviceStep, TokenSet,
    Transport, TransportError,
};

use crate::call::{Call, read_once};
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::{LoginError, Stage};
use crate::flight::Flight;
use crate::identity::Identity;
use crate::login::Login;
use crate::renewal::asks_again;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};
use crate::validation::Validation;

impl Login {
    /// Starts a login on a device without a browser (RFC 8628): the user opens a page on another device and
    /// enters a code.
    ///
    /// Where a browser and a listener on loopback work, use [`request`](Self::request): a user can be tricked
    /// into entering the code of an attacker's device.
    pub fn device(&self) -> DeviceRequest<'_> {
        let request = DeviceAuthorizationRequest::new(self.server(), self.client_id());
        DeviceRequest { login: self, request: Ok(request), is_login: false }
    }
}

/// The start of a login on a device without a browser, created by [`Login::device`] and finished by
/// [`start`](Self::start).
///
/// An invalid value is reported by `start`, so that the calls form one chain.
#[derive(Debug)]
#[must_use = "a request does nothing before `start`"]
pub struct DeviceRequest<'a> {
    login: &'a Login,
    request: Result<DeviceAuthorizationRequest<'a>, LoginError>,
    is_login: bool,
}

impl<'a> DeviceRequest<'a> {
    /// Sets the `scope`: scope tokens separated by one space. With `openid` among them the login ends with an
    /// [`Identity`] ([`DeviceLogin::finish`]), without it with tokens ([`DeviceLogin::exchange`]).
    pub fn scope(mut self, scope: &str) -> Self {
        let scope = Scope::new(scope);
        self.is_login = scope.as_ref().is_ok_and(|scope| scope.contains("openid"));
        self.with(|request| Ok(request.scope(scope?)))
    }

    /// Adds a `resource`: an API that the access token is for (RFC 8707). Call it again for another one.
    pub fn resource(self, resource: &str) -> Self {
        self.with(|request| Ok(request.resource(resource)))
    }

    /// Sets `authorization_details` (RFC 9396).
    pub fn authorization_details(self, details: &AuthorizationDetails) -> Self {
        self.with(|request| Ok(request.authorization_details(details)))
    }

    /// Adds a parameter that is specific to this server.
    pub fn parameter(self, name: &str, value: &str) -> Self {
        self.with(|request| Ok(request.parameter(name, value)))
    }

    fn with(
        self,
        step: impl FnOnce(DeviceAuthorizationRequest<'a>) -> Result<DeviceAuthorizationRequest<'a>, LoginError>,
    ) -> Self {
        Self { request: self.request.and_then(step), ..self }
    }

    /// Requests the device and user codes.
    ///
    /// # Errors
    ///
    /// [`LoginError::DeviceAuthorization`], or [`LoginError::Invalid`].
    pub async fn start(self, http: &impl Transport) -> Result<DeviceLogin<'a>, LoginError> {
        let login = self.login;
        drive(&mut self.steps()?, http, || login.now()).await
    }

    /// [`start`](Self::start) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    #[cfg(not(target_family = "wasm"))]
    pub fn start_blocking(self, http: &impl BlockingTransport) -> Result<DeviceLogin<'a>, LoginError> {
        let login = self.login;
        drive_blocking(&mut self.steps()?, http, || login.now())
    }

    /// [`start`](Self::start) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::DeviceAuthorization`] if the server has no such endpoint, or [`LoginError::Invalid`].
    pub fn steps(self) -> Result<DeviceStartSteps<'a>, LoginError> {
        let (request, waiting) = self.request?.build(self.login.authentication())?;
        Ok(DeviceStartSteps {
            login: self.login,
            is_login: self.is_login,
            call: Call::new(request, self.login.renewal(), Stage::Begin, |error| {
                DeviceAuthorizationError::from(error).into()
            }),
            waiting,
        })
    }
}

/// The request for the codes of a device login, created by [`DeviceRequest::steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct DeviceStartSteps<'a> {
    login: &'a Login,
    is_login: bool,
    call: Call<DeviceGrant>,
    waiting: DeviceAuthorization,
}

impl<'a> Steps for DeviceStartSteps<'a> {
    type Output = DeviceLogin<'a>;
    type Error = LoginError;

    fn next(&mut self, _: SystemTime) -> Step<Result<DeviceLogin<'a>, LoginError>> {
        match self.call.next() {
            Step::Send(request) => Step::Send(request),
            Step::Done(result) => Step::Done(result.map(|grant| DeviceLogin::new(self.login, grant, self.is_login))),
        }
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        let waiting = &self.waiting;
        self.call.receive(answer, |answer| Ok(waiting.receive(answer.map_err(DeviceAuthorizationError::from)?, now)?));
    }
}

impl KeyFetches for DeviceStartSteps<'_> {}

/// A login on a device without a browser that waits for its user.
///
/// Show the code and the address, then call [`finish`](Self::finish) or [`exchange`](Self::exchange). If their future
/// is dropped, call them again: they continue where they were. There is one exception: if the future is dropped while
/// the response with the tokens is in transit, the device code is spent and these tokens are lost. The server then
/// refuses the next poll, and a new login is needed. So drop the future while it sleeps rather than while it polls, or
/// run it in a task of its own.
///
/// ```
/// # use proofkey::{Login, LoginError, token::Transport};
/// # async fn example(login: &Login, http: &impl Transport) -> Result<(), LoginError> {
/// let mut device = login.device().scope("openid profile").start(http).await?;
/// println!("Open {} and enter {}", device.verification_uri(), device.user_code());
/// let identity = device.finish(http, tokio::time::sleep).await?;
/// println!("{} signed in", identity.subject());
/// # Ok(())
/// # }
/// ```
pub struct DeviceLogin<'a> {
    login: &'a Login,
    grant: DeviceGrant,
    is_login: bool,
    /// The server demanded a retry of the last poll, because of a DPoP nonce.
    was_asked: bool,
    received: Option<TokenSet>,
    /// Tokens were received, so the device code is spent.
    is_spent: bool,
}

impl<'a> DeviceLogin<'a> {
    fn new(login: &'a Login, grant: DeviceGrant, is_login: bool) -> Self {
        Self { login, grant, is_login, was_asked: false, received: None, is_spent: false }
    }

    /// Returns the code for the user to type in.
    #[must_use]
    pub fn user_code(&self) -> &str {
        self.grant.user_code()
    }

    /// Returns the address of the page where the user types it in. It can be printed as it is; open it
    /// without a shell.
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        self.grant.verification_uri()
    }

    /// Returns the address that has the code in it already, for instance for a QR code. Show the code beside
    /// it, for the user to compare.
    #[must_use]
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.grant.verification_uri_complete()
    }

    /// Returns when the codes expire.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.grant.expires_at()
    }

    /// Waits for the user, and validates the ID token. `sleep` is an asynchronous sleep function, such as
    /// `tokio::time::sleep`.
    ///
    /// # Errors
    ///
    /// [`LoginError::Device`] when the user refused or the codes expired, [`LoginError::Keys`],
    /// [`LoginError::IdToken`]; [`LoginError::OpenIdMissing`] without `openid` in the scope.
    pub async fn finish<S: Future<Output = ()>>(
        &mut self,
        http: &impl Transport,
        sleep: impl Fn(Duration) -> S,
    ) -> Result<Identity, LoginError> {
        if !self.is_login {
            return Err(LoginError::OpenIdMissing { stage: Stage::Device });
        }
        self.wait(http, sleep).await?;
        let login = self.login;
        drive(&mut self.validation_steps(), http, || login.now()).await
    }

    /// [`finish`](Self::finish) with a blocking transport; `sleep` is a blocking sleep function, such as
    /// `std::thread::sleep`.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    #[cfg(not(target_family = "wasm"))]
    pub fn finish_blocking(
        &mut self,
        http: &impl BlockingTransport,
        sleep: impl Fn(Duration),
    ) -> Result<Identity, LoginError> {
        if !self.is_login {
            return Err(LoginError::OpenIdMissing { stage: Stage::Device });
        }
        self.wait_blocking(http, sleep)?;
        let login = self.login;
        drive_blocking(&mut self.validation_steps(), http, || login.now())
    }

    /// Waits for the user, for API access without signing in a user. `sleep` is an asynchronous sleep function,
    /// such as `tokio::time::sleep`.
    ///
    /// # Errors
    ///
    /// [`LoginError::Device`]; [`LoginError::OpenIdUnexpected`] with `openid` in the scope.
    pub async fn exchange<S: Future<Output = ()>>(
        &mut self,
        http: &impl Transport,
        sleep: impl Fn(Duration) -> S,
    ) -> Result<TokenSet, LoginError> {
        if self.is_login {
            return Err(LoginError::OpenIdUnexpected { stage: Stage::Device });
        }
        self.wait(http, sleep).await?;
        self.received.take().ok_or(LoginError::Finished { stage: Stage::Device })
    }

    /// [`exchange`](Self::exchange) with a blocking transport; `sleep` is a blocking sleep function, such as
    /// `std::thread::sleep`.
    ///
    /// # Errors
    ///
    /// As [`exchange`](Self::exchange).
    #[cfg(not(target_family = "wasm"))]
    pub fn exchange_blocking(
        &mut self,
        http: &impl BlockingTransport,
        sleep: impl Fn(Duration),
    ) -> Result<TokenSet, LoginError> {
        if self.is_login {
            return Err(LoginError::OpenIdUnexpected { stage: Stage::Device });
        }
        self.wait_blocking(http, sleep)?;
        self.received.take().ok_or(LoginError::Finished { stage: Stage::Device })
    }

    /// Returns what to do at `now`, for a caller with its own loop: wait, or send a request and pass the result
    /// to [`receive`](Self::receive).
    ///
    /// # Errors
    ///
    /// [`LoginError::Device`] when the codes expired; [`LoginError::Finished`] when the tokens were received.
    pub fn poll(&mut self, now: SystemTime) -> Result<DeviceStep, LoginError> {
        if self.is_spent {
            return Err(LoginError::Finished { stage: Stage::Device });
        }
        let login = self.login;
        Ok(self.grant.poll(login.server(), login.client_id(), login.authentication(), now)?)
    }

    /// Reads the response to a poll. Returns `true` once tokens were received; then
    /// [`validation_steps`](Self::validation_steps) is next.
    ///
    /// # Errors
    ///
    /// [`LoginError::Device`] when the user refused.
    pub fn receive(
        &mut self,
        answer: Result<Response<Vec<u8>>, TransportError>,
        now: SystemTime,
    ) -> Result<bool, LoginError> {
        let is_asked = asks_again(self.login.authentication(), self.login.server(), &answer);
        if is_asked && !std::mem::replace(&mut self.was_asked, is_asked) {
            // The next poll has the nonce. It need not wait: the server has not looked at the code.
            self.grant.repeat_at(now);
            return Ok(false);
        }
        self.was_asked = is_asked;
        let received = read_once(answer, |answer| match answer {
            Ok(response) => self.grant.receive(response, now),
            Err(error) => self.grant.failed(error, now),
        })?;
        self.is_spent |= received.is_some();
        self.received = self.received.take().or(received);
        Ok(self.received.is_some())
    }

    /// Validates the ID token that was received, as steps without I/O.
    pub fn validation_steps(&mut self) -> DeviceSteps<'_, 'a> {
        let validation = Validation::new(self.login.key_fetch());
        DeviceSteps { device: self, validation }
    }

    async fn wait<S: Future<Output = ()>>(
        &mut self,
        http: &impl Transport,
        sleep: impl Fn(Duration) -> S,
    ) -> Result<(), LoginError> {
        while self.received.is_none() {
            match self.poll(self.login.now())? {
                DeviceStep::Wait(time) => sleep(time).await,
                DeviceStep::Send(request) => {
                    let answer = http.send(request).await;
                    self.receive(answer, self.login.now())?;
                }
            }
        }
        Ok(())
    }

    #[cfg(not(target_family = "wasm"))]
    fn wait_blocking(&mut self, http: &impl BlockingTransport, sleep: impl Fn(Duration)) -> Result<(), LoginError> {
        while self.received.is_none() {
            match self.poll(self.login.now())? {
                DeviceStep::Wait(time) => sleep(time),
                DeviceStep::Send(request) => {
                    let answer = http.send(request);
                    self.receive(answer, self.login.now())?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DeviceLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceLogin").field("login", &self.login).field("grant", &self.grant).finish_non_exhaustive()
    }
}

/// The validation of the ID token of a device login, created by [`DeviceLogin::validation_steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct DeviceSteps<'d, 'a> {
    device: &'d mut DeviceLogin<'a>,
    validation: Validation<'a, IdToken, LoginError>,
}

impl Steps for DeviceSteps<'_, '_> {
    type Output = Identity;
    type Error = LoginError;

    fn next(&mut self, now: SystemTime) -> Step<Result<Identity, LoginError>> {
        let (login, received) = (self.device.login, self.device.received.as_ref());
        let result = match self.validation.next(now, |keys| validate(login, received, keys, now)) {
            Step::Send(request) => return Step::Send(request),
            // Nothing is known about the token.
            Step::Done(Err(error @ LoginError::Keys(_))) => return Step::Done(Err(error)),
            Step::Done(result) => result,
        };
        Step::Done(Identity::of(result, self.device.received.take()))
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        self.validation.receive(answer, now);
    }
}

impl KeyFetches for DeviceSteps<'_, '_> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        let (login, received) = (self.device.login, self.device.received.as_ref());
        self.validation.look(now, |keys| validate(login, received, keys, now));
        self.validation.flight(now)
    }

    fn is_fetching(&self) -> bool {
        self.validation.is_fetching()
    }

    fn abandon(&mut self) {
        self.validation.abandon();
    }
}

/// Validates the ID token of a device login. There is no nonce, since no browser carried the request.
fn validate(login: &Login, received: Option<&TokenSet>, keys: &JwkSet, now: SystemTime) -> Result<IdToken, LoginError> {
    login.validate(received.ok_or(LoginError::Finished { stage: Stage::IdToken })?, login.expected(), keys, now)
}
