//! The guard of an API: only requests with an access token that is for it come in.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{FromRequestParts, OriginalUri, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use proofkey::authorize::ClientId;
use proofkey::jwt::{
    Challenge, ChallengeCode, Credentials, DpopPolicy, DpopProof, DpopRequest, JwtAccessToken, ReplayWindow, Required,
    ResourceServer,
};
use proofkey::token::{ClientAuthentication, Http, IntrospectionError};
use proofkey::{AccessTokenError, Discovery, IssuerKeys, LazyIssuerKeys};

use crate::error::SetupError;
use crate::failure::{Failure, RETRY_AFTER, unavailable};
use crate::introspection::{CACHED_FOR, Introspected, Introspector, NoAccess};
use crate::patient::Patient;
use crate::site::Clock;

/// Proofs that are remembered at a time, about 100 bytes each.
const PROOFS: usize = 100_000;
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The guard of an API that receives JWT access tokens (RFC 9068) of one issuer: bearer tokens (RFC 6750), and those that are
/// bound to a key (DPoP, RFC 9449).
///
/// The issuer is discovered when the first token arrives, so the API starts while the issuer cannot be reached. As long as no
/// token can be checked, it answers 503.
///
/// ```
/// use axum::{Router, routing::get};
/// use proofkey::jwt::Required;
/// use proofkey_web::{Access, ApiGuard};
///
/// async fn notes(access: Access) -> String {
///     format!("notes of {}", access.subject())
/// }
///
/// # fn main() -> Result<(), proofkey_web::SetupError> {
/// let notes = Router::new().route("/notes", get(notes));
/// let guard = ApiGuard::new("https://tenant.example/", "https://api.example");
/// let app: Router = guard.attach([(notes, Required::new().scope("notes.read"))])?;
/// # drop(app);
/// # Ok(())
/// # }
/// ```
#[must_use = "a guard does nothing before `attach`"]
pub struct ApiGuard {
    issuer: String,
    resource: String,
    discovery: Discovery,
    server: ResourceServer,
    introspection: Option<(String, ClientAuthentication)>,
    cached_for: Duration,
    http: Option<Http>,
    clock: Clock,
}

impl ApiGuard {
    /// Creates the guard of the API `resource`, for tokens of `issuer`. `resource` is the address of the API as clients see
    /// it, and the audience of its tokens. A proxy may change the host of a request, but not its path.
    pub fn new(issuer: impl Into<String>, resource: impl Into<String>) -> Self {
        let (issuer, resource) = (issuer.into(), resource.into());
        Self {
            discovery: Discovery::new(&issuer),
            server: ResourceServer::new(&issuer, &resource),
            introspection: None,
            cached_for: CACHED_FOR,
            http: None,
            clock: Arc::new(SystemTime::now),
            issuer,
            resource,
        }
    }

    /// Changes the rules for tokens, for instance their audience or their algorithms.
    pub fn server(mut self, change: impl FnOnce(ResourceServer) -> ResourceServer) -> Self {
        self.server = change(self.server);
        self
    }

    /// Asks the issuer about each access token (RFC 7662) instead of validating a JWT. Use it for opaque tokens, and for tokens
    /// that have to lose their effect when they are revoked. `client_id` and `authentication` are those of the API at the
    /// issuer. Handlers take [`Introspected`](crate::Introspected) instead of [`Access`].
    ///
    /// The rules of [`server`](Self::server) and of each route apply, except for the algorithm. Of the members that a JWT must
    /// have, a response needs `aud` only. At most 10,000 responses are cached. If the issuer gives no usable answer, the API
    /// responds with 503.
    pub fn introspecting(mut self, client_id: impl Into<String>, authentication: ClientAuthentication) -> Self {
        self.introspection = Some((client_id.into(), authentication));
        self
    }

    /// Sets how long an introspection response is cached at most. A revoked token gives access that long. The default is 10
    /// seconds; [`Duration::ZERO`] caches nothing.
    pub fn introspection_cached_for(mut self, duration: Duration) -> Self {
        self.cached_for = duration;
        self
    }

    /// Sets how the issuer is discovered.
    pub fn discovery(mut self, discovery: Discovery) -> Self {
        self.discovery = discovery;
        self
    }

    /// Sets the HTTP client for requests to the issuer. [`Http::new`] unless set.
    pub fn http(mut self, http: Http) -> Self {
        self.http = Some(http);
        self
    }

