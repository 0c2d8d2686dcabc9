//! The app of the diagrams: our crates behind two routes, a login for each browser.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use proofkey::authorize::Pending;
use proofkey::token::Http;
use proofkey::{Login, discover};
use proofkey_book::cast::{CLIENT_ID, Cast, SCOPE};

struct App {
    login: Login,
    http: Http,
    /// By session.
    waiting: Mutex<HashMap<String, Pending>>,
}

/// Starts it for this cast; its address.
pub(crate) async fn start(cast: &Cast) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let http = Http::builder().allow_http_loopback().build().unwrap();
    let server = discover(&http, cast.authority.issuer()).await.unwrap();
    let clock = cast.clock().clone();
    let login = Login::new(server, CLIENT_ID, format!("{address}/callback")).unwrap().with_clock(move || clock.now());
    let app = Arc::new(App { login, http, waiting: Mutex::default() });
    let router = Router::new().route("/login", get(begin)).route("/callback", get(finish)).with_state(app);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn begin(State(app): State<Arc<App>>) -> Response {
    let (url, pending) = app.login.request().scope(SCOPE).begin().unwrap();
    // A session's name must be as hard to guess as a state, and must not be that of the login.
    let session = proofkey::pkce::CodeVerifier::generate().unwrap().expose().to_owned();
    let cookie = format!("app={session}; HttpOnly; SameSite=Lax; Path=/");
    app.waiting.lock().unwrap().insert(session, pending);
    ([("set-cookie", cookie)], Redirect::to(&url)).into_response()
}

async fn finish(State(app): State<Arc<App>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let cookies = headers.get("cookie").and_then(|cookies| cookies.to_str().ok()).unwrap_or_default();
    let session = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("app=")).unwrap_or_default();
    let Some(pending) = app.waiting.lock().unwrap().remove(session) else {
        return (StatusCode::BAD_REQUEST, "no login was begun in this browser").into_response();
    };
    let grant = app.login.receive(pending, query.unwrap_or_default()).unwrap();
    let identity = app.login.finish(&app.http, grant).await.unwrap();
    format!("{} signed in", identity.claims().name().unwrap_or_default()).into_response()
}
