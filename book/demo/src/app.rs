//! The app: a login with proofkey behind axum, as one would write it. `session.rs` keeps what belongs to one browser,
//! `pages.rs` is what is shown, `api.rs` what the token is good for.

mod api;
mod call;
mod pages;
mod session;

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header::SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::Markup;
use proofkey::authorize::CallbackError;
use proofkey::token::Http;
use proofkey::{Identity, Login, LoginError};

use crate::note::Note;
use session::Sessions;

const GOODBYE: &str = "/goodbye";

/// Where the server sends the browser after a logout, at the app with this redirect URI.
pub(crate) fn goodbye_of(redirect_uri: &str) -> String {
    let origin = redirect_uri.split('/').take(3).collect::<Vec<_>>().join("/");
    origin + GOODBYE
}

/// A client of one authorization server.
pub(crate) struct App {
    login: Login,
    http: Http,
    scope: String,
    /// Where the server sends the browser after a logout.
    goodbye: String,
    /// Where the API is that the access tokens are for.
    api: Option<String>,
    sessions: Sessions,
}

impl App {
    pub(crate) fn new(login: Login, http: Http, scope: &str, api: Option<&str>) -> Self {
        let goodbye = goodbye_of(login.redirect_uri().as_str());
        Self { login, http, scope: scope.into(), goodbye, api: api.map(Into::into), sessions: Sessions::default() }
    }

    /// Its pages; `callback` is the path of the redirect URI.
    pub(crate) fn routes(self, callback: &str) -> Router {
        Router::new()
            .route("/", get(welcome))
            .route("/login", get(log_in))
            .route(callback, get(come_back))
            .route("/logout", post(log_out))
            .route(GOODBYE, get(goodbye))
            .route("/api", get(api::look).post(api::submit))
            .with_state(Arc::new(self))
    }

    /// Where to send the browser, and the cookie of the session in which the login waits for it.
    fn begin(&self, headers: &HeaderMap) -> Result<(String, String), LoginError> {
        let (url, pending) = self.login.request().scope(&self.scope).begin()?;
        Ok((url, self.sessions.wait(headers, pending).map_err(LoginError::Entropy)?))
    }

    /// From the callback's query to an identity, and the cookie of a new session.
    async fn finish(&self, headers: &HeaderMap, query: &str) -> Result<(Arc<Identity>, String), LoginError> {
        let grant = self.sessions.receive(headers, query, SystemTime::now())?;
        let identity = Arc::new(self.login.finish(&self.http, grant).await?);
        let cookie = self.sessions.sign_in(headers, &identity).map_err(LoginError::Entropy)?;
        Ok((identity, cookie))
    }
}

async fn welcome(State(app): State<Arc<App>>, headers: HeaderMap) -> Markup {
    pages::welcome(app.sessions.identity(&headers).as_deref(), app.api.is_some())
}

async fn log_in(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.begin(&headers) {
        Ok((url, cookie)) => ([(SET_COOKIE, cookie)], Redirect::to(&url)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, pages::refused(&error)).into_response(),
    }
}

async fn come_back(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    match app.finish(&headers, &query.unwrap_or_default()).await {
        // Away from the URL with the code: it stays out of the history, and a reload does no harm.
        Ok((identity, cookie)) => {
            (Note::signed_in(&identity), [(SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, Note::refused(&error), pages::refused(&error)).into_response(),
    }
}

/// Ends the app's session. The server's is another one: the page that follows offers to end it.
async fn log_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    // A server without a logout of its own has nothing to offer.
    let leaving =
        app.sessions.identity(&headers).and_then(|identity| app.login.logout(&identity).begin(&app.goodbye).ok());
    match app.sessions.sign_out(&headers, leaving) {
        Ok(cookie) => ([(SET_COOKIE, cookie)], Redirect::to(GOODBYE)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, pages::refused(&LoginError::Entropy(error))).into_response(),
    }
}

/// After the app's logout, and, with a query, after the server's.
async fn goodbye(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let Some(query) = query else {
        return pages::logged_out(app.sessions.leaving(&headers).as_deref()).into_response();
    };
    let left = app.sessions.left(&headers).ok_or(CallbackError::StateMismatch.into());
    match left.and_then(|pending| app.login.receive_logout(pending, query)) {
        Ok(()) => pages::logged_out_everywhere(app.api.is_some()).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, pages::refused(&error)).into_response(),
    }
}