    /// Sets the clock. The system's clock unless set.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Returns the routes of an API: some, and what a token needs for them, then others. Each of them is protected. The
    /// route of the API's metadata (RFC 9728) is added, by which clients find the issuer and the scopes.
    ///
    /// A fallback of `routes`, or of a router nested in them, is removed, because it is no route. Use the route `/{*path}`
    /// for all other paths.
    ///
    /// # Errors
    ///
    /// [`SetupError::Resource`] if the API's address is not an http or https URL without query and fragment;
    /// [`SetupError::Invalid`] if the client identifier for introspection is not valid; [`SetupError::Http`].
    ///
    /// # Panics
    ///
    /// As [`Router::merge`] does, for a route that is defined twice, and as [`Router::route_layer`] does, for a router without
    /// routes.
    pub fn attach<S: Clone + Send + Sync + 'static>(
        self,
        routes: impl IntoIterator<Item = (Router<S>, Required)>,
    ) -> Result<Router<S>, SetupError> {
        let Some((origin, path)) = origin_and_path(&self.resource) else {
            return Err(SetupError::Resource { resource: self.resource });
        };
        let well_known = format!("{WELL_KNOWN}{path}");
        let tokens = match self.introspection {
            Some((client_id, authentication)) => {
                let client_id = ClientId::new(client_id).map_err(SetupError::Invalid)?;
                Tokens::Opaque(Box::new(Introspector::new(self.discovery, client_id, authentication, self.cached_for)))
            }
            None => {
                let clock = Arc::clone(&self.clock);
                let keys = move |server| {
                    let clock = Arc::clone(&clock);
                    Ok(IssuerKeys::new(&server).with_clock(move || clock()))
                };
                Tokens::Jwts(Box::new(Patient::new(LazyIssuerKeys::new(self.discovery, keys))))
            }
        };
        let guard = Arc::new(Guard {
            realm: origin.split("://").last().unwrap_or_default().to_owned(),
            metadata_url: format!("{origin}{well_known}"),
            origin: origin.to_owned(),
            tokens,
            server: self.server,
            dpop: DpopPolicy::new(),
            http: self.http.map_or_else(Http::new, Ok)?,
            clock: self.clock,
            seen: Mutex::new(ReplayWindow::new(PROOFS)),
        });
        let (mut app, mut scopes) = (Router::new(), BTreeSet::new());
        for (routes, required) in routes {
            scopes.extend(required.scopes().map(str::to_owned));
            // A route layer does not cover fallbacks.
            let routes = routes.route_layer(from_fn_with_state((Arc::clone(&guard), required), admit)).reset_fallback();
            app = app.merge(routes);
        }
        let mut document = serde_json::json!({
            "resource": self.resource,
            "authorization_servers": [self.issuer],
            "bearer_methods_supported": ["header"],
        });
        if !scopes.is_empty() {
            document["scopes_supported"] = scopes.into_iter().collect();
        }
        let document = document.to_string();
        let metadata = move || {
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "max-age=3600")];
            std::future::ready((headers, document.clone()))
        };
        Ok(app.route(&well_known, get(metadata)))
    }
}

impl fmt::Debug for ApiGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiGuard")
            .field("issuer", &self.issuer)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// The origin of an address, and its path without a slash at the end.
fn origin_and_path(resource: &str) -> Option<(&str, &str)> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| resource.starts_with(scheme))?;
    let host = scheme.len();
    let path = resource[host..].find('/').map_or(resource.len(), |path| host + path);
    let is_address = path > host && !resource.contains(['?', '#', '{', '}', '*']);
    is_address.then(|| (&resource[..path], resource[path..].trim_end_matches('/')))
}

struct Guard {
    /// Of the API, as clients see it.
    origin: String,
    realm: String,
    metadata_url: String,
    tokens: Tokens,
    server: ResourceServer,
    dpop: DpopPolicy,
    http: Http,
    clock: Clock,
    /// The proofs that were used, in this process.
    seen: Mutex<ReplayWindow>,
}

/// How tokens are checked.
enum Tokens {
    Jwts(Box<Patient<IssuerKeys>>),
    Opaque(Box<Introspector>),
}

/// What is known of a token that is accepted, for extractors.
enum Accepted {
    Jwt(Access),
    Opaque(Introspected),
}

