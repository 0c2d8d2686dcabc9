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
use proofkey::jwt::{
    Challenge, Credentials, DpopPolicy, DpopProof, DpopRequest, JwtAccessToken, ReplayWindow, Required, ResourceServer,
};
use proofkey::token::Http;
use proofkey::{AccessTokenError, IssuerKeys, discover};

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
    let guard = Guard {
        keys: IssuerKeys::new(&discover(&http, issuer).await?),
        http,
        base: base.to_owned(),
        server: ResourceServer::new(issuer, base),
        dpop: DpopPolicy::new(),
        seen: Mutex::new(ReplayWindow::new(100_000)),
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
    keys: IssuerKeys,
    base: String,
    server: ResourceServer,
    dpop: DpopPolicy,
    /// The proofs that were used.
    seen: Mutex<ReplayWindow>,
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
        let access = self.keys.validate(&self.http, token, &self.server, &required).await;
        let access = access.map_err(|error| match error {
            AccessTokenError::Token(error) => challenge.clone().token_refused(&error, &required).into(),
            error => Refused::NoKeys(error),
        })?;
        if let Some(proof) = used {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.accept_proof(&proof, now).map_err(|error| challenge.replay_refused(&error))?;
        }
        Ok(access)
    }
}

enum Refused {
    /// What the request lacks.
    Challenge(Challenge),
    /// Nothing can be said about the token at the moment.
    NoKeys(AccessTokenError),
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
            Self::NoKeys(error) => {
                eprintln!("no access token can be validated: {error}");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }
}
