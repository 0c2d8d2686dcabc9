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
use proofkey::token::Http;
use proofkey::{Identity, Login, LoginError};

use crate::note::Note;
use session::Sessions;

/// A client of one authorization server.
pub(crate) struct App {
    login: Login,
    http: Http,
    scope: String,
    /// Where the API is that the access tokens are for.
    api: Option<String>,
    sessions: Sessions,
}

impl App {
    pub(crate) fn new(login: Login, http: Http, scope: &str, api: Option<&str>) -> Self {
        Self { login, http, scope: scope.into(), api: api.map(Into::into), sessions: Sessions::default() }
    }

    /// Its pages; `callback` is the path of the redirect URI.
    pub(crate) fn routes(self, callback: &str) -> Router {
        Router::new()
            .route("/", get(welcome))
            .route("/login", get(log_in))
            .route(callback, get(come_back))
            .route("/logout", post(log_out))
            .route("/api", get(api::look).post(api::submit))
            .with_state(Arc::new(self))
    }

    /// Where to send the browser, and the cookie of the session in which the login waits for it.
    fn begin(&self, headers: &HeaderMap) -> Result<(String, String), LoginError> {
        let (url, pending) = self.login.request().scope(&self.scope).begin()?;
        Ok((url, self.sessions.wait(headers, pending).map_err(LoginError::Entropy)?))
    }

    /// From the callback's query to somebody, and the cookie of a session that nobody knew before.
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

async fn log_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    ([(SET_COOKIE, app.sessions.forget(&headers))], Redirect::to("/")).into_response()
}