/// The layer of a protected route.
async fn admit(
    State((guard, required)): State<(Arc<Guard>, Required)>,
    uri: OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match guard.validate(&parts.method, uri.path(), &parts.headers, required).await {
        Ok(accepted) => {
            match accepted {
                Accepted::Jwt(access) => drop(parts.extensions.insert(access)),
                Accepted::Opaque(introspected) => drop(parts.extensions.insert(introspected)),
            }
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refused) => refused.into_response(),
    }
}

impl Guard {
    async fn validate(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        mut required: Required,
    ) -> Result<Accepted, Refused> {
        let now = (self.clock)();
        let bearer = Challenge::bearer(&self.realm).resource_metadata(&self.metadata_url);
        let credentials = Credentials::parse(headers.get_all(AUTHORIZATION), headers.get_all("dpop"));
        let credentials = credentials.map_err(|error| bearer.clone().credentials_refused(&error))?;
        let token = credentials.access_token();
        let (mut challenge, mut used) = (bearer, None);
        if let Some(proof) = credentials.proof() {
            challenge = Challenge::dpop(&self.dpop).resource_metadata(&self.metadata_url);
            let sent = DpopRequest::new(method.as_str(), format!("{}{path}", self.origin), token);
            let proof = DpopProof::validate(proof, &self.dpop, &sent, now)
                .map_err(|error| challenge.clone().proof_refused(&error))?;
            required = required.proof(proof.clone());
            used = Some(proof);
        }
        let accepted = match &self.tokens {
            Tokens::Jwts(keys) => {
                let keys = keys.get(&self.http, now).await.map_err(Refused::NoIssuer)?;
                let access = keys.validate(&self.http, token, &self.server, &required).await;
                let access = access.map_err(|error| match error {
                    AccessTokenError::Token(error) => challenge.clone().token_refused(&error, &required).into(),
                    error => Refused::NoKey(error),
                })?;
                Accepted::Jwt(Access(Arc::new(access)))
            }
            Tokens::Opaque(introspector) => {
                let active = introspector.validate(&self.http, token, &self.server, &required, now).await;
                let active = active.map_err(|error| match error {
                    NoAccess::Inactive => challenge.clone().refused(ChallengeCode::InvalidToken).into(),
                    NoAccess::Refused(error) => challenge.clone().token_refused(&error, &required).into(),
                    NoAccess::NoServer(failure) => Refused::NoIssuer(failure),
                    NoAccess::NoAnswer(error) => Refused::NoAnswer(error),
                })?;
                Accepted::Opaque(Introspected(active))
            }
        };
        // Last of all: a sender without a token cannot fill the window.
        if let Some(proof) = used {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.accept_proof(&proof, now).map_err(|error| challenge.replay_refused(&error))?;
        }
        Ok(accepted)
    }
}

enum Refused {
    /// What the request lacks.
    Challenge(Challenge),
    /// The issuer cannot be discovered at the moment.
    NoIssuer(Failure),
    /// Its keys cannot be fetched at the moment: nothing is known about the token.
    NoKey(AccessTokenError),
    /// It does not say anything about the token.
    NoAnswer(IntrospectionError),
}

impl From<Challenge> for Refused {
    fn from(challenge: Challenge) -> Self {
        Self::Challenge(challenge)
    }
}

impl Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Challenge(challenge) => {
                let status = StatusCode::from_u16(challenge.status()).unwrap_or(StatusCode::UNAUTHORIZED);
                (status, [(WWW_AUTHENTICATE, challenge.to_string())]).into_response()
            }
            Self::NoIssuer(failure) => {
                failure.log("api");
                unavailable(failure.retry_after())
            }
            Self::NoKey(error) => {
                tracing::warn!(code = error.code(), "{error}");
                unavailable(RETRY_AFTER)
            }
            Self::NoAnswer(error) => {
                tracing::warn!(code = error.code(), "{error}");
                unavailable(error.retry_after().unwrap_or(RETRY_AFTER))
            }
        }
    }
}

/// The access token of a request that [`ApiGuard`] admitted, as an extractor of axum.
#[derive(Clone, Debug)]
pub struct Access(Arc<JwtAccessToken>);

impl Deref for Access {
    type Target = JwtAccessToken;

    fn deref(&self) -> &JwtAccessToken {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Access {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("this route is not protected: pass it to `ApiGuard::attach`");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        })
    }
}
