//! The keys of an issuer: one cache and one fetch at a time.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use proofkey_authorize::{AuthorizationServer, Endpoint};
use proofkey_jwt::JwkCache;

use crate::flight::Flight;

/// The public keys of an issuer, fetched on demand and cached. An API validates access tokens with them.
///
/// Create one for each issuer, keep it for the life of the application (for instance in an [`Arc`]) and share it. Every
/// [`Login`](crate::Login) has one: [`Login::keys`](crate::Login::keys).
///
/// [`JwkCache`] decides when to fetch:
///
/// * Concurrent callers who need keys share one fetch.
/// * A token that names an unknown key causes one fetch, and then none for 30 seconds
///   ([`JwkCache::COOLDOWN`]), so that forged tokens cannot flood the issuer. Tokens with a known key do not wait for it.
/// * While the issuer is unreachable, cached keys stay usable for up to a day after they cease to be fresh
///   ([`JwkCache::MAX_STALE`]). Without any keys, after two failures in a row, one fetch a second
///   ([`JwkCache::RETRY_DELAY`]) is tried, and all other calls fail at once.
///
/// ```
/// use proofkey::http::StatusCode;
/// use proofkey::jwt::{JwtAccessToken, Required, ResourceServer};
/// use proofkey::token::Transport;
/// use proofkey::{AccessTokenError, IssuerKeys, LoginError, discover};
///
/// struct Api<H> {
///     http: H,
///     keys: IssuerKeys,
///     server: ResourceServer,
/// }
///
/// impl<H: Transport> Api<H> {
///     async fn new(http: H, issuer: &str) -> Result<Self, LoginError> {
///         let keys = IssuerKeys::new(&discover(&http, issuer).await?);
///         Ok(Self { http, keys, server: ResourceServer::new(issuer, "https://api.example") })
///     }
///
///     /// `token` comes from `Authorization: Bearer`.
///     async fn admit(&self, token: &str) -> Result<JwtAccessToken, StatusCode> {
///         let required = Required::new().scope("notes.read");
///         self.keys.validate(&self.http, token, &self.server, &required).await.map_err(|error| match error {
///             AccessTokenError::Token(_) => StatusCode::UNAUTHORIZED, // `jwt::Challenge` has the whole answer
///             _ => StatusCode::SERVICE_UNAVAILABLE,
///         })
///     }
/// }
/// ```
///
/// An API that must be able to start while the issuer is unreachable uses [`LazyIssuerKeys`](crate::LazyIssuerKeys).
pub struct IssuerKeys {
    jwks_uri: Option<Endpoint>,
    clock: Clock,
    cache: Mutex<JwkCache>,
    pub(crate) flight: Flight,
}

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl IssuerKeys {
    /// Creates a cache for the keys at the `jwks_uri` of `server`. Nothing is fetched yet.
    #[must_use]
    pub fn new(server: &AuthorizationServer) -> Self {
        Self::at_address(server.jwks_uri().cloned())
    }

    /// Creates a cache for the keys at `jwks_uri`, for an issuer without metadata.
    #[must_use]
    pub fn at(jwks_uri: Endpoint) -> Self {
        Self::at_address(Some(jwks_uri))
    }

    fn at_address(jwks_uri: Option<Endpoint>) -> Self {
        Self { jwks_uri, clock: Arc::new(SystemTime::now), cache: Mutex::default(), flight: Flight::default() }
    }

    /// Sets the clock. The default is the system's clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Returns the address of the keys; `None` if the server's metadata has none.
    #[must_use]
    pub fn jwks_uri(&self) -> Option<&Endpoint> {
        self.jwks_uri.as_ref()
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)()
    }

    /// A thread that panicked while it held the lock left nothing half done.
    pub(crate) fn cache(&self) -> MutexGuard<'_, JwkCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for IssuerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerKeys").field("jwks_uri", &self.jwks_uri).finish_non_exhaustive()
    }
}
