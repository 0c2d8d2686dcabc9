//! Logout at the authorization server (OpenID Connect RP-Initiated Logout 1.0).

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::callback::Callback;
use crate::pending::is_over;
use crate::store::{VERSION, at, from_json, millis, serde_as_json, since_1970, to_json};
use crate::{AuthorizationServer, CallbackError, ClientId, RedirectUri, State, StoredLoginError, form};

/// Maximum duration of a logout unless [`expires_in`](LogoutRequest::expires_in) sets another.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// The request that ends the user's session at the authorization server (OpenID Connect RP-Initiated Logout 1.0 section
/// 2). Finish it with [`begin`](Self::begin) or [`url`](Self::url).
///
/// End the application's own session first, since the browser may never come back. A parameter with an empty value is
/// not sent.
///
/// ```
/// use std::time::SystemTime;
/// use proofkey_authorize::{AuthorizationServer, ClientId, Endpoint, Issuer, LogoutRequest, RedirectUri};
///
/// let server = AuthorizationServer::new(
///     Issuer::new("https://as.example")?,
///     Endpoint::new("https://as.example/authorize")?,
///     Endpoint::new("https://as.example/token")?,
/// )
/// .with_end_session_endpoint(Endpoint::new("https://as.example/logout")?);
///
/// // GET /logout: 32 bytes of the system's random source, and the time.
/// # let entropy = [7; 32];
/// let (url, pending) = LogoutRequest::new(&server)
///     .client_id(&ClientId::new("client-id")?)
///     .begin(RedirectUri::new("https://app.example/goodbye")?, &entropy, SystemTime::now())?;
/// assert!(url.starts_with("https://as.example/logout?client_id=client-id&"));
///
/// // GET /goodbye
/// # let query = format!("state={}", pending.state().expose());
/// pending.receive(&query, SystemTime::now())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a request does nothing before `begin` or `url`"]
pub struct LogoutRequest<'a> {
    server: &'a AuthorizationServer,
    parameters: Vec<(&'static str, String)>,
    lifetime: Duration,
}

impl<'a> LogoutRequest<'a> {
    /// Creates a request to `server`.
    pub fn new(server: &'a AuthorizationServer) -> Self {
        Self { server, parameters: Vec::new(), lifetime: DEFAULT_LIFETIME }
    }

    /// Sets `id_token_hint`: the ID token of the session that ends. It is recommended: without it, many servers ask the
    /// user to confirm.
    ///
    /// It becomes part of a URL, and so of the browser's history and of logs. If its claims must not appear there, use
    /// [`client_id`](Self::client_id) and [`logout_hint`](Self::logout_hint) instead.
    pub fn id_token_hint(self, id_token: &str) -> Self {
        self.set("id_token_hint", id_token)
    }

    /// Sets `client_id`, for a request without an ID token, or with an encrypted one.
    pub fn client_id(self, client_id: &ClientId) -> Self {
        self.set("client_id", client_id.as_str())
    }

    /// Sets `logout_hint`: the user, as the server identifies them, such as by an e-mail address.
    pub fn logout_hint(self, hint: &str) -> Self {
        self.set("logout_hint", hint)
    }

    /// Sets `ui_locales`: preferred languages, separated by a space, the best first.
    pub fn ui_locales(self, locales: &str) -> Self {
        self.set("ui_locales", locales)
    }

    /// Sets how long the logout may take; the default is 10 minutes. A later callback is refused.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Builds the URL for the browser, and the [`PendingLogout`] that waits for the browser to come back to
    /// `post_logout_redirect_uri`. That URI must be registered at the server.
    ///
    /// `entropy` is 32 bytes of a cryptographic random source, fresh for this call; `state` is made from it. `now` is the
    /// time at which the logout begins.
    ///
    /// # Errors
    /// [`LogoutRequestError`] when the server has no `end_session_endpoint`, or when the query of that endpoint already
    /// has a parameter of this request.
    pub fn begin(
        self,
        post_logout_redirect_uri: RedirectUri,
        entropy: &[u8; 32],
        now: SystemTime,
    ) -> Result<(String, PendingLogout), LogoutRequestError> {
        let state = State::from_entropy(entropy);
        let lifetime = self.lifetime;
        let request = self.set("post_logout_redirect_uri", post_logout_redirect_uri.as_str());
        let url = request.set("state", state.expose()).url()?;
        Ok((url, PendingLogout { redirect_uri: post_logout_redirect_uri, state, created: now, lifetime }))
    }

