//! An API that admits requests by JWT access tokens (RFC 9068), also by tokens that are bound to a key (DPoP).
//!
//! ```text
//! cargo run --example api -- https://issuer.example http://localhost:8092
//! ```
//!
//! The second argument is the API's own address, which is also the audience of its tokens.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, serve};
use proofkey::authorize::Endpoint;
use proofkey::discover;
use proofkey::http;
use proofkey::jwt::{
    Challenge, Credentials, DpopPolicy, DpopProof, DpopRequest, JwkCache, JwkSet, JwtAccessToken, Lookup, ReplayWindow,
    Required, ResourceServer, UnknownKey,
};
use proofkey::token::{Http, Transport};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, base) = arguments.next().zip(arguments.next()).ok_or("usage: api ISSUER BASE")?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8092").await?;
    serve(listener, app(Http::new()?, &issuer, &base).await?).await?;
    Ok(())
}

/// The API.
pub async fn app(http: Http, issuer: &str, base: &str) -> Result<Router, Failure> {
    let server = discover(&http, issuer).await?;
    let guard = Guard {
        http,
        jwks_uri: server.jwks_uri().ok_or("the issuer has no keys")?.clone(),
        base: base.to_owned(),
        server: ResourceServer::new(issuer, base),
        dpop: DpopPolicy::new(),
        seen: Mutex::new(ReplayWindow::new(100_000)),
        keys: tokio::sync::Mutex::default(),
    };
    Ok(Router::new().route("/notes", get(notes)).with_state(Arc::new(guard)))
}

async fn notes(State(guard): State<Arc<Guard>>, request: Request) -> Result<String, Refused> {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let access = guard.admit(method, path, request.headers(), &Required::new().scope("notes.read")).await?;
    Ok(format!("notes of {}", access.subject()))
}

struct Guard {
    http: Http,
    jwks_uri: Endpoint,
    base: String,
    server: ResourceServer,
    dpop: DpopPolicy,
    /// The proofs that were used.
    seen: Mutex<ReplayWindow>,
    /// Held while the keys are fetched: one fetch is enough for all that wait.
    keys: tokio::sync::Mutex<JwkCache>,
}

impl Guard {
    /// Admits a request that has what is `required`.
    async fn admit(
        &self,
        method: &str,
        path: &str,
        headers: &HeaderMap,
        required: &Required,
    ) -> Result<JwtAccessToken, Refused> {
        let now = SystemTime::now();
        let credentials = Credentials::parse(headers.get_all(AUTHORIZATION), headers.get_all("dpop"));
        let credentials = credentials.map_err(|error| Challenge::bearer("orders").credentials_refused(&error))?;
        let token = credentials.access_token();
        let (mut challenge, mut required, mut used) = (Challenge::bearer("orders"), required.clone(), None);
        if let Some(proof) = credentials.proof() {
            challenge = Challenge::dpop(&self.dpop);
            // The address as clients see it, whatever a proxy makes of it.
            let request = DpopRequest::new(method, format!("{}{path}", self.base), token);
            let proof = DpopProof::validate(proof, &self.dpop, &request, now)
                .map_err(|error| challenge.clone().proof_refused(&error))?;
            required = required.proof(proof.clone());
            used = Some(proof);
        }
        let validate = |keys: &JwkSet| JwtAccessToken::validate(token, keys, &self.server, &required, now);
        let keys = self.keys(None).await.ok_or(Refused::NoKeys)?;
        let mut access = validate(&keys);
        if access.as_ref().is_err_and(|error| error.is_key_not_found())
            && let Some(newer) = self.keys(Some(&keys)).await
        {
            access = validate(&newer);
        }
        let access = access.map_err(|error| challenge.clone().token_refused(&error, &required))?;
        if let Some(proof) = used {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.accept_proof(&proof, now).map_err(|error| challenge.replay_refused(&error))?;
        }
        Ok(access)
    }

    /// The issuer's keys, or newer ones than `tried`, which lack the key of a token.
    async fn keys(&self, tried: Option<&Arc<JwkSet>>) -> Option<Arc<JwkSet>> {
        let mut cache = self.keys.lock().await;
        let now = SystemTime::now();
        let (ticket, old) = match tried {
            None => match cache.lookup(now) {
                Lookup::Ready(keys) => return Some(keys),
                Lookup::Stale(keys, ticket) => (ticket, Some(keys)),
                Lookup::Missing(ticket) => (ticket, None),
            },
            Some(tried) => match cache.unknown_key(tried, now) {
                UnknownKey::Newer(keys) => return Some(keys),
                UnknownKey::Fetch(ticket) => (ticket, None),
                UnknownKey::Fetching | UnknownKey::CoolingDown { .. } => return None,
            },
        };
        match self.fetch().await {
            Ok((keys, cache_control)) => Some(cache.fetched(ticket, keys, cache_control.as_deref(), now)),
            Err(error) => {
                eprintln!("the keys cannot be fetched: {error}");
                cache.failed(ticket, now);
                old
            }
        }
    }

    /// The keys, and how long they may be kept.
    async fn fetch(&self) -> Result<(JwkSet, Option<String>), Failure> {
        let request = http::Request::get(self.jwks_uri.as_str()).body(Vec::new())?;
        let response = self.http.send(request).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("status {}", response.status()).into());
        }
        let cache_control = response.headers().get("cache-control").and_then(|value| value.to_str().ok());
        Ok((JwkSet::parse(response.body())?, cache_control.map(str::to_owned)))
    }
}

enum Refused {
    /// What the request lacks.
    Challenge(Challenge),
    /// Nothing can be said about the token at the moment.
    NoKeys,
}

impl From<Challenge> for Refused {
    fn from(challenge: Challenge) -> Self {
        Self::Challenge(challenge)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Challenge(challenge) => {
                let status = StatusCode::from_u16(challenge.status()).unwrap_or(StatusCode::UNAUTHORIZED);
                (status, [(WWW_AUTHENTICATE, challenge.to_string())]).into_response()
            }
            Self::NoKeys => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}
