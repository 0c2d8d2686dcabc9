//! NOT AN EXAMPLE. The faults of a small demo application, copied faithfully so that the attacks can be played against
//! them. The numbers are those of the chapter "Errata" of the book.
//!
//! It runs only inside of a played attack, on a port of its own, with nobody's data. One fault is not copied: what it
//! fetches is fetched by our HTTP client, which has time-outs and limits (fault 17).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use maud::{Markup, html};
use proofkey::token::{Http, Transport};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cookie;

/// Fault 1: a constant, and the callback never looks at it.
const STATE: &str = "random_security_token";

pub(crate) struct Careless {
    http: Http,
    authorization_endpoint: String,
    token_endpoint: String,
    client_id: String,
    redirect_uri: String,
    /// What the demo prints: fault 12, the code is among it. Here it is kept, so that nothing secret is printed.
    console: Arc<Mutex<Vec<String>>>,
    /// Fault 2: one for the whole server.
    code_verifier: Mutex<String>,
    /// Fault 3: whoever opens the page is signed in.
    tokens: Mutex<Option<Value>>,
}

impl Careless {
    pub(crate) fn new(
        http: Http,
        endpoints: (&str, &str),
        client_id: &str,
        redirect_uri: &str,
        console: &Arc<Mutex<Vec<String>>>,
    ) -> Self {
        Self {
            http,
            authorization_endpoint: endpoints.0.into(),
            token_endpoint: endpoints.1.into(),
            client_id: client_id.into(),
            redirect_uri: redirect_uri.into(),
            console: console.clone(),
            code_verifier: Mutex::default(),
            tokens: Mutex::default(),
        }
    }

    pub(crate) fn routes(self) -> Router {
        Router::new()
            .route("/", get(welcome))
            .route("/login", get(log_in))
            .route("/callback", get(come_back))
            .route("/logout", post(log_out))
            .with_state(Arc::new(self))
    }
}

type Shared = State<Arc<Careless>>;

async fn log_in(State(app): Shared) -> Redirect {
    let verifier = cookie::random().unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    *locked(&app.code_verifier) = verifier;
    // Fault 10: no nonce.
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &app.client_id)
        .append_pair("redirect_uri", &app.redirect_uri)
        .append_pair("scope", "openid profile email read:workflows write:workflows")
        .append_pair("state", STATE)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .finish();
    Redirect::to(&format!("{}?{query}", app.authorization_endpoint))
}

/// Fault 4: the first `code` that comes, and no question after an `error`. No `state`, no `iss`.
async fn come_back(State(app): Shared, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let Some((_, code)) = pairs.find(|(name, _)| name == "code") else {
        return (axum::http::StatusCode::INTERNAL_SERVER_ERROR, "KeyError: 'code'").into_response();
    };
    locked(&app.console).push(format!("Authorization code: {code}"));
    match exchange(&app, &code).await {
        Some(tokens) => {
            *locked(&app.tokens) = Some(tokens);
            Redirect::to("/").into_response()
        }
        None => (axum::http::StatusCode::BAD_GATEWAY, "KeyError: 'access_token'").into_response(),
    }
}

async fn exchange(app: &Careless, code: &str) -> Option<Value> {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", &app.client_id)
        .append_pair("code", code)
        .append_pair("redirect_uri", &app.redirect_uri)
        .append_pair("code_verifier", &locked(&app.code_verifier))
        .finish();
    let request = Request::post(&app.token_endpoint)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into_bytes())
        .ok()?;
    let tokens: Value = serde_json::from_slice(app.http.send(request).await.ok()?.body()).ok()?;
    tokens.get("access_token")?;
    Some(tokens)
}

/// Faults 9 and 11: claims are read, and nothing vouches for them. Not the signature, not `alg`, `iss`, `aud`, `exp` or
/// `nonce`.
fn claims_of(id_token: &str) -> Option<Value> {
    let payload = id_token.split('.').nth(1)?;
    // Fault 8: a length that is a multiple of four gets four `=`. Python forgives it; here they are taken off again.
    let padded = format!("{payload}{}", "=".repeat(4 - payload.len() % 4));
    let padded = padded.strip_suffix("====").unwrap_or(&padded);
    serde_json::from_slice(&URL_SAFE.decode(padded).ok()?).ok()
}

async fn welcome(State(app): Shared) -> Markup {
    let tokens = locked(&app.tokens);
    let claims = tokens.as_ref().and_then(|tokens| claims_of(tokens.get("id_token")?.as_str()?));
    html! {
        @if let Some(claims) = claims {
            p { "Signed in as " code #subject { (claims["sub"].as_str().unwrap_or_default()) } }
        } @else {
            a href="/login" { "Log in" }
        }
    }
}

async fn log_out(State(app): Shared) -> Redirect {
    *locked(&app.tokens) = None;
    Redirect::to("/")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