    /// Builds the URL for a logout after which the browser does not return: the server shows a page of its own.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn url(self) -> Result<String, LogoutRequestError> {
        let endpoint = self.server.end_session_endpoint().ok_or(LogoutRequestError::NoEndpoint)?;
        let own = endpoint.query().unwrap_or_default();
        for (name, _) in form::raw_pairs(own) {
            let name = form::decode_lossy(name);
            if let Some((parameter, _)) = self.parameters.iter().find(|(set, _)| *set == name) {
                return Err(LogoutRequestError::EndpointQuery { parameter });
            }
        }
        let mut parameters = String::new();
        for (name, value) in &self.parameters {
            form::append_pair(&mut parameters, name, value);
        }
        let separator = if parameters.is_empty() { "" } else { endpoint.separator() };
        Ok(format!("{}{separator}{parameters}", endpoint.as_str()))
    }

    fn set(mut self, name: &'static str, value: &str) -> Self {
        self.parameters.retain(|(own, _)| *own != name);
        if !value.is_empty() {
            self.parameters.push((name, value.to_owned()));
        }
        self
    }
}

/// Shows the names of the parameters only: an ID token is not a secret, but it contains personal data.
impl fmt::Debug for LogoutRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("LogoutRequest").field("parameters", &names).finish_non_exhaustive()
    }
}

/// A logout that waits for the browser to come back. Created by [`LogoutRequest::begin`] and consumed by
/// [`receive`](Self::receive).
///
/// Store it in the session of that browser, as a [`Pending`](crate::Pending) login. `Debug` does not show its `state`,
/// which is overwritten when the value is dropped.
pub struct PendingLogout {
    redirect_uri: RedirectUri,
    state: State,
    created: SystemTime,
    lifetime: Duration,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLogout<'a> {
    version: u32,
    #[serde(borrow)]
    post_logout_redirect_uri: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    /// Milliseconds since 1970.
    created: u64,
    /// Milliseconds.
    lifetime: u64,
}

impl PendingLogout {
    /// Returns the `state` that the callback must repeat.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Checks that the callback that arrived at `now` belongs to this logout: its address, `state` and age, as
    /// [`Pending::receive`](crate::Pending::receive) does.
    ///
    /// This does not show that the session at the server has ended: the specification has no response that says so.
    ///
    /// # Errors
    /// [`CallbackError`] for the first check that fails.
    pub fn receive(self, callback: &str, now: SystemTime) -> Result<(), CallbackError> {
        let callback = Callback::parse(callback)?;
        callback.check_address(self.redirect_uri.as_str())?;
        if !self.state.matches(&callback.state()?) {
            return Err(CallbackError::StateMismatch);
        }
        if is_over(self.created, self.lifetime, now) { Err(CallbackError::Expired) } else { Ok(()) }
    }

    /// Returns this logout as JSON for a session store, with a version.
    pub fn to_json(&self) -> Zeroizing<String> {
        to_json(&StoredLogout {
            version: VERSION,
            post_logout_redirect_uri: self.redirect_uri.as_str().into(),
            state: self.state.expose().into(),
            created: since_1970(self.created),
            lifetime: millis(self.lifetime),
        })
    }

    /// Reads a logout back from a session store.
    ///
    /// # Errors
    /// As [`Pending::from_json`](crate::Pending::from_json).
    pub fn from_json(text: &str) -> Result<Self, StoredLoginError> {
        let stored: StoredLogout<'_> = from_json(text)?;
        let invalid = |member| move || StoredLoginError::Invalid { member };
        let redirect_uri = RedirectUri::stored(&stored.post_logout_redirect_uri).ok();
        Ok(Self {
            redirect_uri: redirect_uri.ok_or_else(invalid("post_logout_redirect_uri"))?,
            state: State::parse(&stored.state).ok_or_else(invalid("state"))?,
            created: at(stored.created).ok_or_else(invalid("created"))?,
            lifetime: Duration::from_millis(stored.lifetime),
        })
    }
}

serde_as_json!(PendingLogout);

impl fmt::Debug for PendingLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogout")
            .field("post_logout_redirect_uri", &self.redirect_uri)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// The error for a logout request that cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogoutRequestError {
    /// The server has no `end_session_endpoint`.
    NoEndpoint,
    /// The query of the `end_session_endpoint` has a parameter that the request sets.
    EndpointQuery {
        /// The name of the parameter.
        parameter: &'static str,
    },
}

impl LogoutRequestError {
    /// Returns the stable code: `logout_no_endpoint` or `logout_endpoint_query`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoEndpoint => "logout_no_endpoint",
            Self::EndpointQuery { .. } => "logout_endpoint_query",
        }
    }
}

impl fmt::Display for LogoutRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEndpoint => f.write_str(
                "logout: the authorization server has no end_session_endpoint; end the application's own session only",
            ),
            Self::EndpointQuery { parameter } => {
                write!(
                    f,
                    "logout: the query of the end_session_endpoint has the parameter {parameter}, which the request sets"
                )
            }
        }
    }
}

impl Error for LogoutRequestError {}
