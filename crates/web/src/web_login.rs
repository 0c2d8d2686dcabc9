//! The login as a part of an application.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use proofkey::token::Http;
use tower_sessions_core::SessionStore;
use zeroize::Zeroizing;

use crate::cookie::Cookies;
use crate::error::SetupError;
use crate::origin::{Address, Origin};
use crate::page::{Page, Render};
use crate::provider::{Client, Provider};
use crate::seal::Seal;
use crate::site::{Clock, Paths, Site};
use crate::store::{DEADLINE, Store};
use crate::{backchannel, begin, callback, layer, logout};

/// The login of a web application: its routes, its sessions, and the protection of both.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use proofkey_web::{Provider, User, WebLogin};
/// use tower_sessions::MemoryStore;
///
/// # fn main() -> Result<(), proofkey_web::SetupError> {
/// let provider = Provider::new("https://tenant.example/", "client-id", "https://app.example/callback");
/// let app = Router::new().route("/", get(|user: User| async move { user.subject().to_owned() }));
/// let app: Router = WebLogin::new(MemoryStore::default(), provider).attach(app)?;
/// # drop(app);
/// # Ok(())
/// # }
/// ```
#[must_use = "a login does nothing before `attach`"]
pub struct WebLogin {
    store: Arc<dyn SessionStore>,
    providers: Vec<Provider>,
    http: Option<Http>,
    keys: Option<Vec<Zeroizing<[u8; 32]>>>,
    prefix: String,
    lifetime: Duration,
    render: Render,
    clock: Clock,
}

impl WebLogin {
    /// Creates a login with one provider, with sessions in `store`, a store of `tower-sessions`. A store in memory
    /// loses everything at a restart, and serves one process. Several machines need a store whose `create` is atomic,
    /// such as that for Redis, so that a callback is accepted once even if two copies arrive at the same instant.
    pub fn new(store: impl SessionStore, provider: Provider) -> Self {
        Self {
            store: Arc::new(store),
            providers: vec![provider],
            http: None,
            keys: None,
            prefix: String::new(),
            lifetime: Duration::from_secs(12 * 60 * 60),
            render: Arc::new(Page::to_html),
            clock: Arc::new(SystemTime::now),
        }
    }

    /// Adds a provider. Users then choose by the labels of [`Provider::named`].
    pub fn provider(mut self, provider: Provider) -> Self {
        self.providers.push(provider);
        self
    }

    /// Sets the HTTP client for requests to the providers. The default is [`Http::new`].
    pub fn http(mut self, http: Http) -> Self {
        self.http = Some(http);
        self
    }

    /// Sets the keys that encrypt the records in the store and the cookies of pending logins. The first key encrypts;
    /// each of them decrypts. A key is 32 random bytes, the same on every machine. An empty list is an error of
    /// [`attach`](Self::attach).
    ///
    /// Without this call, the store holds plain text, and pending logins are encrypted with a key that exists only in
    /// this process: after a restart they have to begin again.
    pub fn keys(mut self, keys: impl IntoIterator<Item = [u8; 32]>) -> Self {
        self.keys = Some(keys.into_iter().map(Zeroizing::new).collect());
        self
    }

    /// Sets a path below which the routes of the login lie, such as `/auth`. It does not move the routes whose
    /// addresses are registered at the provider: redirect URIs, post-logout redirect URIs, and the paths of
    /// back-channel logouts.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        let path = prefix.trim_matches('/');
        self.prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        self
    }

    /// Sets how long a session lasts from the login, whether it is used or not. The default is 12 hours, the maximum
    /// 400 days, since browsers keep no cookie longer.
    pub fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.min(Duration::from_secs(400 * 24 * 60 * 60));
        self
    }

    /// Sets the function that renders pages as HTML. Escape what you insert. Pages have a Content Security Policy that
    /// blocks inline scripts and other origins. The default is [`Page::to_html`].
    pub fn pages(mut self, render: impl Fn(&Page) -> String + Send + Sync + 'static) -> Self {
        self.render = Arc::new(render);
        self
    }

    /// Sets the clock. The default is the system's clock. The store has a clock of its own.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Adds the login to an application: its routes, the session that [`User`](crate::User) and
    /// [`RequireLogin`](crate::RequireLogin) read, and the protection of every route of `app` from requests of other
    /// sites.
    ///
    /// Call it at the root of the application, after the routes were added: it covers only those. To move the routes of
    /// the login use [`prefix`](Self::prefix), and not [`Router::nest`].
    ///
    /// If the application has sessions of `tower-sessions` for other purposes, add their layer after this call, with
    /// `with_same_site(SameSite::Lax)`: their identifiers are then renewed at a login, and they end at a logout. With
    /// the default, `SameSite::Strict`, browsers do not send their cookie with the callback, and with
    /// [`Provider::form_post`](crate::Provider::form_post) not even a `Lax` one: call `Session::cycle_id` yourself.
    ///
    /// # Errors
    ///
    /// [`SetupError`] for redirect URIs, names or keys that cannot be used. No network call is made.
    ///
    /// # Panics
    ///
    /// As [`Router::route`] does, if `app` has one of the routes already.
    pub fn attach<S: Clone + Send + Sync + 'static>(self, app: Router<S>) -> Result<Router<S>, SetupError> {
        let site = Arc::new(self.build()?);
        let routes = routes(&site).with_state(Arc::clone(&site));
        Ok(app.merge(routes).layer(from_fn_with_state(site, layer::guard)))
    }

    fn build(self) -> Result<Site, SetupError> {
        let clients: Vec<_> =
            self.providers.into_iter().map(|provider| provider.build(&self.clock)).collect::<Result<_, _>>()?;
        let paths = Paths::below(&self.prefix);
        let origin = check(&clients, &paths)?;
        let (seal, sealed_store) = match &self.keys {
            None => (Seal::ephemeral()?, None),
            Some(keys) => (Seal::new(keys)?, Some(Seal::new(keys)?)),
        };
        Ok(Site {
            cookies: Cookies::of(&origin),
            clients,
            origin,
            paths,
            seal,
            store: Store::new(self.store, sealed_store, DEADLINE),
            http: self.http.map_or_else(Http::new, Ok)?,
            lifetime: self.lifetime,
            render: self.render,
            clock: self.clock,
            refreshes: Default::default(),
        })
    }
}

