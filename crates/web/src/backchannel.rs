//! The end of sessions by their provider (OpenID Connect Back-Channel Logout 1.0).
//!
//! A store of sessions cannot be asked for those of a user. So a logout leaves a mark, by the `sid` or the `sub` that it
//! names, and each use of a session looks for the marks that mean it. Both have an `iat` by the issuer's clock: a login after
//! the logout is not ended by it, and one that was under way is.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use proofkey::jwt::LogoutToken;

use crate::begin::parameter;
use crate::failure::{Failure, unavailable};
use crate::page::PageKind;
use crate::session::Session;
use crate::site::Site;
use crate::store::{Key, LoggedOut, Store};

/// Maximum size of a request, in bytes.
const LIMIT: usize = 64 << 10;
/// For clocks that differ, and the seconds that are rounded off.
const LEEWAY: Duration = Duration::from_secs(120);
/// A token that is valid for longer is remembered for this time. Its mark does not harm later logins when it comes again.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// The route that the provider posts its logout tokens to.
pub(crate) async fn receive(site: Arc<Site>, at: usize, request: Request) -> Response {
    let body = to_bytes(request.into_body(), LIMIT).await.unwrap_or_default();
    let form = std::str::from_utf8(&body).ok();
    let token = parameter(form, "logout_token").unwrap_or_default();
    let name = &site.clients[at].name;
    let mut response = match end(&site, at, &token).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(failure) => {
            failure.log(name);
            refusal(&failure)
        }
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A provider may repeat what failed for a reason of ours.
fn refusal(failure: &Failure) -> Response {
    if failure.page() == PageKind::Unavailable {
        return unavailable(failure.retry_after());
    }
    let code = match failure {
        Failure::Login(error) => error.code(),
        _ => "replay_seen",
    };
    let body = format!("{{\"error\":\"invalid_request\",\"error_description\":\"{code}\"}}");
    (StatusCode::BAD_REQUEST, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

async fn end(site: &Site, at: usize, token: &str) -> Result<(), Failure> {
    let client = &site.clients[at];
    let now = site.now();
    let login = client.login(&site.http, now).await?;
    let token = login.validate_logout_token(&site.http, token).await?;
    let marks = match (token.session_id(), token.subject()) {
        (Some(sid), sub) => [Some(LoggedOut::Session(sid)), sub.map(LoggedOut::Unnamed)],
        (None, sub) => [sub.map(LoggedOut::User), None],
    };
    // The marks first: a provider that has to repeat the token is then not refused for nothing.
    for sessions in marks.into_iter().flatten() {
        mark(&site.store, &token, sessions, now, now + site.lifetime + LEEWAY).await?;
    }
    let expires = Duration::try_from_secs_f64(token.expires_at().as_secs_f64() + LEEWAY.as_secs_f64()).ok();
    let remembered = now + REMEMBERED;
    let ends = expires.and_then(|at| UNIX_EPOCH.checked_add(at)).unwrap_or(remembered).min(remembered);
    let key = Key::LogoutToken(token.issuer(), token.token_id());
    let is_new = site.store.claim(key, now, ends).await?;
    if is_new { Ok(()) } else { Err(Failure::Used) }
}

/// Keeps the latest logout.
async fn mark(
    store: &Store,
    token: &LogoutToken,
    sessions: LoggedOut<'_>,
    now: SystemTime,
    ends: SystemTime,
) -> Result<(), Failure> {
    let id = Key::LoggedOut(token.issuer(), sessions).id();
    let before = marked(store, token.issuer(), sessions).await?.unwrap_or_default();
    let at = before.max(token.issued_at().as_secs_f64() as u64);
    store.put(id, &at.to_string(), ends).await?;
    store.forget_later(id, now, ends).await;
    Ok(())
}

/// The `iat` of the latest logout.
async fn marked(store: &Store, issuer: &str, sessions: LoggedOut<'_>) -> Result<Option<u64>, Failure> {
    let text = store.read(Key::LoggedOut(issuer, sessions).id()).await?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// Whether the provider has ended this session.
pub(crate) async fn is_logged_out(store: &Store, session: &Session) -> Result<bool, Failure> {
    let (issuer, subject) = (session.identity.issuer(), session.identity.subject());
    let named = match session.identity.claims().session_id() {
        Some(sid) => LoggedOut::Session(sid),
        None => LoggedOut::Unnamed(subject),
    };
    for sessions in [LoggedOut::User(subject), named] {
        if marked(store, issuer, sessions).await?.is_some_and(|at| session.issued <= at) {
            return Ok(true);
        }
    }
    Ok(false)
}
