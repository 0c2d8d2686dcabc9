//! What every request of the application passes through: the defence against requests of other sites, which come with the
//! session's cookie and are not the user's will.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::page::{Page, PageKind};
use crate::site::Site;

/// Gives every request the login, and refuses those that could change something, come with a session, and are not sent by a
/// page of this application.
pub(crate) async fn guard(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    if is_of_another_site(&site, &request) {
        tracing::warn!(path = request.uri().path(), "a request of another site was refused");
        return site.show(&Page::new(PageKind::CrossSite));
    }
    request.extensions_mut().insert(site);
    let read = SessionRead::default();
    request.extensions_mut().insert(read.clone());
    let mut response = next.run(request).await;
    if read.0.load(Ordering::Relaxed) {
        response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

/// Whether a request could change something, comes with a session, and is not sent by a page of this application.
fn is_of_another_site(site: &Site, request: &Request) -> bool {
    let headers = request.headers();
    let may_change = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
        || headers.contains_key(UPGRADE);
    let has_session = || site.cookies.get(headers, site.cookies.session()).is_some();
    // A provider posts its callback from its own site, and `state` is its defence.
    let is_callback = || site.clients.iter().any(|client| client.is_callback(request.uri().path()));
    may_change && has_session() && !is_same_origin(site, headers) && !is_callback()
}

/// Whether the answer to a request depends on its session. It is then not stored, unless the application says otherwise: the
/// next user of the browser could go back to it.
#[derive(Clone, Default)]
pub(crate) struct SessionRead(pub(crate) Arc<AtomicBool>);

/// Whether a page of this application sent the request: browsers state it by `Sec-Fetch-Site`, and older ones by `Origin`.
/// A request that states neither is refused.
pub(crate) fn is_same_origin(site: &Site, headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        // `none`: the user did it, by the address bar for instance.
        Some(from) => from == "same-origin" || from == "none",
        None => headers.get(ORIGIN).is_some_and(|origin| origin == site.origin.as_str()),
    }
}
