//! Client credentials: a client that acts for itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::Response;
use proofkey_authorize::{AuthorizationDetails, AuthorizationServer, ClientId, Scope};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{
    ClientAuthentication, ClientCredentials, ClientCredentialsError, ClientCredentialsRequest, TokenSet, Transport,
    TransportError,
};
use zeroize::Zeroizing;

use crate::call::read_once;
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::LoginError;
use crate::flight::Flight;
use crate::renewal::asks_again;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};

/// How long before its end a token is replaced. A tenth of its lifetime, if that is shorter.
const MARGIN: Duration = Duration::from_secs(60);

/// How long a token is cached whose lifetime the server does not state.
const UNSTATED_LIFE: Duration = Duration::from_secs(5 * 60);

/// Client credentials (RFC 6749 section 4.4): a client that acts for itself, without a user, such as a
/// scheduled job or a service that calls another one.
///
/// Create one, keep it for the life of the program and share it. It returns the cached tokens until shortly
/// before they expire. Concurrent callers share one request for new ones.
///
/// ```
/// # async fn example(http: &impl proofkey::token::Transport) -> Result<(), Box<dyn std::error::Error>> {
/// use proofkey::token::{ClientAuthentication, ClientSecret};
/// use proofkey::{MachineLogin, discover};
///
/// let server = discover(http, "https://tenant.example/").await?;
/// let secret = ClientAuthentication::secret(ClientSecret::new(std::env::var("CLIENT_SECRET")?)?);
/// let machine = MachineLogin::new(server, "nightly-export", secret)?.scope("notes.read")?;
///
/// // Before each request to the API:
/// let tokens = machine.tokens(http).await?;
/// # drop(tokens);
/// # Ok(())
/// # }
/// ```
pub struct MachineLogin {
    server: AuthorizationServer,
    client_id: ClientId,
    authentication: ClientAuthentication,
    scope: Option<Scope>,
    resources: Vec<String>,
    details: Option<AuthorizationDetails>,
    parameters: Vec<(String, Zeroizing<String>)>,
    clock: Clock,
    cached: Mutex<Option<Arc<TokenSet>>>,
    flight: Flight,
}

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl MachineLogin {
    /// Creates a client of `server` that authenticates as `authentication` says. It begins without tokens:
    /// those of a client are not stored, since new ones need no user.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] for an invalid client identifier.
    pub fn new(
        server: AuthorizationServer,
        client_id: impl AsRef<str>,
        authentication: ClientAuthentication,
    ) -> Result<Self, LoginError> {
        Ok(Self {
            server,
            client_id: ClientId::new(client_id)?,
            authentication,
            scope: None,
            resources: Vec::new(),
            details: None,
            parameters: Vec::new(),
            clock: Arc::new(SystemTime::now),
            cached: Mutex::default(),
            flight: Flight::default(),
        })
    }

    /// Sets the requested `scope`: scope tokens separated by one space.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] for an invalid scope.
    pub fn scope(mut self, scope: &str) -> Result<Self, LoginError> {
        self.scope = Some(Scope::new(scope)?);
        Ok(self)
    }

    /// Adds a `resource`: an API that the access token is for (RFC 8707). Call it again for another one.
    #[must_use]
    pub fn resource(mut self, resource: &str) -> Self {
        self.resources.push(resource.to_owned());
        self
    }

    /// Sets `authorization_details` (RFC 9396).
    #[must_use]
    pub fn authorization_details(mut self, details: AuthorizationDetails) -> Self {
        self.details = Some(details);
        self
    }

    /// Adds a parameter that only this server knows, such as `audience` at Auth0.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), Zeroizing::new(value.into())));
        self
    }

    /// Sets the clock. The system's unless set.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Returns the cached tokens, or fetches new ones when they are about to expire.
    ///
    /// Tokens are replaced a minute before they expire, or a tenth of their lifetime if that is shorter. If
    /// the server states no lifetime, they are replaced after five minutes. While new ones cannot be fetched
    /// and the failure is transient, the old ones are returned until they expire.
    ///
    /// # Errors
    ///
    /// [`LoginError::ClientCredentials`].
    pub async fn tokens(&self, http: &impl Transport) -> Result<Arc<TokenSet>, LoginError> {
        drive(&mut self.steps(), http, || (self.clock)()).await
    }

    /// [`tokens`](Self::tokens) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`tokens`](Self::tokens).
    #[cfg(not(target_family = "wasm"))]
    pub fn tokens_blocking(&self, http: &impl BlockingTransport) -> Result<Arc<TokenSet>, LoginError> {
        drive_blocking(&mut self.steps(), http, || (self.clock)())
    }

    /// [`tokens`](Self::tokens) as steps without I/O.
    pub fn steps(&self) -> MachineSteps<'_> {
        MachineSteps { machine: self, waiting: None, was_asked: false, result: None }
    }

    /// Removes these tokens from the cache, for instance because the API answered with status 401. Newer ones
    /// are not affected.
    pub fn discard(&self, tokens: &Arc<TokenSet>) {
        self.cached().take_if(|cached| Arc::ptr_eq(cached, tokens));
    }

    /// Returns the authorization server.
    #[must_use]
    pub fn server(&self) -> &AuthorizationServer {
        &self.server
    }

    /// Returns the client identifier.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// A thread that panicked while it held the lock left nothing half done.
    fn cached(&self) -> MutexGuard<'_, Option<Arc<TokenSet>>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tokens at hand, if more than `margin` of their lifetime is left.
    fn at_hand(&self, margin: impl Fn(Duration) -> Duration, now: SystemTime) -> Option<Arc<TokenSet>> {
        let cached = self.cached();
        let tokens = cached.as_ref()?;
        let life = tokens.expires_in().unwrap_or(UNSTATED_LIFE);
        // A clock that was set back cannot say how old they are.
        let age = now.duration_since(tokens.received_at()).ok()?;
        (age.saturating_add(margin(life)) < life).then(|| Arc::clone(tokens))
    }

    fn fresh(&self, now: SystemTime) -> Option<Arc<TokenSet>> {
        self.at_hand(|life| MARGIN.min(life / 10), now)
    }

    fn request(&self) -> Result<(http::Request<Vec<u8>>, ClientCredentials), ClientCredentialsError> {
        let mut request = ClientCredentialsRequest::new(&self.server, &self.client_id);
        if let Some(scope) = &self.scope {
            request = request.scope(scope.clone());
        }
        if let Some(details) = &self.details {
            request = request.authorization_details(details);
        }
        request = self.resources.iter().fold(request, |request, resource| request.resource(resource));
        for (name, value) in &self.parameters {
            request = request.parameter(name.as_str(), value.as_str());
        }
        request.build(&self.authentication)
    }
}

