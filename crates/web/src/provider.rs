//! An authorization server with which users log in.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use proofkey::authorize::ResponseMode;
use proofkey::token::{ClientAuthentication, Http};
use proofkey::{Discovery, LazyLogin, Login, LoginError, LoginRequest};

use crate::error::SetupError;
use crate::failure::Failure;
use crate::origin::Address;
use crate::patient::Patient;
use crate::pending::LIFETIME;
use crate::site::Clock;

/// An authorization server with which users log in, and this application's registration there.
///
/// The server is discovered at the first login, so the application can start while the server is unreachable.
///
/// ```
/// use proofkey::token::{ClientAuthentication, ClientSecret};
/// use proofkey_web::Provider;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = ClientSecret::new(std::env::var("CLIENT_SECRET").unwrap_or("secret".into()))?;
/// let provider = Provider::new("https://tenant.example/", "client-id", "https://app.example/callback")
///     .client_authentication(ClientAuthentication::secret(secret))
///     .scope("openid profile email offline_access");
/// # drop(provider);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Provider {
    name: String,
    label: String,
    discovery: Discovery,
    client_id: String,
    redirect_uri: String,
    scope: String,
    authentication: ClientAuthentication,
    login: Box<dyn Fn(Login) -> Result<Login, LoginError> + Send + Sync>,
    request: Box<Request>,
    is_form_post: bool,
    post_logout_redirect_uri: Option<String>,
    backchannel_logout: Option<String>,
}

type Request = dyn for<'a> Fn(LoginRequest<'a>) -> LoginRequest<'a> + Send + Sync;

impl Provider {
    /// Creates a provider: a public client with the scope `openid`. `redirect_uri` must be registered; its path becomes
    /// the route of the callback, and its origin that of the application.
    pub fn new(issuer: impl AsRef<str>, client_id: impl Into<String>, redirect_uri: impl Into<String>) -> Self {
        let issuer = issuer.as_ref();
        let label = issuer.split("://").last().unwrap_or_default().trim_end_matches('/').to_owned();
        Self {
            name: "login".to_owned(),
            label,
            discovery: Discovery::new(issuer),
            client_id: client_id.into(),
            redirect_uri: redirect_uri.into(),
            scope: "openid".to_owned(),
            authentication: ClientAuthentication::none(),
            login: Box::new(Ok),
            request: Box::new(|request| request),
            is_form_post: false,
            post_logout_redirect_uri: None,
            backchannel_logout: None,
        }
    }

    /// Names the provider, for an application with several: `name` is the last segment of the path of its login
    /// (`/login/name`) and is stored in sessions, `label` is the text by which users choose it.
    pub fn named(mut self, name: impl Into<String>, label: impl Into<String>) -> Self {
        (self.name, self.label) = (name.into(), label.into());
        self
    }

    /// Sets the `scope`. It needs `openid`; most servers return a refresh token for `offline_access` only.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// Sets how the client authenticates. The default is a public client.
    pub fn client_authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// Sets how the server is discovered, for instance with the deviations that it needs
    /// ([`Compat`](proofkey::authorize::Compat)).
    pub fn discovery(mut self, discovery: Discovery) -> Self {
        self.discovery = discovery;
        self
    }

    /// Changes the client, for instance the algorithms of its ID tokens.
    pub fn login(mut self, change: impl Fn(Login) -> Result<Login, LoginError> + Send + Sync + 'static) -> Self {
        self.login = Box::new(change);
        self
    }

    /// Changes each authorization request, for instance by `prompt` or `ui_locales`. Its response mode is set by
    /// [`form_post`](Self::form_post), and its lifetime is 10 minutes.
    pub fn request(
        mut self,
        change: impl for<'a> Fn(LoginRequest<'a>) -> LoginRequest<'a> + Send + Sync + 'static,
    ) -> Self {
        self.request = Box::new(change);
        self
    }

    /// Asks the server to post the callback as a form. Browsers withhold `SameSite=Lax` cookies from such a request, so
    /// the cookie of a pending login, and that one alone, has `SameSite=None` then.
    pub fn form_post(mut self) -> Self {
        self.is_form_post = true;
        self
    }

    /// Ends the session at the server as well when a user logs out. The server sends the browser back to `uri`, which
    /// becomes a route. It must be registered, and have the origin of the redirect URI. Without this call, a logout
    /// ends the session of this application only.
    pub fn post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uri = Some(uri.into());
        self
    }

    /// Ends sessions when the provider ends them (OpenID Connect Back-Channel Logout): `path` becomes a route, whose
    /// address is registered as the `backchannel_logout_uri`. Each use of a session then reads two more records.
    pub fn backchannel_logout(mut self, path: impl Into<String>) -> Self {
        self.backchannel_logout = Some(path.into());
        self
    }

    /// Checks what can be checked without a network.
    pub(crate) fn build(self, clock: &Clock) -> Result<Client, SetupError> {
        let callback = Address::parse(&self.redirect_uri)?;
        let post_logout = self.post_logout_redirect_uri.map(Address::parse).transpose()?;
        let Self { client_id, authentication, login, .. } = self;
        let (registered, clock) = (callback.uri.clone(), Arc::clone(clock));
        let lazy = LazyLogin::new(self.discovery, move |server| {
            let client = Login::new(server, &client_id, registered.as_str())?;
            let clock = Arc::clone(&clock);
            login(client.with_client_authentication(authentication.clone()).with_clock(move || clock()))
        });
        Ok(Client {
            name: self.name,
            label: self.label,
            callback,
            post_logout,
            scope: self.scope,
            request: self.request,
            is_form_post: self.is_form_post,
            backchannel_logout: self.backchannel_logout,
            login: Patient::new(lazy),
        })
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("name", &self.name)
            .field("discovery", &self.discovery)
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// A provider as the routes use it.
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) callback: Address,
    pub(crate) post_logout: Option<Address>,
    scope: String,
    request: Box<Request>,
    pub(crate) is_form_post: bool,
    /// The path of its route.
    pub(crate) backchannel_logout: Option<String>,
    login: Patient<Login>,
}

impl Client {
    /// The login, discovered when it is first needed.
    pub(crate) async fn login(&self, http: &Http, now: SystemTime) -> Result<&Login, Failure> {
        self.login.get(http, now).await
    }

    /// Whether callbacks of this provider arrive at `path`.
    pub(crate) fn is_callback(&self, path: &str) -> bool {
        self.callback.path == path
    }

    /// The request of a login.
    pub(crate) fn request<'a>(&self, login: &'a Login) -> LoginRequest<'a> {
        let request = (self.request)(login.request().scope(&self.scope)).expires_in(LIFETIME);
        if self.is_form_post { request.response_mode(ResponseMode::FormPost) } else { request }
    }
}
