//! A Flyte-like API: a resource server that checks each access token by itself (RFC 6750, RFC 9068).

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use proofkey::jwt::{Algorithm, JwkSet, Jws};
use proofkey_authority::{Clock, Endpoint, Exchange, Party, Wire};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::Failure;

/// A running API on loopback: `GET /api/v1/projects` and `GET /workflows` for `read:workflows`, `POST /executions` for
/// `write:workflows`. It stops when dropped.
#[derive(Debug)]
pub struct Api {
    base: String,
    task: AbortHandle,
}

impl Drop for Api {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Api {
    /// Starts an API that trusts this issuer, by these keys, and answers to this audience. Each request goes into
    /// `wire`.
    ///
    /// # Errors
    ///
    /// When the keys cannot be read, or no port on loopback can be listened on.
    pub async fn start(issuer: &str, audience: &str, jwks: &[u8], clock: &Clock, wire: &Wire) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let guard = Guard {
            issuer: issuer.into(),
            audience: audience.into(),
            keys: JwkSet::parse(jwks)?,
            clock: clock.clone(),
            wire: wire.clone(),
            base: base.clone(),
            executions: AtomicUsize::new(0),
        };
        let router = Router::new()
            .route("/api/v1/projects", get(projects))
            .route("/workflows", get(workflows))
            .route("/executions", post(execute))
            .with_state(Arc::new(guard));
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base, task: task.abort_handle() })
    }

    /// The address, `http://127.0.0.1:PORT`, without a slash.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }
}

/// What the API knows, and what it has done.
struct Guard {
    issuer: String,
    audience: String,
    keys: JwkSet,
    clock: Clock,
    wire: Wire,
    base: String,
    executions: AtomicUsize,
}

type Shared = State<Arc<Guard>>;

async fn projects(State(guard): Shared, uri: Uri, headers: HeaderMap) -> Response {
    guard.answer("GET", &uri, &headers, b"", "read:workflows", |_| {
        Ok((StatusCode::OK, json!([{"id": "flytesnacks", "name": "flytesnacks"}])))
    })
}

async fn workflows(State(guard): Shared, uri: Uri, headers: HeaderMap) -> Response {
    guard.answer("GET", &uri, &headers, b"", "read:workflows", |_| {
        Ok((StatusCode::OK, json!([{"id": "hello_world", "project": "flytesnacks"}])))
    })
}

async fn execute(State(guard): Shared, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    guard.answer("POST", &uri, &headers, &body, "write:workflows", |subject| {
        let order: Value = serde_json::from_slice(&body).unwrap_or_default();
        match order["workflow"].as_str() {
            Some("hello_world") => {
                let number = guard.executions.fetch_add(1, Ordering::Relaxed) + 1;
                let id = format!("execution-{number}");
                Ok((
                    StatusCode::CREATED,
                    json!({"id": id, "workflow": "hello_world", "by": subject, "phase": "QUEUED"}),
                ))
            }
            Some(_) => Err((StatusCode::NOT_FOUND, json!({"error": "there is no workflow of this name"}))),
            None => Err((StatusCode::BAD_REQUEST, json!({"error": "expected JSON with the name of a `workflow`"}))),
        }
    })
}

/// Why a request is not answered (RFC 6750 section 3.1).
enum Denied {
    /// No credentials at all: the client is told what to bring, and no error is named.
    NoToken,
    Malformed(&'static str),
    Invalid(&'static str),
    Scope(&'static str),
}

impl Guard {
    fn answer(
        &self,
        method: &str,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        scope: &'static str,
        work: impl FnOnce(&str) -> Result<(StatusCode, Value), (StatusCode, Value)>,
    ) -> Response {
        let (status, challenge, answer) = match self.check(headers, scope) {
            Ok(subject) => {
                let (status, answer) = work(&subject).unwrap_or_else(|refused| refused);
                (status, None, answer)
            }
            Err(denied) => denied.answer(),
        };
        let text = answer.to_string();
        let url = format!("{}{uri}", self.base);
        let text_of = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let from = match headers.get(header::USER_AGENT).map(text_of) {
            Some(agent) if agent == "proofkey-browser" || agent.starts_with("Mozilla/") => Party::Browser,
            _ => Party::Client,
        };
        let mut exchange = Exchange::new(from, "api", Endpoint::Api, method, &url);
        exchange.headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text_of(value))).collect();
        exchange.body = body.iter().copied().take(Exchange::BODY_LIMIT).collect();
        exchange.status = Some(status.as_u16());
        exchange.response_headers = challenge.iter().map(|text| ("www-authenticate".into(), text.clone())).collect();
        exchange.response_body = text.clone().into_bytes();
        self.wire.record(exchange);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        if let Some(challenge) = challenge.and_then(|text| text.parse().ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        (status, headers, text).into_response()
    }

    /// Who calls, if the token is good here: made for this API (RFC 9068 section 4), not over, and with this scope.
    fn check(&self, headers: &HeaderMap, scope: &'static str) -> Result<String, Denied> {
        let mut sent = headers.get_all(header::AUTHORIZATION).iter();
        let credentials = sent.next().ok_or(Denied::NoToken)?;
        if sent.next().is_some() {
            return Err(Denied::Malformed("there is more than one Authorization header"));
        }
        let (scheme, token) = credentials.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Denied::NoToken)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Denied::NoToken);
        }
        let jws = Jws::verify(token, &self.keys, &[Algorithm::Rs256])
            .map_err(|_| Denied::Invalid("no key of the issuer vouches for this token"))?;
        let kind = jws.token_type().unwrap_or_default();
        if !kind.eq_ignore_ascii_case("at+jwt") && !kind.eq_ignore_ascii_case("application/at+jwt") {
            return Err(Denied::Invalid("this is no access token"));
        }
        let claims: Value = serde_json::from_slice(jws.payload()).unwrap_or_default();
        if claims["iss"] != self.issuer.as_str() {
            return Err(Denied::Invalid("the token is another issuer's"));
        }
        let audiences = claims["aud"].as_array().map_or_else(|| vec![&claims["aud"]], |list| list.iter().collect());
        if !audiences.iter().any(|audience| **audience == self.audience.as_str()) {
            return Err(Denied::Invalid("the token is for another API"));
        }
        if claims["exp"].as_i64().is_none_or(|end| self.clock.unix() >= end) {
            return Err(Denied::Invalid("the token has expired"));
        }
        let subject = claims["sub"].as_str().ok_or(Denied::Invalid("the token names nobody"))?;
        if !claims["scope"].as_str().unwrap_or_default().split(' ').any(|granted| granted == scope) {
            return Err(Denied::Scope(scope));
        }
        Ok(subject.to_owned())
    }
}

impl Denied {
    fn answer(&self) -> (StatusCode, Option<String>, Value) {
        const REALM: &str = "Bearer realm=\"flyte\"";
        let (status, error, detail) = match self {
            Self::NoToken => return (StatusCode::UNAUTHORIZED, Some(REALM.into()), json!({"error": "unauthorized"})),
            Self::Malformed(detail) => (StatusCode::BAD_REQUEST, "invalid_request", *detail),
            Self::Invalid(detail) => (StatusCode::UNAUTHORIZED, "invalid_token", *detail),
            Self::Scope(scope) => {
                let challenge = format!("{REALM}, error=\"insufficient_scope\", scope=\"{scope}\"");
                return (StatusCode::FORBIDDEN, Some(challenge), json!({"error": "insufficient_scope"}));
            }
        };
        let challenge = format!("{REALM}, error=\"{error}\", error_description=\"{detail}\"");
        (status, Some(challenge), json!({"error": error, "error_description": detail}))
    }
}
