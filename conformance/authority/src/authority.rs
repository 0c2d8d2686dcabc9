//! The handle on a running authority.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::certificate::Certificate;
use crate::clock::Clock;
use crate::keys::client_key;
use crate::lie::IdTokenEdit;
use crate::message::Incoming;
use crate::server::route::issuer as issuer_of;
use crate::server::{Asked, Server, State, StoredCode, StoredRequest, certificate, transport_fault};
use crate::setup::{Client, ClientAuth, PushMode, Setup, Upstream};
use crate::tls::Terminator;
use crate::transport::{Listener, Role};
use crate::wire::{Endpoint, SecretKind, Wire};

/// A running authorization server on loopback. It stops when dropped.
pub struct Authority {
    server: Arc<Server>,
    mock: Option<MockServer>,
    _listeners: Vec<Listener>,
    _terminators: Vec<Terminator>,
}

impl Drop for Authority {
    /// A `MockServer` waits for a lock when it is dropped, and does so without giving way to the
    /// runtime. In a task that has used up its budget (tokio's cooperative scheduling) that wait has
    /// no end; a thread of its own has no budget to use up.
    fn drop(&mut self) {
        let mock = self.mock.take();
        if let Ok(thread) = std::thread::Builder::new().spawn(move || drop(mock)) {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("issuer", &self.server.issuer).finish_non_exhaustive()
    }
}

/// The URLs of an authority's endpoints, for a client that does not use discovery.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Endpoints {
    /// The authorization endpoint.
    pub authorization: String,
    /// The token endpoint.
    pub token: String,
    /// The JWK set.
    pub jwks: String,
    /// The userinfo endpoint.
    pub userinfo: String,
    /// The revocation endpoint.
    pub revocation: String,
    /// The pushed authorization request endpoint, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub par: Option<String>,
    /// The device authorization endpoint, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The end session endpoint; empty if there is none.
    pub end_session: String,
}

impl Authority {
    /// Starts an honest, strict server with its own log and clock.
    ///
    /// # Panics
    ///
    /// As [`start_with`](Self::start_with).
    pub async fn honest() -> Self {
        Self::start(Setup::honest()).await
    }

    /// Starts a server with its own log and clock.
    ///
    /// # Panics
    ///
    /// As [`start_with`](Self::start_with).
    pub async fn start(setup: Setup) -> Self {
        Self::start_with(setup, &Wire::new(), &Clock::new()).await
    }

    /// Starts a server that shares a log and a clock with others.
    ///
    /// # Panics
    ///
    /// Panics if no loopback port can be bound.
    pub async fn start_with(setup: Setup, wire: &Wire, clock: &Clock) -> Self {
        Self::start_at(listen().0, setup, wire, clock).await
    }

    /// Starts a server on a loopback socket that is already listening.
    ///
    /// # Panics
    ///
    /// As [`start_with`](Self::start_with).
    pub async fn start_at(socket: TcpListener, setup: Setup, wire: &Wire, clock: &Clock) -> Self {
        // With https it is the encrypted address that a client sees.
        let (own, behind) = if setup.https { (Some(socket), listen().0) } else { (None, socket) };
        let mock = MockServer::builder().listener(behind).disable_request_recording().start().await;
        let direct = mock.uri();
        let mut base = direct.clone();
        let mut sockets = Vec::new();
        let mut faulty = None;
        let mut terminators = Vec::new();
        let mut open = |certificate, socket| {
            let opened = Terminator::open(certificate, socket, *mock.address());
            let (terminator, address) = opened.expect("a listener on loopback");
            terminators.push(terminator);
            address
        };
        if let Some(socket) = own {
            base = open(Certificate::Good, socket);
        }
        if let Some((endpoint, shown)) = certificate(&setup) {
            let address = open(shown, listen().0);
            if endpoint == Endpoint::Metadata {
                base.clone_from(&address);
            }
            faulty = Some((endpoint, address));
        }
        if let Some((endpoint, _)) = transport_fault(&setup) {
            let (socket, address) = listen();
            sockets.push((socket, Role::Faulty));
            if endpoint == Endpoint::Metadata {
                // The metadata stands where the issuer is, and so all the rest does.
                base.clone_from(&address);
            }
            faulty = Some((endpoint, address));
        }
        let mut attacker = format!("{base}/attacker");
        if Server::names_attacker(&setup) {
            let (socket, address) = listen();
            sockets.push((socket, Role::Attacker));
            attacker = format!("{address}/attacker");
        }
        let issuer = issuer_of(&setup, &base);
        wire.add_authority(&setup.name, &base, &issuer);
        for address in [Some(&direct), faulty.as_ref().map(|(_, address)| address)].into_iter().flatten() {
            wire.add_authority(&setup.name, address, &issuer);
        }
        for secret in setup.clients.iter().filter_map(|client| client.auth.secret()) {
            wire.add_secret(SecretKind::ClientSecret, secret);
        }
        if setup.clients.iter().any(|client| client.auth == ClientAuth::PrivateKeyJwt) {
            wire.add_secret(SecretKind::ClientSecret, client_key()["d"].as_str().unwrap_or_default());
        }
        let state = State { clients: setup.clients.clone(), users: setup.users.clone(), ..State::default() };
        let server = Arc::new(Server {
            issuer,
            setup,
            base,
            faulty,
            attacker,
            wire: wire.clone(),
            clock: clock.clone(),
            state: Mutex::new(state),
            asked: Mutex::default(),
        });
        Mock::given(matchers::any()).respond_with(Responder(server.clone())).mount(&mock).await;
        let listeners = sockets
            .into_iter()
            .map(|(socket, role)| Listener::start(socket, server.clone(), role).expect("a listener on loopback"))
            .collect();
        Self { server, mock: Some(mock), _listeners: listeners, _terminators: terminators }
    }