/// Checks that the addresses of all routes differ, and that all redirect URIs are at one origin, which is returned.
fn check(clients: &[Client], paths: &Paths) -> Result<Origin, SetupError> {
    let (mut origins, mut names) = (Vec::new(), BTreeSet::new());
    let own = [&paths.login, &paths.failed, &paths.logout, &paths.logged_out];
    let mut taken: BTreeSet<_> = own.into_iter().cloned().collect();
    taken.extend(clients.iter().map(|client| paths.login_at(client)));
    let mut post_logout = BTreeSet::new();
    for client in clients {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = !client.name.is_empty() && client.name.bytes().all(is_name);
        if !is_name || !names.insert(&client.name) {
            return Err(SetupError::ProviderName { name: client.name.clone() });
        }
        let Address { origin, path, .. } = &client.callback;
        origins.push(origin);
        if !taken.insert(path.clone()) {
            return Err(SetupError::PathTaken { path: path.clone() });
        }
        if let Some(path) = &client.backchannel_logout
            && (!path.starts_with('/') || !taken.insert(path.clone()))
        {
            return Err(SetupError::PathTaken { path: path.clone() });
        }
        if let Some(Address { origin, path, .. }) = &client.post_logout {
            origins.push(origin);
            // Providers may share it: the cookie of the logout tells them apart.
            if post_logout.insert(path) && !taken.insert(path.clone()) {
                return Err(SetupError::PathTaken { path: path.clone() });
            }
        }
    }
    let first = *origins.first().ok_or(SetupError::ProviderName { name: String::new() })?;
    match origins.into_iter().find(|origin| *origin != first) {
        Some(other) => {
            Err(SetupError::OriginsDiffer { expected: first.as_str().to_owned(), received: other.as_str().to_owned() })
        }
        None => Ok(first.clone()),
    }
}

fn routes(site: &Arc<Site>) -> Router<Arc<Site>> {
    type Shared = State<Arc<Site>>;
    let paths = &site.paths;
    let mut routes = Router::new()
        .route(&paths.login, get(begin::choose))
        .route(&paths.failed, get(begin::failed))
        .route(&paths.logout, get(logout::confirm).post(logout::logout))
        .route(&paths.logged_out, get(logout::logged_out));
    let mut post_logout = BTreeSet::new();
    for (at, client) in site.clients.iter().enumerate() {
        let begin = move |State(site): Shared, request: Request| begin::begin(site, at, request);
        routes = routes.route(&paths.login_at(client), get(begin));
        let receive = move |State(site): Shared, request: Request| callback::receive(site, at, request);
        routes = routes.route(&client.callback.path, get(receive).post(receive));
        if let Some(path) = &client.backchannel_logout {
            let receive = move |State(site): Shared, request: Request| backchannel::receive(site, at, request);
            routes = routes.route(path, post(receive));
        }
        if let Some(Address { path, .. }) = &client.post_logout
            && post_logout.insert(path)
        {
            routes = routes.route(path, get(logout::returned));
        }
    }
    routes
}

impl fmt::Debug for WebLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebLogin")
            .field("providers", &self.providers)
            .field("prefix", &self.prefix)
            .field("lifetime", &self.lifetime)
            .field("is_sealed", &self.keys.is_some())
            .finish_non_exhaustive()
    }
}
