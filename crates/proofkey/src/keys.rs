//! The fetch of an issuer's keys.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, CACHE_CONTROL};
use http::{Request, Response};
use proofkey_authorize::{Endpoint, content_encoding, retry_after};
use proofkey_jwt::{FetchTicket, JwkSet, JwkSetError, Lookup, UnknownKey};
use proofkey_token::TransportError;

use crate::flight::Flight;
use crate::issuer_keys::IssuerKeys;
use crate::steps::Step;

/// The fetches of one run. Every decision about them is the cache's.
#[derive(Debug)]
pub(crate) struct KeyFetch<'a> {
    keys: &'a IssuerKeys,
    /// The fetch under way.
    ticket: Option<FetchTicket>,
    /// Why the last fetch failed, until that is reported.
    failure: Option<KeysError>,
}

impl<'a> KeyFetch<'a> {
    pub(crate) fn new(keys: &'a IssuerKeys) -> Self {
        Self { keys, ticket: None, failure: None }
    }

    /// The keys to use now, or the request that fetches them. Old keys serve when a fetch fails.
    pub(crate) fn current(&mut self, now: SystemTime) -> Step<Result<Arc<JwkSet>, KeysError>> {
        self.abandon();
        let lookup = self.keys.cache().lookup(now);
        match (lookup, self.failure.take()) {
            (Lookup::Ready(keys), _) | (Lookup::Stale(keys, _), Some(_)) => Step::Done(Ok(keys)),
            (Lookup::Missing(_) | Lookup::CoolingDown, Some(error)) => Step::Done(Err(error)),
            (Lookup::CoolingDown, None) => Step::Done(Err(KeysError::Cooldown)),
            (Lookup::Stale(_, ticket) | Lookup::Missing(ticket), None) => self.send(ticket),
        }
    }

    /// The keys to use now, if no fetch is due.
    pub(crate) fn ready(&self, now: SystemTime) -> Option<Arc<JwkSet>> {
        let mut cache = self.keys.cache();
        if cache.is_due(now) {
            return None;
        }
        match cache.lookup(now) {
            Lookup::Ready(keys) => Some(keys),
            Lookup::Stale(..) | Lookup::Missing(_) | Lookup::CoolingDown => None,
        }
    }

    /// Keys that are newer than `tried`, in which the key of a token was not found. `None`: there are
    /// none, and the token is refused.
    pub(crate) fn newer(
        &mut self,
        tried: &Arc<JwkSet>,
        now: SystemTime,
    ) -> Step<Result<Option<Arc<JwkSet>>, KeysError>> {
        self.abandon();
        let answer = self.keys.cache().unknown_key(tried, now);
        match (answer, self.failure.take()) {
            (UnknownKey::Newer(keys), _) => Step::Done(Ok(Some(keys))),
            (_, Some(error)) => Step::Done(Err(error)),
            (UnknownKey::Fetch(ticket), None) => self.send(ticket),
            (UnknownKey::CoolingDown { last_failed: false }, None) => Step::Done(Ok(None)),
            (UnknownKey::CoolingDown { last_failed: true } | UnknownKey::Fetching, None) => {
                Step::Done(Err(KeysError::Cooldown))
            }
        }
    }

    /// Takes the answer to the fetch under way.
    pub(crate) fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        let (Some(ticket), Some(url)) = (self.ticket.take(), self.keys.jwks_uri()) else { return };
        let read = match answer {
            Ok(response) => read(&response, url),
            Err(error) => Err(KeysError::Transport(error)),
        };
        let mut cache = self.keys.cache();
        match read {
            Ok((set, cache_control)) => {
                cache.fetched(ticket, set, cache_control.as_deref(), now);
            }
            Err(error) => {
                cache.failed(ticket, now);
                self.failure = Some(error);
            }
        }
    }

    /// The lock to hold around the next request: [`newer`](Self::newer) with the set that was tried,
    /// or [`current`](Self::current).
    pub(crate) fn flight(&self, tried: Option<&Arc<JwkSet>>, now: SystemTime) -> Option<Flight> {
        if self.keys.jwks_uri().is_none() || self.failure.is_some() {
            return None;
        }
        let mut cache = self.keys.cache();
        let is_due = match tried {
            None => cache.is_due(now),
            // A ticket is dropped again: the one that counts is asked for under the lock.
            Some(tried) => matches!(cache.unknown_key(tried, now), UnknownKey::Fetch(_) | UnknownKey::Fetching),
        };
        is_due.then(|| self.keys.flight.clone())
    }

    pub(crate) fn is_fetching(&self) -> bool {
        self.ticket.is_some()
    }

    /// Gives the right to fetch back, if it was taken and its answer did not come.
    pub(crate) fn abandon(&mut self) {
        self.ticket = None;
    }

    fn send<T>(&mut self, ticket: FetchTicket) -> Step<Result<T, KeysError>> {
        let request = self.keys.jwks_uri().and_then(|uri| {
            Request::get(uri.as_str())
                .header(ACCEPT, "application/jwk-set+json, application/json")
                .body(Vec::new())
                .ok()
        });
        match request {
            Some(request) => {
                self.ticket = Some(ticket);
                Step::Send(request)
            }
            None => Step::Done(Err(KeysError::NoJwksUri)),
        }
    }
}

