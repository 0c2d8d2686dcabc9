//! A client whose server is discovered on first use.

use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use http::{Response, Uri};
use proofkey_authorize::AuthorizationServer;
use proofkey_jwt::JwkCache;
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

/// A [`Login`], a [`MachineLogin`] or [`IssuerKeys`], created when it is first needed, so that an application can start
/// while the issuer is unreachable. If discovery fails, that call and those that waited for it return the error, and
/// the next one tries again. After two failures in a row, one discovery a second ([`JwkCache::RETRY_DELAY`]) is tried,
/// and all other calls return the last failure at once, without its source.
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
    failures: Mutex<Failures>,
}

/// The discoveries that failed since one succeeded. Errors of `build` are not counted.
#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last: Option<(SystemTime, LoginError)>,
}

type Build<T> = Box<dyn Fn(AuthorizationServer) -> Result<T, LoginError> + Send + Sync>;

impl<T> Lazy<T> {
    /// Creates a value that runs `discovery` when the client is first needed, and then calls `build` with the server.
    /// After a failure, both are tried again.
    #[must_use]
    pub fn new(
        discovery: Discovery,
        build: impl Fn(AuthorizationServer) -> Result<T, LoginError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            discovery,
            build: Box::new(build),
            client: OnceLock::new(),
            flight: Flight::default(),
            failures: Mutex::default(),
        }
    }

    /// Returns the client. The first call discovers the server; calls at the same time wait for it. After
    /// a failure, the next call discovers again; after two in a row, the first call that comes a second later.
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
        let discovery = self.discovery.clone().steps()?;
        Ok(LazySteps { lazy: self, discovery, is_fetching: false, waits_since: None, failure: None })
    }

    /// A thread that panicked while it held the lock left nothing half done.
    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    fn record(&mut self, error: &LoginError, now: SystemTime) {
        if let Some(error) = again(error) {
            *self = Self { count: self.count.saturating_add(1), last: Some((now, error)) };
        }
    }

    /// The last failure, while it answers for others: for a time after the second, and for those that have waited for
    /// it since there were fewer.
    fn answer(&self, waits_since: Option<u32>, now: SystemTime) -> Option<LoginError> {
        let (at, error) = self.last.as_ref()?;
        // Another thread may have read the clock before; a clock that was set back ends the wait.
        let age = now.duration_since(*at).or_else(|_| at.duration_since(now));
        let is_cooling = self.count >= 2 && age.is_ok_and(|age| age < JwkCache::RETRY_DELAY);
        (is_cooling || waits_since.is_some_and(|count| count < self.count)).then(|| again(error)).flatten()
    }
}

/// The same failure of a discovery for another caller, without its source. `None` for any other error.
fn again(error: &LoginError) -> Option<LoginError> {
    match error {
        LoginError::Discovery(error) => Some(LoginError::Discovery(error.clone())),
        LoginError::DiscoveryTransport(error) => {
            let same = if error.may_have_been_sent() {
                TransportError::after_sending(error.kind())
            } else {
                TransportError::before_sending(error.kind())
            };
            let uri = error.address().and_then(|address| address.parse::<Uri>().ok());
            Some(LoginError::DiscoveryTransport(match uri {
                Some(uri) => same.at(&uri),
                None => same,
            }))
        }
        _ => None,
    }
}

impl<T: fmt::Debug> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").field("discovery", &self.discovery).field("client", &self.client).finish_non_exhaustive()
    }
}

/// The discovery of a [`Lazy`], created by [`Lazy::steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct LazySteps<'a, T> {
    lazy: &'a Lazy<T>,
    discovery: DiscoverySteps,
    is_fetching: bool,
    /// How many discoveries had failed when these steps began to wait for the flight.
    waits_since: Option<u32>,
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
        let waits_since = self.waits_since.take();
        if let Some(error) = self.failure.take().or_else(|| lazy.failures().answer(waits_since, now)) {
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
                match &server {
                    Ok(_) => *self.lazy.failures() = Failures::default(),
                    Err(error) => self.lazy.failures().record(error, now),
                }
                self.failure = server.and_then(|server| self.lazy.accept(server)).err();
            }
        }
    }
}

impl<T> KeyFetches for LazySteps<'_, T> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        if self.failure.is_some() || self.lazy.client.get().is_some() {
            return None;
        }
        let failures = self.lazy.failures();
        self.waits_since = Some(failures.count);
        self.failure = failures.answer(None, now);
        self.failure.is_none().then(|| self.lazy.flight.clone())
    }

    fn is_fetching(&self) -> bool {
        self.is_fetching
    }
}
