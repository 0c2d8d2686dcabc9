//! An application of the company. It is told an issuer, a client id and its own address, and nothing of what is behind the issuer.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use proofkey::jwt::Value;
use proofkey::token::Http;
use proofkey_web::{Provider, RequireLogin, SetupError, WebLogin};
use tower_sessions::MemoryStore;

/// How far the application's clock is ahead, so that a test need not wait.
pub(crate) type Ahead = Arc<Mutex<Duration>>;

pub(crate) fn application(
    issuer: &str,
    client_id: &str,
    uri: &str,
    http: Http,
    ahead: Ahead,
) -> Result<Router, SetupError> {
    let provider = Provider::new(issuer, client_id, uri).scope("openid profile email groups");
    let clock = move || SystemTime::now() + ahead.lock().map(|ahead| *ahead).unwrap_or_default();
    let pages = Router::new().route("/", get(home));
    WebLogin::new(MemoryStore::default(), provider).http(http).clock(clock).attach(pages)
}

async fn home(RequireLogin(user): RequireLogin) -> String {
    let claims = user.claims();
    let groups = claims.get("groups").and_then(Value::items).into_iter().flatten();
    let groups: BTreeSet<_> = groups.filter_map(Value::as_str).collect();
    let groups = groups.into_iter().collect::<Vec<_>>().join(", ");
    let (name, email) = (claims.name().unwrap_or("?"), claims.email().unwrap_or("?"));
    format!("{name}, {email}, subject {}, groups: {groups}", user.subject())
}