    /// Starts an authority and the Google-shaped provider behind it, with a shared log and clock: the federated login
    /// of the book. `setup` is that of the authority; its login mode should be
    /// [`LoginMode::Page`](crate::LoginMode::Page).
    ///
    /// # Panics
    ///
    /// As [`start_with`](Self::start_with).
    pub async fn federated(mut setup: Setup) -> (Self, Self) {
        let (wire, clock) = (Wire::new(), Clock::new());
        let google = Self::start_with(Setup { clients: Vec::new(), ..Setup::google("") }, &wire, &clock).await;
        setup.upstream = Some(Upstream::google(google.base()));
        let authority = Self::start_with(setup, &wire, &clock).await;
        google.register(Client::google(&authority.server.upstream_redirect_uri()));
        (authority, google)
    }

    /// Returns the issuer identifier, byte for byte as announced.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.server.issuer
    }

    /// Returns the base URL, `http://127.0.0.1:PORT`, without a trailing slash.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.server.base
    }

    /// Returns the attacker's URL. Each visit is logged as [`Endpoint::Attacker`].
    #[must_use]
    pub fn attacker(&self) -> &str {
        &self.server.attacker
    }

    /// Returns the set-up with which it was started.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.server.setup
    }

    /// Returns the URLs of the endpoints: for an endpoint whose connections misbehave, that of the faulty listener. A
    /// lie about the metadata document does not change them.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        let address = |endpoint| self.server.address(endpoint);
        Endpoints {
            authorization: address(Endpoint::Authorization),
            token: address(Endpoint::Token),
            jwks: address(Endpoint::Jwks),
            userinfo: address(Endpoint::UserInfo),
            revocation: address(Endpoint::Revocation),
            par: (self.setup().push != PushMode::Absent).then(|| address(Endpoint::Push)),
            device: self.setup().device.is_some().then(|| address(Endpoint::Device)),
            end_session: address(Endpoint::EndSession),
        }
    }

    /// Returns the log.
    #[must_use]
    pub fn wire(&self) -> &Wire {
        &self.server.wire
    }

    /// Returns the clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.server.clock
    }

    /// Registers a client, replacing any client with the same id.
    pub fn register(&self, client: Client) {
        if let Some(secret) = client.auth.secret() {
            self.wire().add_secret(SecretKind::ClientSecret, secret);
        }
        let mut state = self.server.state();
        state.clients.retain(|known| known.id != client.id);
        state.clients.push(client);
    }

    /// Returns the logins that wait at the login page, oldest first.
    #[must_use]
    pub fn waiting_logins(&self) -> Vec<StoredRequest> {
        self.server.state().logins.iter().map(|login| login.request.clone().into()).collect()
    }

    /// Returns the issued codes, with everything that they are bound to.
    #[must_use]
    pub fn stored_codes(&self) -> Vec<StoredCode> {
        self.server.state().codes.clone()
    }

    /// Returns the flaws and rules that were consulted since the last call.
    #[must_use]
    pub fn take_asked(&self) -> Asked {
        std::mem::take(&mut self.server.asked())
    }

    /// Returns its users, including those of an upstream provider.
    #[must_use]
    pub fn users(&self) -> Vec<crate::User> {
        self.server.state().users.clone()
    }

    /// Returns the honest JWK set.
    #[must_use]
    pub fn jwks_json(&self) -> String {
        self.server.jwk_set(None)
    }

    /// Returns a token with these claims, signed like its ID tokens. `claims` should be an object; any other value
    /// counts as an empty one.
    #[must_use]
    pub fn sign_id_token(&self, claims: &Value) -> String {
        self.sign_with(claims, &[])
    }

    /// Returns a token with these claims, after edits of header, claims, key, signature and text.
    #[must_use]
    pub fn sign_with(&self, claims: &Value, edits: &[IdTokenEdit]) -> String {
        self.server.sign(claims, edits)
    }

    /// Returns a DPoP proof with these claims, signed by ES256 with the key of a client
    /// ([`proof_key`](crate::proof_key)), after such edits.
    #[must_use]
    pub fn sign_proof(&self, claims: &Value, edits: &[IdTokenEdit]) -> String {
        self.server.sign_by_client(claims, edits)
    }
}

/// A free port on loopback, and its address.
fn listen() -> (TcpListener, String) {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener on loopback");
    let port = socket.local_addr().map(|address| address.port()).unwrap_or_default();
    (socket, format!("http://127.0.0.1:{port}"))
}

/// The joint to wiremock.
struct Responder(Arc<Server>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let incoming = Incoming {
            method: request.method.to_string(),
            path: request.url.path().into(),
            query: request.url.query().unwrap_or_default().into(),
            headers: request
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: request.body.clone(),
        };
        let (_, answer) = self.0.handle(&incoming);
        let template = answer.headers.iter().fold(ResponseTemplate::new(answer.status), |template, (name, value)| {
            template.append_header(name.as_str(), value.as_str())
        });
        template.set_body_bytes(answer.body)
    }
}
