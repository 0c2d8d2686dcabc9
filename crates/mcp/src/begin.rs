//! From an MCP server's refusal to the URL at which the user consents.

use std::fmt;
use std::time::SystemTime;

use proofkey::authorize::{AuthorizationRequest, AuthorizationServer, ClientId, Issuer, Pending, Scope, sanitised};
use proofkey::http::Response;
use proofkey::token::{Transport, TransportError};
use proofkey::{KeyFetches, Step, Steps, drive};
#[cfg(not(target_family = "wasm"))]
use proofkey::{drive_blocking, token::BlockingTransport};
use zeroize::Zeroizing;

use crate::client::McpClient;
use crate::demand::{Demand, union};
use crate::error::{McpError, Stage};
use crate::pause::{Pause, finished};
use crate::pending::PendingAuthorization;
use crate::register::Register;
use crate::registration::{Kind, Registration};
use crate::resource_metadata::ResourceMetadata;
use crate::search::{ResourceSearch, ServerSearch};
use crate::server::McpServer;

impl McpClient {
    /// Starts an authorization for `server`, which demanded it by `demand`.
    pub fn authorization<'a>(&'a self, server: &'a McpServer, demand: &'a Demand) -> Authorization<'a> {
        Authorization { client: self, server, demand, registrations: Vec::new() }
    }
}

/// The start of an authorization, created by [`McpClient::authorization`] and finished by [`run`](Self::run),
/// [`run_blocking`](Self::run_blocking) or [`steps`](Self::steps).
///
/// The order is (MCP 2026-07-28, "Authorization"):
///
/// 1. The metadata of the MCP server: where the challenge says, or at the well-known address with the server's path and
///    then at the root. Its `resource` must be the server's URL, byte for byte.
/// 2. The metadata of its authorization server, at up to three well-known addresses. Its `issuer` must be the expected
///    one, byte for byte.
/// 3. The client's identifier: the known [registration](Self::registration), if it is of this issuer; the client's URL,
///    if the server announces that it supports such identifiers; or a dynamic registration. Otherwise
///    [`McpError::AskUser`].
/// 4. The authorization request, with PKCE by S256, `state` and `resource`. It is not built for a server that does not
///    announce S256.
#[derive(Debug)]
#[must_use = "an authorization does nothing unless it is run"]
pub struct Authorization<'a> {
    client: &'a McpClient,
    server: &'a McpServer,
    demand: &'a Demand,
    registrations: Vec<Registration>,
}

impl<'a> Authorization<'a> {
    /// Adds a registration of the client: a manual one for this MCP server, or a stored one. Call it again for another
    /// issuer. Of the issuers that the server lists, one with a manual registration is preferred, then one with any
    /// other registration.
    ///
    /// With a manual registration, it is an error if the MCP server no longer lists the issuer
    /// ([`McpError::IssuerChanged`]). A dynamic registration is not used at another issuer, after its secret has
    /// expired, or for another redirect URI: the client then registers itself again.
    pub fn registration(mut self, registration: Registration) -> Self {
        self.registrations.push(registration);
        self
    }

