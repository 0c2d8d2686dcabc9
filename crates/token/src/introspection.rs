//! Token introspection (RFC 7662).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId, Compat, Deviations, Endpoint, Issuer, Scope};
use sha2::{Digest, Sha256};

use crate::authentication::ClientAuthentication;
use crate::error::{FailedCheck, IntrospectionError, Malformed, MalformedKind, ResponseErrorKind, TokenRequestError};
use crate::request::{self, Parameters};
use crate::response::{Answer, Members};
use crate::rules::Rules;
use crate::secret::AccessToken;
use crate::shown::shown_without_secrets;
use crate::token_set::scope;

mod active;
mod cache;

pub use active::ActiveToken;
pub use cache::IntrospectionCache;

/// How far a token's `nbf` may lie ahead of this machine's clock.
const LEEWAY: Duration = Duration::from_secs(60);

/// The request that asks whether a token gives access to an API, finished by [`build`](Self::build).
///
/// ```
/// # use std::time::SystemTime;
/// # use proofkey_authorize::{AuthorizationServer, ClientId, Endpoint, Issuer, Scope};
/// # use proofkey_token::{AccessToken, ClientAuthentication, ClientSecret, IntrospectionRequest};
/// # let (issuer, endpoint) = (Issuer::new("https://as.example")?, Endpoint::new("https://as.example/token")?);
/// # let server = AuthorizationServer::new(issuer, endpoint.clone(), endpoint)
/// #     .with_introspection_endpoint(Endpoint::new("https://as.example/introspect")?);
/// # let (api, secret) = (ClientId::new("notes-api")?, ClientSecret::new("s3cret")?);
/// let token = AccessToken::new("2YotnFZFEjr1zCsicMWpAA")?;
/// let (request, introspection) = IntrospectionRequest::new(&token, "https://notes.example", &server, &api)
///     .scope(Scope::new("notes.read")?)
///     .build(&ClientAuthentication::secret(secret))?;
/// # let response = http::Response::builder().header("content-type", "application/json").body(
/// #     br#"{"active":true,"sub":"u17","aud":"https://notes.example","scope":"notes.read"}"#.to_vec())?;
/// let token = introspection.receive(&response, SystemTime::now())?;
/// assert_eq!(token.subject(), Some("u17"));
/// # assert_eq!(request.uri(), "https://as.example/introspect");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct IntrospectionRequest<'a> {
    token: &'a AccessToken,
    server: &'a AuthorizationServer,
    client_id: &'a ClientId,
    demands: Demands,
    parameters: Parameters,
}

/// What a token must be besides active.
#[derive(Debug)]
struct Demands {
    /// `None`: for any API.
    audience: Option<String>,
    scope: Option<Scope>,
    accepts_bound: bool,
}

impl<'a> IntrospectionRequest<'a> {
    /// Creates a request for `token`, received by the API `audience`. `client_id` is the API's own at the
    /// authorization server.
    ///
    /// A token for another audience, or without `aud`, is refused.
    pub fn new(
        token: &'a AccessToken,
        audience: impl Into<String>,
        server: &'a AuthorizationServer,
        client_id: &'a ClientId,
    ) -> Self {
        let demands = Demands { audience: Some(audience.into()), scope: None, accepts_bound: false };
        Self { token, server, client_id, demands, parameters: Parameters::default() }
    }

    /// Accepts a token for any audience. Use it only at a server that issues tokens for this API alone: otherwise
    /// another API could replay here a token that it received.
    pub fn accept_any_audience(mut self) -> Self {
        self.demands.audience = None;
        self
    }

    /// Requires this scope.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.demands.scope = Some(scope);
        self
    }

    /// Accepts a token that is bound to a key, which the caller compares with
    /// [`confirmation`](ActiveToken::confirmation) (RFC 8705 section 3.2, RFC 9449 section 6.2).
    pub fn accept_bound(mut self) -> Self {
        self.demands.accepts_bound = true;
        self
    }

    /// Adds a parameter that no specification defines, as
    /// [`ExchangeRequest::parameter`](crate::ExchangeRequest::parameter) does.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(name, value);
        self
    }

    /// Builds the request, and the value that reads its response: a POST with the API's authentication (RFC
    /// 7662 section 2.1).
    ///
    /// # Errors
    ///
    /// [`IntrospectionError::Request`] with [`TokenRequestError::NoEndpoint`] when the server's metadata has no
    /// `introspection_endpoint`, for a reserved parameter, or for a credential that could not be created.
    pub fn build(
        self,
        authentication: &ClientAuthentication,
    ) -> Result<(Request<Vec<u8>>, Introspection), IntrospectionError> {
        let key = self.key();
        let Self { token, server, client_id, demands, parameters } = self;
        let missing = TokenRequestError::NoEndpoint { endpoint: "introspection_endpoint" };
        let endpoint = server.introspection_endpoint().ok_or(missing)?;
        let mut pairs = vec![("token", token.expose()), ("token_type_hint", "access_token")];
        parameters.push_to(&mut pairs, &[])?;
        let mut noted = Deviations::NONE;
        let request = request::post(server, endpoint, client_id, authentication, pairs, &mut noted)?;
        let (issuer, compat) = (server.issuer().clone(), server.compat().clone());
        Ok((request, Introspection { key, demands, issuer, compat }))
    }

    /// The hash of the token, of who asked whom, and of what was demanded: a server may answer each API
    /// differently (RFC 7662 section 2.2).
    fn key(&self) -> [u8; 32] {
        let Demands { audience, scope, accepts_bound } = &self.demands;
        let texts = [
            Some(self.token.expose()),
            Some(self.server.issuer().as_str()),
            self.server.introspection_endpoint().map(Endpoint::as_str),
            Some(self.client_id.as_str()),
            audience.as_deref(),
            scope.as_ref().map(Scope::as_str),
        ];
        let texts = texts.into_iter().chain(self.parameters.texts().map(Some));
        let mut hash = Sha256::new();
        for text in texts {
            // Length first, so that no two lists of texts are one text.
            hash.update(text.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
            hash.update(text.unwrap_or_default());
        }
        hash.update([u8::from(*accepts_bound)]);
        hash.finalize().into()
    }
}

