//! The beginning of a login, and its failure.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::cookie;
use crate::failure::Failure;
use crate::page::{Page, PageKind, redirect};
use crate::pending::Waiting;
use crate::return_to::ReturnTo;
use crate::site::Site;

/// `GET /login`: at once at the one provider, or the choice of several.
pub(crate) async fn choose(State(site): State<Arc<Site>>, request: Request) -> Response {
    if site.clients.len() == 1 {
        return begin(site, 0, request).await;
    }
    let return_to = return_to(&site, request.uri().query());
    let page = site.clients.iter().fold(Page::new(PageKind::Choose), |page, client| {
        page.link(return_to.link(&site.paths.login_at(client)), client.label.clone())
    });
    site.show(&page)
}

/// `GET /login/name`: keeps a pending login in the browser, and sends the browser to the provider.
pub(crate) async fn begin(site: Arc<Site>, at: usize, request: Request) -> Response {
    if !is_navigation(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let return_to = return_to(&site, request.uri().query());
    match try_begin(&site, at, request.headers(), return_to.clone()).await {
        Ok(response) => response,
        Err(failure) => {
            failure.log(&site.clients[at].name);
            site.show_failure(&failure, &return_to)
        }
    }
}

async fn try_begin(site: &Site, at: usize, headers: &HeaderMap, return_to: ReturnTo) -> Result<Response, Failure> {
    let client = &site.clients[at];
    let login = client.login(&site.http, site.now()).await?;
    let (url, pending) = client.request(login).start(&site.http).await?.into_parts();
    let waiting = Waiting {
        login: pending,
        provider: client.name.clone(),
        is_form_post: client.is_form_post,
        return_to,
        session: site.cookies.get(headers, site.cookies.session()).map(|cookie| cookie.to_owned().into()),
    };
    let cookies = waiting.cookies(&site.cookies, &site.seal, headers, site.now()).ok_or(Failure::Entropy)?;
    let mut response = redirect(&url);
    cookie::add(response.headers_mut(), cookies);
    Ok(response)
}

/// `GET /login-failed`: where a callback that failed leads to, so that no code stays in the address.
pub(crate) async fn failed(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    let kind = PageKind::of_login(&parameter(query.as_deref(), "why").unwrap_or_default());
    site.show(&site.failed(kind, &return_to(&site, query.as_deref())))
}

fn return_to(site: &Site, query: Option<&str>) -> ReturnTo {
    site.return_to(&parameter(query, "return_to").unwrap_or_default())
}

/// A parameter of a query or a form.
pub(crate) fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<Cow<'a, str>> {
    let mut parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    parameters.find(|(other, _)| other == name).map(|(_, value)| value)
}

/// Whether a user opens this address, rather than a page that loads it as an image or a browser that fetches it ahead.
/// Browsers that do not say are believed.
pub(crate) fn is_navigation(headers: &HeaderMap) -> bool {
    let header = |name| headers.get(name).map(|value| value.as_bytes());
    header("sec-fetch-mode").is_none_or(|mode| mode == b"navigate") && header("sec-purpose").is_none()
}
