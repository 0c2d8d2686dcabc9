//! The issuer's keys: one cache a login, one fetch at a time.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, CACHE_CONTROL};
use http::{Request, Response};
use proofkey_authorize::Endpoint;
use proofkey_jwt::{COOLDOWN, FetchTicket, JwkCache, JwkSet, JwkSetError, Lookup};
use proofkey_token::{Transport, TransportError, TransportErrorKind};

/// The cache, and who may fetch.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    state: Mutex<State>,
    /// Held while a fetch is under way; whoever waits for it finds the result in the cache.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    cache: JwkCache,
    /// A fetch that the cache asked for and that nobody makes yet.
    due: Option<FetchTicket>,
    /// Whether the last fetch failed: then nobody knows whether a key is unknown.
    failed: bool,
    /// When keys were last fetched because a token named one that was not among them.
    doubted: Option<SystemTime>,
}

impl State {
    /// What the cache has at this time. A fetch that it asks for is noted in `due`.
    fn look(&mut self, now: SystemTime) -> Option<Arc<JwkSet>> {
        let Lookup { keys, fetch, .. } = self.cache.look(now);
        // A new ticket makes an older one worthless.
        self.due = fetch.or(self.due.take());
        keys
    }

    /// Whether a fetch because of an unknown key is one too many: forged tokens must not be a way to
    /// flood the issuer. Other fetches do not count. The keys are fetched right before a code is
    /// sent, and an issuer may change them right after.
    fn is_wary(&self, now: SystemTime) -> bool {
        let since = |then| now.duration_since(then).unwrap_or(Duration::MAX);
        self.doubted.is_some_and(|then| since(then) < COOLDOWN)
    }

    /// Puts new keys in the place of the old ones.
    fn replace(&mut self, set: JwkSet, cache_control: Option<&str>, now: SystemTime) -> Option<Arc<JwkSet>> {
        self.cache = JwkCache::new();
        self.due = None;
        if let Some(ticket) = self.cache.look(now).fetch {
            self.cache.fetched(ticket, set, cache_control, now);
        }
        self.cache.look(now).keys
    }
}

/// Where the keys are, how to get there, and what time it is.
pub(crate) struct Source<'a, T> {
    pub(crate) http: &'a T,
    pub(crate) jwks_uri: Option<&'a Endpoint>,
    pub(crate) now: &'a (dyn Fn() -> SystemTime + Send + Sync),
}

impl Keys {
    /// The keys to use now: from the cache, or fetched. Old ones serve when a fetch fails.
    pub(crate) async fn current(&self, source: &Source<'_, impl Transport>) -> Result<Arc<JwkSet>, KeysError> {
        if source.jwks_uri.is_none() {
            return Err(KeysError::NoJwksUri);
        }
        {
            let mut state = self.state();
            if let (Some(keys), None) = (state.look((source.now)()), &state.due) {
                return Ok(keys);
            }
        }
        let _flight = self.flight.lock().await;
        let (old, ticket) = {
            let mut state = self.state();
            (state.look((source.now)()), state.due.take())
        };
        match (old, ticket) {
            (Some(keys), None) => Ok(keys),
            // Without any keys there is no login, so a fetch is made even when the cache would rather wait: the last
            // one failed a moment ago, or its task was cancelled.
            (old, ticket) => match (self.fetch(source, ticket, Reason::Due).await, old) {
                (Ok(keys), _) | (Err(_), Some(keys)) => Ok(keys),
                (Err(error), None) => Err(error),
            },
        }
    }

    /// Newer keys than `known`, in which the key of a token was not found: another's fetch, or one
    /// of our own unless there was one for this reason just now. `None`: there are none, and the token
    /// is refused. When the last fetch failed, nothing is known about the token, and that is the error.
    pub(crate) async fn newer(
        &self,
        source: &Source<'_, impl Transport>,
        known: &Arc<JwkSet>,
    ) -> Result<Option<Arc<JwkSet>>, KeysError> {
        let _flight = self.flight.lock().await;
        let ticket = {
            let mut state = self.state();
            let now = (source.now)();
            if let Some(keys) = state.look(now).filter(|keys| !Arc::ptr_eq(keys, known)) {
                return Ok(Some(keys));
            }
            if state.is_wary(now) {
                return if state.failed { Err(KeysError::Cooldown) } else { Ok(None) };
            }
            state.due.take()
        };
        self.fetch(source, ticket, Reason::Doubt).await.map(Some)
    }