    /// The client that is authorized.
    #[cfg(feature = "native")]
    pub(crate) fn client(&self) -> &'a McpClient {
        self.client
    }

    /// Finds the authorization server and builds the URL.
    ///
    /// # Errors
    ///
    /// [`McpError`] of the stages resource, discovery, registration and begin.
    pub async fn run(self, http: &impl Transport) -> Result<StartedAuthorization, McpError> {
        drive(&mut self.steps()?, http, SystemTime::now).await
    }

    /// [`run`](Self::run) with a blocking transport.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    #[cfg(not(target_family = "wasm"))]
    pub fn run_blocking(self, http: &impl BlockingTransport) -> Result<StartedAuthorization, McpError> {
        drive_blocking(&mut self.steps()?, http, SystemTime::now)
    }

    /// [`run`](Self::run) as steps without I/O.
    ///
    /// # Errors
    ///
    /// [`McpError::ResourceMetadata`] when the challenge names an address that is not used, [`McpError::Entropy`].
    pub fn steps(self) -> Result<BeginSteps<'a>, McpError> {
        let mut entropy = Zeroizing::new([0; 96]);
        getrandom::fill(entropy.as_mut_slice()).map_err(|error| McpError::Entropy(error.into()))?;
        self.steps_with(&entropy)
    }

    /// [`steps`](Self::steps) with 96 bytes of a cryptographic random source, fresh for this call.
    ///
    /// # Errors
    ///
    /// As [`steps`](Self::steps), without [`McpError::Entropy`].
    pub fn steps_with(self, entropy: &[u8; 96]) -> Result<BeginSteps<'a>, McpError> {
        let Self { client, server, demand, registrations } = self;
        let search = ResourceSearch::new(server, demand, client.tolerates_parent, client.policy)?;
        let state = State::Resource(Box::new(search));
        Ok(BeginSteps { client, server, demand, registrations, entropy: Zeroizing::new(*entropy), state })
    }
}

/// The start of an authorization as steps, created by [`Authorization::steps`].
#[must_use = "steps do nothing unless they are driven"]
pub struct BeginSteps<'a> {
    client: &'a McpClient,
    server: &'a McpServer,
    demand: &'a Demand,
    registrations: Vec<Registration>,
    entropy: Zeroizing<[u8; 96]>,
    state: State,
}

enum State {
    Resource(Box<ResourceSearch>),
    Discovery(ResourceMetadata, Box<ServerSearch>),
    Registration(ResourceMetadata, Box<AuthorizationServer>, Box<Register>),
    Finished,
}

impl Steps for BeginSteps<'_> {
    type Output = StartedAuthorization;
    type Error = McpError;

    fn next(&mut self, now: SystemTime) -> Step<Result<StartedAuthorization, McpError>> {
        loop {
            let result = match self.advance(now) {
                Ok(None) => continue,
                Ok(Some(started)) => Ok(started),
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
            State::Resource(search) => search.receive(answer, now),
            State::Discovery(_, search) => search.receive(answer, now),
            State::Registration(_, _, register) => register.receive(answer, now),
            State::Finished => {}
        }
    }
}

impl KeyFetches for BeginSteps<'_> {}

