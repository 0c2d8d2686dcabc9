//! The end of a session by its user.

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use proofkey::authorize::PendingLogout;
use tower_sessions_core::Session as OtherSession;

use crate::cookie::{self, SameSite};
use crate::failure::Failure;
use crate::layer::is_same_origin;
use crate::page::{Page, PageKind, redirect};
use crate::pending::{LIFETIME, remove_all};
use crate::return_to::ReturnTo;
use crate::revoke::revoke;
use crate::session::Session;
use crate::site::Site;

/// `GET /logout`: asks, because a link of any site leads here.
pub(crate) async fn confirm(State(site): State<Arc<Site>>) -> Response {
    site.show(&Page::new(PageKind::ConfirmLogout).button(&site.paths.logout, "Log out").link("/", "Cancel"))
}

/// `POST /logout`: ends the session here, whatever the provider does, and then the one there.
pub(crate) async fn logout(State(site): State<Arc<Site>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if !is_same_origin(&site, &parts.headers) {
        return site.show(&Page::new(PageKind::CrossSite));
    }
    let other = parts.extensions.get::<OtherSession>().cloned();
    let task = tokio::spawn({
        let site = Arc::clone(&site);
        async move { end(&site, &parts.headers, other).await }
    });
    match task.await.unwrap_or(Err(Failure::Panic)) {
        Ok(response) => response,
        Err(failure) => {
            failure.log("logout");
            site.show_failure(&failure, &ReturnTo::home())
        }
    }
}

async fn end(site: &Arc<Site>, headers: &HeaderMap, other: Option<OtherSession>) -> Result<Response, Failure> {
    let session = site.session(headers).await?;
    if let Some(session) = &session {
        session.end(&site.store, site.now()).await?;
    }
    if let Some(other) = other
        && let Err(error) = other.flush().await
    {
        tracing::error!("the application's session could not be ended: {error}");
    }
    let mut cookies = remove_all(&site.cookies, headers);
    cookies.extend(site.cookies.remove(site.cookies.session()));
    let at_provider = match session {
        Some(session) => end_at_provider(site, session).await,
        None => None,
    };
    let location = match at_provider {
        Some((url, pending)) => {
            let pending = pending.and_then(|pending| site.seal.seal(site.cookies.logout(), &pending.to_json()));
            let set = |value: String| site.cookies.set(site.cookies.logout(), &value, LIFETIME, SameSite::Lax);
            cookies.extend(pending.and_then(set));
            url
        }
        None => format!("{}{}", site.origin.as_str(), site.paths.logged_out),
    };
    let mut response = redirect(&location);
    cookie::add(response.headers_mut(), cookies);
    Ok(response)
}

/// Revokes the refresh token, and returns where the browser goes if the session at the provider ends as well. The session
/// here has ended, so no failure is the user's.
async fn end_at_provider(site: &Arc<Site>, session: Session) -> Option<(String, Option<PendingLogout>)> {
    let client = site.client(&session.provider)?;
    let login = client.login(&site.http, site.now()).await.inspect_err(|failure| failure.log(&client.name)).ok()?;
    let post_logout = client.post_logout.as_ref();
    let begun = post_logout.map(|address| login.logout(&session.identity).begin(address.uri.as_str()));
    revoke(Arc::clone(site), session);
    match begun? {
        Ok((url, pending)) => Some((url, Some(pending))),
        Err(error) => {
            tracing::warn!(provider = client.name, code = error.code(), "{error}");
            None
        }
    }
}

/// The route of a post-logout redirect URI: compares `state`, and says the same whatever comes of it.
pub(crate) async fn returned(State(site): State<Arc<Site>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let name = site.cookies.logout();
    let pending = site.cookies.get(&headers, name).and_then(|value| site.seal.open(name, value));
    let pending = pending.and_then(|text| PendingLogout::from_json(&text).ok());
    let returned = pending.map(|pending| pending.receive(&query.unwrap_or_default(), site.now()));
    if let Some(Err(error)) = &returned {
        tracing::info!(code = error.code(), "a return from a logout was not expected: {error}");
    }
    let mut response = redirect(&format!("{}{}", site.origin.as_str(), site.paths.logged_out));
    cookie::add(response.headers_mut(), site.cookies.remove(name));
    response
}

/// `GET /logged-out`.
pub(crate) async fn logged_out(State(site): State<Arc<Site>>) -> Response {
    site.show(&Page::new(PageKind::LoggedOut).link(site.paths.login.as_str(), "Log in again"))
}