    /// Fetches. Only whoever holds `flight` comes here.
    async fn fetch(
        &self,
        source: &Source<'_, impl Transport>,
        ticket: Option<FetchTicket>,
        reason: Reason,
    ) -> Result<Arc<JwkSet>, KeysError> {
        let fetched = get(source).await;
        let now = (source.now)();
        let mut state = self.state();
        state.failed = fetched.is_err();
        if let Reason::Doubt = reason {
            state.doubted = Some(now);
        }
        match fetched {
            Ok((set, cache_control)) => {
                let lost = || KeysError::Transport(TransportError::after_sending(TransportErrorKind::Other));
                state.replace(set, cache_control.as_deref(), now).ok_or_else(lost)
            }
            Err(error) => {
                // After a long wait the cache may have asked once more; this is the answer to that, too.
                if let Some(ticket) = state.due.take().or(ticket) {
                    state.cache.failed(ticket, now);
                }
                Err(error)
            }
        }
    }

    /// A thread that panicked while it held the lock left nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the keys are fetched.
enum Reason {
    /// There are none, or they are old.
    Due,
    /// A token named one that is not among them.
    Doubt,
}

async fn get(source: &Source<'_, impl Transport>) -> Result<(JwkSet, Option<String>), KeysError> {
    let uri = source.jwks_uri.ok_or(KeysError::NoJwksUri)?;
    let request = Request::get(uri.as_str())
        .header(ACCEPT, "application/jwk-set+json, application/json")
        .body(Vec::new())
        .map_err(|_| KeysError::NoJwksUri)?;
    let response = source.http.send(request).await.map_err(KeysError::Transport)?;
    read(&response)
}

/// The media type is not looked at: a good many issuers say something else, and only a key set passes
/// for a key set.
fn read(response: &Response<Vec<u8>>) -> Result<(JwkSet, Option<String>), KeysError> {
    let status = response.status().as_u16();
    if status != 200 {
        return Err(KeysError::Status { status });
    }
    let set = JwkSet::parse(response.body()).map_err(KeysError::Set)?;
    let cache_control: Vec<_> =
        response.headers().get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok()).collect();
    Ok((set, (!cache_control.is_empty()).then(|| cache_control.join(", "))))
}

/// Why the issuer's keys cannot be had.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeysError {
    /// `no_jwks_uri`: the server's metadata does not say where its keys are.
    NoJwksUri,
    /// `keys_cooldown`: a token names a key that is not known, an attempt to fetch newer keys has
    /// just failed, and the next one is made half a minute after it.
    Cooldown,
    /// `keys_status`: the answer is not status 200. A redirect is not followed.
    Status {
        /// The status that came.
        status: u16,
    },
    /// No whole response. The code is that of the [`TransportError`].
    Transport(TransportError),
    /// The response is no key set. The code is that of the [`JwkSetError`].
    Set(JwkSetError),
}

impl KeysError {
    /// A stable name: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoJwksUri => "no_jwks_uri",
            Self::Cooldown => "keys_cooldown",
            Self::Status { .. } => "keys_status",
            Self::Transport(error) => error.code(),
            Self::Set(error) => error.code(),
        }
    }

    /// Whether trying again later can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Cooldown => true,
            Self::Status { status } => matches!(status, 429 | 500 | 502 | 503 | 504),
            Self::Transport(error) => error.is_transient(),
            Self::NoJwksUri | Self::Set(_) => false,
        }
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the issuer's keys: ")?;
        match self {
            Self::NoJwksUri => f.write_str("the server's metadata has no usable jwks_uri"),
            Self::Cooldown => f.write_str("an attempt has just failed; try again in half a minute"),
            Self::Status { status } => write!(f, "the server answered {status}; 200 was expected"),
            Self::Transport(error) => error.fmt(f),
            Self::Set(error) => error.fmt(f),
        }
    }
}

impl Error for KeysError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Transport(error) => error.source(),
            _ => None,
        }
    }
}