impl BeginSteps<'_> {
    /// Goes on to the next state, or returns the result.
    fn advance(&mut self, now: SystemTime) -> Result<Option<StartedAuthorization>, Pause> {
        match &mut self.state {
            State::Resource(search) => {
                let metadata = finished(search.next(now))?;
                let search = ServerSearch::new(&self.issuer(&metadata)?, &self.client.compat, self.client.policy)?;
                self.state = State::Discovery(metadata, Box::new(search));
                Ok(None)
            }
            State::Discovery(metadata, search) => {
                let server = finished(search.next(now))?;
                let metadata = metadata.clone();
                if let Some(registration) = self.known(server.issuer(), &server, now) {
                    return Ok(Some(self.begin(&metadata, server, registration, now)?));
                }
                // At a server that is to be refused, no client is registered.
                self.request(&metadata, &server, &ClientId::new("-").map_err(McpError::from)?, now)?;
                let asked = self.client.register(&server);
                let asked = asked.ok_or_else(|| McpError::AskUser { issuer: server.issuer().clone() })?;
                let register = Register::new(asked, self.client.policy);
                self.state = State::Registration(metadata, Box::new(server), Box::new(register));
                Ok(None)
            }
            State::Registration(metadata, server, register) => {
                let registration = finished(register.next(now))?;
                let (metadata, server) = (metadata.clone(), (**server).clone());
                Ok(Some(self.begin(&metadata, server, registration, now)?))
            }
            State::Finished => Err(McpError::Finished { stage: Stage::Begin }.into()),
        }
    }

    /// The issuer to log in at.
    fn issuer(&self, metadata: &ResourceMetadata) -> Result<Issuer, McpError> {
        let (by_hand, others): (Vec<_>, Vec<_>) =
            self.registrations.iter().partition(|known| known.kind == Kind::ByHand);
        let preferred = if by_hand.is_empty() { &others } else { &by_hand };
        let is_known = |issuer: &str| preferred.iter().any(|known| known.issuer() == issuer);
        let issuer = metadata.issuer(self.server, is_known, &self.client.compat)?;
        match by_hand.first() {
            Some(first) if !is_known(issuer.as_str()) => {
                Err(McpError::IssuerChanged { registered: sanitised(first.issuer(), 512), listed: issuer })
            }
            _ => Ok(issuer),
        }
    }

    /// What the client is called there, if it needs no registration.
    fn known(&self, issuer: &Issuer, server: &AuthorizationServer, now: SystemTime) -> Option<Registration> {
        let is_usable = |known: &&Registration| {
            known.kind != Kind::Document && known.is_usable(issuer, self.client.redirect_uri(), now)
        };
        let known = self.registrations.iter().filter(is_usable).min_by_key(|known| known.kind != Kind::ByHand);
        let reads_documents =
            server.member("client_id_metadata_document_supported").is_some_and(|value| *value == true);
        let url = self.client.client_id_url.as_ref().filter(|_| reads_documents);
        known.cloned().or_else(|| url.map(|url| Registration::of_document(issuer, url)))
    }

    fn begin(
        &self,
        metadata: &ResourceMetadata,
        server: AuthorizationServer,
        registration: Registration,
        now: SystemTime,
    ) -> Result<StartedAuthorization, McpError> {
        let (url, pending) = self.request(metadata, &server, registration.client_id(), now)?;
        let pending = PendingAuthorization {
            pending,
            server: self.server.clone(),
            resource: metadata.resource().to_owned(),
            scope: self.scope(metadata, &server),
            registration,
            refusals: self.demand.refusals,
            metadata: Some(Box::new(server)),
        };
        Ok(StartedAuthorization { url, pending })
    }

    fn request(
        &self,
        metadata: &ResourceMetadata,
        server: &AuthorizationServer,
        client_id: &ClientId,
        now: SystemTime,
    ) -> Result<(String, Pending), McpError> {
        let redirect_uri = self.client.redirect_uri().clone();
        let request = AuthorizationRequest::new(server, client_id.clone(), redirect_uri).resource(metadata.resource());
        let request = match self.scope(metadata, server) {
            Some(scope) => request.scope(scope),
            None => request,
        };
        Ok(request.begin(&self.entropy, now)?)
    }

    /// What the challenge names, or else what the MCP server needs at least; with what was requested before. Never what
    /// the authorization server happens to have.
    fn scope(&self, metadata: &ResourceMetadata, server: &AuthorizationServer) -> Option<Scope> {
        let needed = self.demand.scope.clone().or_else(|| metadata.scope());
        let scope = union(self.demand.requested.as_ref(), needed.as_ref());
        let mut offered = server.scopes_supported().into_iter().flatten();
        let is_offered = self.client.asks_offline_access && offered.any(|scope| scope == "offline_access");
        let offline = if is_offered { Scope::new("offline_access").ok() } else { None };
        union(scope.as_ref(), offline.as_ref())
    }
}

/// An authorization that has begun: where to send the browser, and what waits for the callback. `Debug` does not show the
/// URL, which holds `state`.
#[must_use = "the browser has to be sent, and the pending authorization to be kept"]
pub struct StartedAuthorization {
    url: String,
    pending: PendingAuthorization,
}

impl StartedAuthorization {
    /// Returns the URL for the browser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the pending authorization.
    pub fn pending(&self) -> &PendingAuthorization {
        &self.pending
    }

    /// Returns the URL, and the pending authorization, which must be kept in the session of that browser.
    #[must_use]
    pub fn into_parts(self) -> (String, PendingAuthorization) {
        (self.url, self.pending)
    }
}

impl fmt::Debug for StartedAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedAuthorization").field("pending", &self.pending).finish_non_exhaustive()
    }
}

impl fmt::Debug for BeginSteps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BeginSteps").field("server", &self.server).finish_non_exhaustive()
    }
}
