//! Client credentials: a client that acts for itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::Response;
use proofkey_authorize::{AuthorizationDetails, AuthorizationServer, ClientId, Scope};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::BlockingTransport;
use proofkey_token::{
    ApiToken, ClientAuthentication, ClientCredentials, ClientCredentialsError, ClientCredentialsRequest,
    TokenRequestError, TokenSet, Transport, TransportError,
};
use zeroize::Zeroizing;

use crate::call::read_once;
use crate::drive::drive;
#[cfg(not(target_family = "wasm"))]
use crate::drive::drive_blocking;
use crate::error::LoginError;
use crate::flight::Flight;
use crate::issuer_keys::Clock;
use crate::renewal::asks_again;
use crate::steps::sealed::KeyFetches;
use crate::steps::{Step, Steps};
use crate::token_cache::{FailedAnswer, KeptAnswer, TokenCache};

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
/// let machine = MachineLogin::new(server, "nightly-export", secret)?.with_scope("notes.read")?;
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
    cache: Mutex<TokenCache>,
    flight: Flight,
}

impl MachineLogin {
    /// Creates a client of `server` that authenticates by `authentication`. It starts without tokens: tokens of a
    /// client are not stored, since new ones need no user.
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
            cache: Mutex::default(),
            flight: Flight::default(),
        })
    }

    /// Sets the requested `scope`: scope tokens separated by one space.
    ///
    /// # Errors
    ///
    /// [`LoginError::Invalid`] for an invalid scope.
    pub fn with_scope(mut self, scope: &str) -> Result<Self, LoginError> {
        self.scope = Some(Scope::new(scope)?);
        Ok(self.without_tokens())
    }

    /// Adds a `resource`: an API that the access token is for (RFC 8707). Call it again for another one.
    #[must_use]
    pub fn with_resource(mut self, resource: &str) -> Self {
        self.resources.push(resource.to_owned());
        self.without_tokens()
    }

    /// Sets `authorization_details` (RFC 9396).
    #[must_use]
    pub fn with_authorization_details(mut self, details: AuthorizationDetails) -> Self {
        self.details = Some(details);
        self.without_tokens()
    }

    /// Adds a parameter that is specific to this server, such as `audience` at Auth0.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), Zeroizing::new(value.into())));
        self.without_tokens()
    }

    /// Sets the clock. The default is the system's clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self.without_tokens()
    }

    /// What was fetched or failed before is not what is asked for now.
    fn without_tokens(self) -> Self {
        Self { cache: Mutex::default(), ..self }
    }

    /// Returns the cached tokens, or fetches new ones when they are about to expire.
    ///
    /// Tokens are replaced a minute before they expire, or a tenth of their lifetime if that is shorter. If the server
    /// states no lifetime, they are replaced after five minutes. The old ones are returned until they expire while
    /// another caller fetches new ones, and while that fails temporarily: a broken connection, a status of 500 or more,
    /// or a client credential that cannot be created at the moment.
    ///
    /// For five seconds after a [retryable](LoginError::is_retryable) failure no other request is sent, so that callers
    /// do not wait for one time-out after another. If there are no unexpired tokens, the same failure is returned at
    /// once.
    ///
    /// # Errors
    ///
    /// [`LoginError::ClientCredentials`].
    pub async fn tokens(&self, http: &impl Transport) -> Result<Arc<TokenSet>, LoginError> {
        drive(&mut self.steps(), http, || self.now()).await
    }

    /// [`tokens`](Self::tokens) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`tokens`](Self::tokens).
    #[cfg(not(target_family = "wasm"))]
    pub fn tokens_blocking(&self, http: &impl BlockingTransport) -> Result<Arc<TokenSet>, LoginError> {
        drive_blocking(&mut self.steps(), http, || self.now())
    }

    /// [`tokens`](Self::tokens) as steps without I/O.
    pub fn steps(&self) -> MachineSteps<'_> {
        MachineSteps { machine: self, waiting: None, was_asked: false, result: None }
    }

    /// Removes these tokens from the cache, for instance because the API responded with status 401. Newer ones are not
    /// affected.
    pub fn discard(&self, tokens: &Arc<TokenSet>) {
        self.cache().discard(tokens);
    }

    /// Removes a token that an API refused. Returns whether there are others, or will be.
    pub(crate) fn replace(&self, refused: &ApiToken) -> bool {
        self.cache().replace(refused, self.now())
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

    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)()
    }

    /// A thread that panicked while it held the lock left nothing half done.
    fn cache(&self) -> MutexGuard<'_, TokenCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The tokens of a [`MachineLogin`], created by [`MachineLogin::steps`].
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
    type Error = LoginError;

    fn next(&mut self, now: SystemTime) -> Step<Result<Arc<TokenSet>, LoginError>> {
        self.waiting = None;
        match self.result.take() {
            Some(Err(error)) if can_pass(&error) => {
                self.was_asked = false;
                return Step::Done(self.machine.cache().unexpired(now).ok_or(error));
            }
            // New ones are returned however short their lifetime is.
            Some(result) => return Step::Done(result),
            None => {}
        }
        if let Some(settled) = self.machine.cache().settled(now) {
            return Step::Done(settled.map_err(LoginError::from));
        }
        match self.machine.request() {
            Ok((request, waiting)) => {
                self.waiting = Some(waiting);
                Step::Send(request)
            }
            Err(error) => Step::Done(self.unsent(error.into(), now)),
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
        let address = machine.server.token_endpoint().as_str().parse().ok();
        let kept = KeptAnswer::of(&answer, address);
        let read = read_once(answer, |answer| waiting.receive(answer?, now));
        let result = read.map(Arc::new).map_err(LoginError::from);
        // Here rather than in `next`: those that wait for the lock find the tokens, or the failure, when they
        // have it.
        match &result {
            Ok(tokens) => machine.cache().accept(Arc::clone(tokens)),
            Err(error) if can_pass(error) => {
                let kept = kept.filter(|_| error.is_retryable());
                machine.cache().fail(kept.map(|kept| FailedAnswer::new(waiting, kept)), now);
            }
            Err(_) => {}
        }
        self.result = Some(result);
    }
}

impl MachineSteps<'_> {
    /// What a caller gets whose request could not be made.
    fn unsent(&self, error: LoginError, now: SystemTime) -> Result<Arc<TokenSet>, LoginError> {
        if !can_pass(&error) {
            return Err(error);
        }
        let mut cache = self.machine.cache();
        cache.fail(None, now);
        cache.unexpired(now).ok_or(error)
    }
}

impl KeyFetches for MachineSteps<'_> {
    fn flight(&mut self, now: SystemTime) -> Option<Flight> {
        let machine = self.machine;
        let (cache, flight) = (machine.cache(), &machine.flight);
        if self.result.is_some() || cache.settled(now).is_some() {
            return None;
        }
        // Another caller fetches: there is no need to wait for it.
        if let Some(tokens) = cache.unexpired(now).filter(|_| flight.is_held()) {
            self.result = Some(Ok(tokens));
            return None;
        }
        Some(flight.clone())
    }

    fn is_fetching(&self) -> bool {
        self.waiting.is_some()
    }
}

/// Whether unexpired tokens serve in spite of this error: it says nothing about them. A device that signs
/// can be away for a moment.
fn can_pass(error: &LoginError) -> bool {
    let is_credential = matches!(
        error,
        LoginError::ClientCredentials(ClientCredentialsError::Request(TokenRequestError::Credential(_)))
    );
    is_credential || error.is_retryable() || error.status().is_some_and(|status| status >= 500)
}
