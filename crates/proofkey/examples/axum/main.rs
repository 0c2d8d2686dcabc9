//! A web application that signs users in: several tabs at once, sessions that survive a restart, refresh and logout.
//!
//! ```text
//! cargo run --example axum -- https://issuer.example client-id
//! ```
//!
//! The redirect URIs `http://localhost:8091/callback` and, for logout, `http://localhost:8091/goodbye` must be registered.
//! A confidential client has its secret in `CLIENT_SECRET`. The application starts while the issuer cannot be reached.
#![allow(clippy::missing_errors_doc, missing_debug_implementations, missing_docs)] // The items are public for the tests, and no interface.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::{RawQuery, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use proofkey::token::{ClientAuthentication, ClientSecret, Http};
use proofkey::{Discovery, LazyLogin, Login, LoginError};

pub mod sessions;

use sessions::Sessions;

const CALLBACK: &str = "http://localhost:8091/callback";
const GOODBYE: &str = "http://localhost:8091/goodbye";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, client_id) = arguments.next().zip(arguments.next()).ok_or("usage: axum ISSUER CLIENT_ID")?;
    let login = login_at(&issuer, &client_id, std::env::var("CLIENT_SECRET").ok())?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8091").await?;
    serve(listener, app(Http::new()?, login, Sessions::new("sessions")?)).await?;
    Ok(())
}

/// The client. The server is discovered at the first login.
pub fn login_at(issuer: &str, client_id: &str, secret: Option<String>) -> Result<LazyLogin, Box<dyn Error>> {
    let authentication = match secret {
        Some(secret) => ClientAuthentication::secret(ClientSecret::new(secret)?),
        None => ClientAuthentication::none(),
    };
    let client_id = client_id.to_owned();
    Ok(LazyLogin::new(Discovery::new(issuer), move |server| {
        Ok(Login::new(server, &client_id, CALLBACK)?.with_client_authentication(authentication.clone()))
    }))
}

/// The application.
pub fn app(http: Http, login: LazyLogin, sessions: Sessions) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(begin))
        .route("/callback", get(finish))
        .route("/logout", post(logout)) // a POST of another site comes without the `Lax` cookie
        .route("/goodbye", get(goodbye))
        .layer(from_fn(to_the_end))
        .with_state(Arc::new(App { http, login, sessions }))
}

struct App {
    http: Http,
    login: LazyLogin,
    sessions: Sessions,
}

/// axum drops the future of a handler when the browser disconnects, and with it a code or a refresh token that was just
/// used. A spawned task runs to completion.
async fn to_the_end(request: Request, next: Next) -> Response {
    let response = tokio::spawn(next.run(request)).await;
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn begin(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failed> {
    let login = app.login.get(&app.http).await?;
    let started = login.request().scope("openid profile email offline_access").start(&app.http).await?;
    let (url, pending) = started.into_parts();
    let mut open = app.sessions.open(&headers).await?;
    open.session.logins.insert(pending, SystemTime::now());
    open.save()?;
    Ok(([(SET_COOKIE, open.cookie())], Redirect::to(&url)).into_response())
}

async fn finish(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    let login = app.login.get(&app.http).await?;
    let mut open = app.sessions.open(&headers).await?;
    if open.session.logins.is_empty() {
        return Ok((StatusCode::BAD_REQUEST, "No login is in progress in this browser.").into_response());
    }
    // The login of the tab whose `state` came back. It is taken out of the session: a callback is used once.
    let grant = open.session.logins.receive(&query.unwrap_or_default(), SystemTime::now());
    open.save()?;
    let identity = login.finish(&app.http, grant.map_err(LoginError::from)?).await?;
    open.session.identity = Some(identity);
    open.rename()?;
    Ok(([(SET_COOKIE, open.cookie())], Redirect::to("/")).into_response())
}

async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failed> {
    let mut open = app.sessions.open(&headers).await?;
    let Some(identity) = &mut open.session.identity else { return Ok("Nobody is signed in".into_response()) };
    let text = format!("{} is signed in", identity.subject());
    // Before each call of an API. The session is open, so two tabs do not use the same refresh token.
    if identity.tokens().is_expired(SystemTime::now() + Duration::from_secs(30)) {
        let login = app.login.get(&app.http).await?;
        let refreshed = login.refresh(&app.http, identity).await;
        // A refresh that is certainly over ends the session; one that may work later does not.
        if refreshed.as_ref().is_err_and(|error| !error.is_retryable()) {
            open.session.identity = None;
        }
        open.save()?; // also after an error: the old refresh token may be used up
        refreshed?;
    }
    Ok(text.into_response())
}

async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failed> {
    let mut open = app.sessions.open(&headers).await?;
    let Some(identity) = open.session.identity.take() else { return Ok(Redirect::to("/").into_response()) };
    open.end()?; // first of all: the user may never come back from the issuer
    let login = app.login.get(&app.http).await?;
    if let Some(token) = identity.tokens().refresh_token()
        && let Err(error) = login.revoke(&app.http, token).await
    {
        eprintln!("{}: {error}", error.code()); // the user is signed out here all the same
    }
    let url = match login.logout(&identity).begin(GOODBYE) {
        Ok((url, pending)) => {
            open.session.logout = Some(pending);
            open.save()?;
            url
        }
        Err(LoginError::Logout(_)) => "/".to_owned(), // the issuer offers no logout
        Err(error) => return Err(error.into()),
    };
    Ok(([(SET_COOKIE, open.cookie())], Redirect::to(&url)).into_response())
}

async fn goodbye(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    let login = app.login.get(&app.http).await?;
    let mut open = app.sessions.open(&headers).await?;
    let Some(pending) = open.session.logout.take() else { return Ok(Redirect::to("/").into_response()) };
    open.save()?;
    login.receive_logout(pending, query.unwrap_or_default())?;
    Ok("Signed out".into_response())
}

/// What failed: the details go to the log, the user is told whether to try again.
enum Failed {
    Login(LoginError),
    Sessions(io::Error),
}

impl From<LoginError> for Failed {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Sessions(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Login(error) => {
                eprintln!("{}: {error}", error.code());
                if error.is_retryable() {
                    (StatusCode::SERVICE_UNAVAILABLE, "The login service cannot be reached. Try again.")
                } else {
                    (StatusCode::BAD_REQUEST, "The login failed. Please log in again.")
                }
            }
            Self::Sessions(error) => {
                eprintln!("sessions: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "The session cannot be read or written.")
            }
        };
        (status, text).into_response()
    }
}
