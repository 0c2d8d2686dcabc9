//! A client whose server is discovered when it is first needed.

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
use crate::issuer_keys::IssuerKeys;
use crate::login::Login;
use crate::machine::MachineLogin;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};

/// A [`Login`] that is created when it is first needed.
pub type LazyLogin = Lazy<Login>;

/// A [`MachineLogin`] that is created when it is first needed.
pub type LazyMachineLogin = Lazy<MachineLogin>;

/// [`IssuerKeys`] that are created when they are first needed.
pub type LazyIssuerKeys = Lazy<IssuerKeys>;

/// A [`Login`], a [`MachineLogin`] or [`IssuerKeys`], created when it is first needed, so that an application can
/// start while the issuer cannot be reached. If discovery fails, that call reports the error, and the next one tries
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
///
/// The keys of an API: `LazyIssuerKeys::new(Discovery::new(issuer), |server| Ok(IssuerKeys::new(&server)))`.
pub struct Lazy<T> {
    discovery: Discovery,
    build: Build<T>,
    client: OnceLock<T>,
    flight: Flight,
}

type Build<T> = Box<dyn Fn(AuthorizationServer) -> Result<T, LoginError> + Send + Sync>;

impl<T> Lazy<T> {
    /// Creates a value that runs `discovery` when the client is first needed, and then `build` with the
    /// server, again after a failure.
    #[must_use]
    pub fn new(
        discovery: Discovery,
        build: impl Fn(AuthorizationServer) -> Result<T, LoginError> + Send + Sync + 'static,
    ) -> Self {
        Self { discovery, build: Box::new(build), client: OnceLock::new(), flight: Flight::default() }
    }

    /// Returns the client. The first call discovers the server; calls at the same time wait for it. After
    /// a failure, the next call discovers again.
    ///
    /// # Errors
    ///
    /// As [`discover`](crate::discover), or the error of `build`.
    pub async fn get(&self, http: &impl Transport) -> Result<&T, LoginError> {
        match self.client.get() {
            Some(client) => Ok(client),
            None => drive(&mut self.steps()?, http, SystemTime::now).await,
        }
    }

    /// [`get`](Self::get) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[cfg(not(target_family = "wasm"))]
    pub fn get_blocking(&self, http: &impl BlockingTransport) -> Result<&T, LoginError> {
        match self.client.get() {
            Some(client) => Ok(client),
            None => drive_blocking(&mut self.steps()?, http, SystemTime::now),
        }
    }

    fn accept(&self, server: AuthorizationServer) -> Result<&T, LoginError> {
        let client = (self.build)(server)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// [`get`](Self::get) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] if the issuer is not valid.
    pub fn steps(&self) -> Result<LazySteps<'_, T>, LoginError> {
        Ok(LazySteps { lazy: self, discovery: self.discovery.clone().steps()?, is_fetching: false, failure: None })
    }
}

impl<T: fmt::Debug> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").field("discovery", &self.discovery).field("client", &self.client).finish_non_exhaustive()
    }
}

/// The discovery of a [`Lazy`], made by [`Lazy::steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct LazySteps<'a, T> {
    lazy: &'a Lazy<T>,
    discovery: DiscoverySteps,
    is_fetching: bool,
    failure: Option<LoginError>,
}

impl<'a, T> Steps for LazySteps<'a, T> {
    type Output = &'a T;
    type Error = LoginError;

    fn next(&mut self, now: SystemTime) -> Step<Result<&'a T, LoginError>> {
        self.is_fetching = false;
        let lazy = self.lazy;
        if let Some(client) = lazy.client.get() {
            return Step::Done(Ok(client));
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
            // Here rather than in `next`: those that wait for the lock find the client when they have it.
            if let Step::Done(server) = self.discovery.next(now) {
                self.failure = server.and_then(|server| self.lazy.accept(server)).err();
            }
        }
    }
}

impl<T> KeyFetches for LazySteps<'_, T> {
    fn flight(&mut self, _: SystemTime) -> Option<Flight> {
        self.lazy.client.get().is_none().then(|| self.lazy.flight.clone())
    }

    fn is_fetching(&self) -> bool {
        self.is_fetching
    }
}