impl fmt::Debug for MachineLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MachineLogin")
            .field("issuer", self.server.issuer())
            .field("client_id", &self.client_id)
            .field("authentication", &self.authentication)
            .finish_non_exhaustive()
    }
}

/// The tokens of a [`MachineLogin`], made by [`MachineLogin::steps`].
#[derive(Debug)]
#[must_use = "steps do nothing unless they are driven"]
pub struct MachineSteps<'a> {
    machine: &'a MachineLogin,
    waiting: Option<ClientCredentials>,
    /// The server demanded a retry, because of a DPoP nonce.
    was_asked: bool,
    result: Option<Result<Arc<TokenSet>, LoginError>>,
}

impl Steps for MachineSteps<'_> {
    type Output = Arc<TokenSet>;

    fn next(&mut self, now: SystemTime) -> Step<Result<Arc<TokenSet>, LoginError>> {
        self.waiting = None;
        match self.result.take() {
            Some(Err(error)) if error.is_retryable() => {
                return Step::Done(self.machine.at_hand(|_| Duration::ZERO, now).ok_or(error));
            }
            // New ones are returned however short their lifetime is.
            Some(result) => return Step::Done(result),
            None => {}
        }
        if let Some(tokens) = self.machine.fresh(now) {
            return Step::Done(Ok(tokens));
        }
        match self.machine.request() {
            Ok((request, waiting)) => {
                self.waiting = Some(waiting);
                Step::Send(request)
            }
            Err(error) => Step::Done(Err(error.into())),
        }
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        let Some(waiting) = self.waiting.take() else { return };
        let machine = self.machine;
        if asks_again(&machine.authentication, &machine.server, &answer)
            && !std::mem::replace(&mut self.was_asked, true)
        {
            return;
        }
        let read = read_once(answer, |answer| waiting.receive(answer?, now));
        // Here rather than in `next`: those that wait for the lock find the tokens when they have it.
        self.result = Some(read.map(Arc::new).map_err(LoginError::from).inspect(|tokens| {
            *self.machine.cached() = Some(Arc::clone(tokens));
        }));
    }
}

impl KeyFetches for MachineSteps<'_> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        let is_due = self.result.is_none() && self.machine.fresh(now).is_none();
        is_due.then(|| self.machine.flight.clone())
    }

    fn is_fetching(&self) -> bool {
        self.waiting.is_some()
    }
}
