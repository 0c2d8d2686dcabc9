//! A web application that signs users in, with sessions in memory. Two tabs of one browser may log in at once.
//!
//! ```text
//! cargo run --example axum -- https://issuer.example client-id
//! ```
//!
//! The redirect URI `http://localhost:8091/callback` must be registered. The application starts while the issuer cannot be
//! reached.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::extract::{RawQuery, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, serve};
use proofkey::authorize::PendingLogins;
use proofkey::token::Http;
use proofkey::{Discovery, Identity, LazyLogin, Login, LoginError};

const CALLBACK: &str = "http://localhost:8091/callback";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, client_id) = arguments.next().zip(arguments.next()).ok_or("usage: axum ISSUER CLIENT_ID")?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8091").await?;
    serve(listener, app(Http::new()?, &issuer, &client_id)).await?;
    Ok(())
}

/// The application.
pub fn app(http: Http, issuer: &str, client_id: &str) -> Router {
    let client_id = client_id.to_owned();
    let login = LazyLogin::new(Discovery::new(issuer), move |server| Login::new(server, &client_id, CALLBACK));
    let app = Arc::new(App { http, login, sessions: Mutex::default() });
    Router::new().route("/", get(home)).route("/login", get(begin)).route("/callback", get(finish)).with_state(app)
}

struct App {
    http: Http,
    login: LazyLogin,
    /// By the value of the cookie. A real application limits their number and their life.
    sessions: Mutex<HashMap<String, Session>>,
}

struct Session {
    logins: PendingLogins,
    identity: Option<Identity>,
}

impl App {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> String {
    let sessions = app.sessions();
    let session = session_of(&headers).and_then(|id| sessions.get(id));
    match session.and_then(|session| session.identity.as_ref()) {
        Some(identity) => format!("{} is signed in", identity.subject()),
        None => "Nobody is signed in".to_owned(),
    }
}

async fn begin(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failed> {
    let login = app.login.get(&app.http).await?;
    let (url, pending) = login.request().scope("openid profile email").begin()?;
    let mut sessions = app.sessions();
    let known = session_of(&headers).filter(|id| sessions.contains_key(*id));
    let id = known.map_or_else(new_session, |id| Ok(id.to_owned()))?;
    let session = sessions.entry(id.clone()).or_insert(Session { logins: PendingLogins::new(8), identity: None });
    session.logins.insert(pending, SystemTime::now());
    Ok(([(SET_COOKIE, cookie(&id))], Redirect::to(&url)).into_response())
}

async fn finish(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    let login = app.login.get(&app.http).await?;
    let id = session_of(&headers).unwrap_or_default().to_owned();
    // The login that this callback answers is taken out of the session: a callback counts once.
    let grant = match app.sessions().get_mut(&id) {
        Some(session) => session.logins.receive(&query.unwrap_or_default(), SystemTime::now()),
        None => return Ok((StatusCode::BAD_REQUEST, "This browser has begun no login.").into_response()),
    };
    // axum drops this future when the browser disconnects, and the grant is lost: a real application runs it in a task.
    let identity = login.finish(&app.http, grant.map_err(LoginError::from)?).await?;
    // Another identifier, so that one that was planted before the login is worth nothing (session fixation).
    let renewed = new_session()?;
    let mut sessions = app.sessions();
    let mut session = sessions.remove(&id).unwrap_or(Session { logins: PendingLogins::new(8), identity: None });
    session.identity = Some(identity);
    sessions.insert(renewed.clone(), session);
    Ok(([(SET_COOKIE, cookie(&renewed))], Redirect::to("/")).into_response())
}

/// A cookie for loopback. On https, name it `__Host-session` and add `Secure`.
fn cookie(id: &str) -> String {
    format!("session={id}; Path=/; HttpOnly; SameSite=Lax")
}

fn session_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session="))
}

/// 128 bits that cannot be guessed.
fn new_session() -> Result<String, LoginError> {
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy).map_err(|error| LoginError::Entropy(error.into()))?;
    Ok(entropy.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A login that failed: the details go to the log, the user is told whether to try again.
struct Failed(LoginError);

impl From<LoginError> for Failed {
    fn from(error: LoginError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        eprintln!("{}: {}", self.0.code(), self.0);
        if self.0.is_retryable() {
            return (StatusCode::SERVICE_UNAVAILABLE, "The login service cannot be reached. Try again.")
                .into_response();
        }
        (StatusCode::BAD_REQUEST, "The login failed. Begin it again.").into_response()
    }
}