/// The media type is not checked: many issuers send another one, and only a key set parses as one.
fn read(response: &Response<Vec<u8>>, url: &Endpoint) -> Result<(JwkSet, Option<String>), KeysError> {
    let status = response.status().as_u16();
    if status != 200 {
        return Err(KeysError::Status { url: url.clone(), status, retry_after: retry_after(response.headers()) });
    }
    let set = JwkSet::parse(response.body()).map_err(|error| match content_encoding(response.headers()) {
        Some(value) => KeysError::ContentEncoding { url: url.clone(), received: value.chars().take(128).collect() },
        None => KeysError::Set { url: url.clone(), error },
    })?;
    let cache_control: Vec<_> =
        response.headers().get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok()).collect();
    Ok((set, (!cache_control.is_empty()).then(|| cache_control.join(", "))))
}

/// The error for keys of an issuer that are not available.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeysError {
    /// `keys_no_jwks_uri`: the server's metadata does not name an address of its keys.
    NoJwksUri,
    /// `keys_cooldown`: an attempt to fetch keys failed a moment ago, so none is made now. Without any keys, that was
    /// the second failure in a row, less than [`RETRY_DELAY`](proofkey_jwt::JwkCache::RETRY_DELAY) ago. For a token
    /// that names an unknown key, it was less than [`COOLDOWN`](proofkey_jwt::JwkCache::COOLDOWN) ago, or an attempt is
    /// under way. Nothing is known about the token; try again later.
    Cooldown,
    /// `keys_status`: the response is not status 200. A redirect is not followed.
    Status {
        /// The `jwks_uri`.
        url: Endpoint,
        /// The status that was received.
        status: u16,
        /// How long the server asks to wait: see [`retry_after`].
        retry_after: Option<Duration>,
    },
    /// No complete response. The code is that of the [`TransportError`].
    Transport(TransportError),
    /// `keys_content_encoding`: the response cannot be read and has a `Content-Encoding`. The request
    /// asks for none.
    ContentEncoding {
        /// The `jwks_uri`.
        url: Endpoint,
        /// The encoding that was received.
        received: String,
    },
    /// The response is not a key set. The code is that of the [`JwkSetError`].
    Set {
        /// The `jwks_uri`.
        url: Endpoint,
        /// What is wrong with it.
        error: JwkSetError,
    },
}

impl KeysError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoJwksUri => "keys_no_jwks_uri",
            Self::Cooldown => "keys_cooldown",
            Self::Status { .. } => "keys_status",
            Self::Transport(error) => error.code(),
            Self::ContentEncoding { .. } => "keys_content_encoding",
            Self::Set { error, .. } => error.code(),
        }
    }

    /// Returns whether trying again later can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Cooldown => true,
            Self::Status { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            Self::Transport(error) => error.is_transient(),
            Self::NoJwksUri | Self::ContentEncoding { .. } | Self::Set { .. } => false,
        }
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the issuer's keys: ")?;
        match self {
            Self::NoJwksUri => f.write_str("the server's metadata has no usable jwks_uri"),
            Self::Cooldown => f.write_str(
                "there is no key for the token, and an attempt to fetch keys failed a moment ago; try again later",
            ),
            Self::Status { url, status, .. } => {
                write!(f, "{} responded with status {status}; 200 was expected", url.as_str())
            }
            Self::Transport(error) => error.fmt(f),
            Self::ContentEncoding { url, received } => {
                write!(f, "{} answered with the Content-Encoding \"{received}\", and none was asked for", url.as_str())
            }
            Self::Set { url, error } => write!(f, "{}: {error}", url.as_str()),
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
