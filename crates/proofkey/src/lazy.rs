//! A login whose server is discovered when it is first needed.

use std::fmt;
use std::sync::OnceLock;
use std::time::SystemTime;

use http::Response;
use proofkey_authorize::AuthorizationServer;
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{Transport, TransportError};

use crate::discovery::{Discovery, DiscoverySteps};
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::LoginError;
use crate::flight::Flight;
use crate::login::Login;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};

/// A [`Login`] that is created when it is first needed, so that an application can start while the
/// issuer cannot be reached. If discovery fails, that login reports the error, and the next one tries
/// again.
///
/// ```
/// use proofkey::{Discovery, LazyLogin, Login};
///
/// let lazy = LazyLogin::new(Discovery::new("https://tenant.example/"), |server| {
///     Login::new(server, "client-id", "https://app.example/callback")
/// });
/// # async fn handler(lazy: &LazyLogin, http: &impl proofkey::token::Transport) -> Result<(), proofkey::LoginError> {
/// // In the handler of GET /login:
/// let (url, pending) = lazy.get(http).await?.request().begin()?;
/// # drop((url, pending));
/// # Ok(())
/// # }
/// # drop(lazy);
/// ```
pub struct LazyLogin {
    discovery: Discovery,
    build: Build,
    login: OnceLock<Login>,
    flight: Flight,
}

type Build = Box<dyn Fn(AuthorizationServer) -> Result<Login, LoginError> + Send + Sync>;

impl LazyLogin {
    /// Creates a value that runs `discovery` when the login is first needed, and then `build` with the
    /// server.
    #[must_use]
    pub fn new(
        discovery: Discovery,
        build: impl Fn(AuthorizationServer) -> Result<Login, LoginError> + Send + Sync + 'static,
    ) -> Self {
        Self { discovery, build: Box::new(build), login: OnceLock::new(), flight: Flight::default() }
    }

    /// Returns the login. The first call discovers the server; calls at the same time wait for it. After
    /// a failure, the next call discovers again.
    ///
    /// # Errors
    ///
    /// As [`discover`](crate::discover), or the error of `build`.
    pub async fn get(&self, http: &impl Transport) -> Result<&Login, LoginError> {
        match self.login.get() {
            Some(login) => Ok(login),
            None => drive(&mut self.steps()?, http, SystemTime::now).await,
        }
    }

    /// [`get`](Self::get) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[cfg(not(target_family = "wasm"))]
    pub fn get_blocking(&self, http: &impl BlockingTransport) -> Result<&Login, LoginError> {
        match self.login.get() {
            Some(login) => Ok(login),
            None => drive_blocking(&mut self.steps()?, http, SystemTime::now),
        }
    }

    fn accept(&self, server: AuthorizationServer) -> Result<&Login, LoginError> {
        let login = (self.build)(server)?;
        Ok(self.login.get_or_init(|| login))
    }

    /// [`get`](Self::get) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] if the issuer is not valid.
    pub fn steps(&self) -> Result<LazySteps<'_>, LoginError> {
        Ok(LazySteps { lazy: self, discovery: self.discovery.clone().steps()?, is_fetching: false, failure: None })
    }
}

impl fmt::Debug for LazyLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyLogin")
            .field("discovery", &self.discovery)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

/// The discovery of a [`LazyLogin`], made by [`LazyLogin::steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct LazySteps<'a> {
    lazy: &'a LazyLogin,
    discovery: DiscoverySteps,
    is_fetching: bool,
    failure: Option<LoginError>,
}

impl<'a> Steps for LazySteps<'a> {
    type Output = &'a Login;

    fn next(&mut self, now: SystemTime) -> Step<Result<&'a Login, LoginError>> {
        self.is_fetching = false;
        let lazy = self.lazy;
        if let Some(login) = lazy.login.get() {
            return Step::Done(Ok(login));
        }
        if let Some(error) = self.failure.take() {
            return Step::Done(Err(error));
        }
        match self.discovery.next(now) {
            Step::Send(request) => {
                self.is_fetching = true;
                Step::Send(request)
            }
            Step::Done(server) => Step::Done(server.and_then(|server| lazy.accept(server))),
        }
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        if std::mem::take(&mut self.is_fetching) {
            self.discovery.receive(answer, now);
            // Here rather than in `next`: those that wait for the lock find the login when they have it.
            if let Step::Done(server) = self.discovery.next(now) {
                self.failure = server.and_then(|server| self.lazy.accept(server)).err();
            }
        }
    }
}

impl KeyFetches for LazySteps<'_> {
    fn flight(&mut self, _: SystemTime) -> Option<Flight> {
        self.lazy.login.get().is_none().then(|| self.lazy.flight.clone())
    }

    fn is_fetching(&self) -> bool {
        self.is_fetching
    }
}