/// An introspection that waits for its response.
#[must_use = "a token gives access only when the server says so"]
pub struct Introspection {
    key: [u8; 32],
    demands: Demands,
    issuer: Issuer,
    compat: Compat,
}

/// Without the key: it is a hash of the token.
impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection")
            .field("demands", &self.demands)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl Introspection {
    /// Reads the response, which arrived at `now`.
    ///
    /// # Errors
    ///
    /// [`IntrospectionError::Response`] when the token gives no access: it is not active, has expired, is from another
    /// issuer or for another API, lacks a required scope, or is bound to a key. Also when the server refused, or the
    /// response cannot be read. Each of these means no access.
    pub fn receive(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<ActiveToken, IntrospectionError> {
        let rules = Rules::new(&self.compat);
        let answer = Answer::new(response, &rules);
        self.read(&answer, &rules, now).map_err(|kind| answer.error(kind).into())
    }

    fn read(&self, answer: &Answer<'_>, rules: &Rules<'_>, now: SystemTime) -> Result<ActiveToken, ResponseErrorKind> {
        let members = answer.success()?;
        if !is_active(&members)? {
            return Err(FailedCheck::Inactive.into());
        }
        let expires_at = instant(&members, "exp")?;
        let starts_at = instant(&members, "nbf")?;
        let is_early = |nbf: SystemTime| nbf.duration_since(now).is_ok_and(|ahead| ahead > LEEWAY);
        if expires_at.is_some_and(|exp| exp <= now) || starts_at.is_some_and(is_early) {
            return Err(FailedCheck::Inactive.into());
        }
        if let Some(received) = members.word("iss")?.filter(|iss| **iss != *self.issuer.as_str()) {
            let expected = shown_without_secrets(self.issuer.as_str(), 128);
            let received = shown_without_secrets(&received, 128);
            return Err(FailedCheck::IntrospectedIssuer { expected, received }.into());
        }
        let audiences = audiences(&members)?;
        if let Some(expected) = self.demands.audience.as_ref().filter(|expected| !audiences.contains(expected)) {
            let expected = shown_without_secrets(expected, 128);
            let received = shown_without_secrets(&audiences.join(" "), 128);
            return Err(FailedCheck::IntrospectedAudience { expected, received }.into());
        }
        let token_type = members.word("token_type")?;
        let is_dpop = token_type.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("DPoP"));
        let confirmation = members.raw("cnf");
        if (is_dpop || confirmation.is_some()) && !self.demands.accepts_bound {
            return Err(FailedCheck::IntrospectedBound.into());
        }
        if is_dpop && confirmation.is_none() {
            // Without it the caller has no key to compare with, and would take the token for a bearer token.
            return Err(Malformed::new("cnf", MalformedKind::Missing, 0).into());
        }
        if let Some(name) = token_type.as_deref().filter(|_| !is_dpop) {
            rules.token_type(Some(name))?;
        }
        let scope = scope(&members, rules)?.flatten();
        self.check_scope(scope.as_ref())?;
        Ok(ActiveToken::new(self.key, &members, audiences, scope, expires_at, rules.used())?)
    }

    fn check_scope(&self, granted: Option<&Scope>) -> Result<(), FailedCheck> {
        let Some(demanded) = &self.demands.scope else { return Ok(()) };
        let is_missing = |token: &&str| !granted.is_some_and(|granted| granted.contains(token));
        let missing: Vec<_> = demanded.as_str().split(' ').filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(FailedCheck::IntrospectedScope { missing: shown_without_secrets(&missing.join(" "), 128) })
    }
}

/// `active`, which is `true` or `false` and nothing that only looks like it.
fn is_active(members: &Members<'_>) -> Result<bool, Malformed> {
    match members.raw("active").map(|value| value.as_str()) {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(other) => {
            Err(Malformed::new("active", MalformedKind::WrongType { expected: "true or false" }, other.len()))
        }
        None => Err(Malformed::new("active", MalformedKind::Missing, 0)),
    }
}

/// A time in whole seconds since 1970.
fn instant(members: &Members<'_>, name: &'static str) -> Result<Option<SystemTime>, Malformed> {
    let Some(value) = members.raw(name) else { return Ok(None) };
    let text = value.as_str();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let read = || UNIX_EPOCH.checked_add(Duration::from_secs(text.parse().ok()?));
    let kind = MalformedKind::WrongType { expected: "a number of seconds since 1970" };
    match read().filter(|_| is_number) {
        Some(instant) => Ok(Some(instant)),
        None => Err(Malformed::new(name, kind, text.len())),
    }
}

/// `aud`: one text, or an array of texts.
fn audiences(members: &Members<'_>) -> Result<Vec<String>, Malformed> {
    let Some(value) = members.raw("aud") else { return Ok(Vec::new()) };
    if let Some(one) = value.string() {
        return Ok(vec![one.into_owned()]);
    }
    let texts = |values: &Vec<serde_json::Value>| {
        values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    };
    let kind = MalformedKind::WrongType { expected: "a string or an array of strings" };
    let read = value.value().and_then(|value| value.as_array().and_then(texts));
    read.ok_or_else(|| Malformed::new("aud", kind, value.as_str().len()))
}
