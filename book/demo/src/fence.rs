//! What every request passes: only this machine's browser, only our own names, and headers that keep a page to itself.

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use crate::layout::page;

const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action \
         'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Where the app is at home: `http://localhost:8091`, the place of its redirect URI.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) origin: String,
    pub(crate) port: u16,
}

pub(crate) async fn fence(State(home): State<Home>, request: Request, next: Next) -> Response {
    let mut response = match home.admit(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(answer) => *answer,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Home {
    fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Box<Response>> {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // A name of somebody else's that leads to loopback (DNS rebinding) is not ours.
        let host = text(header::HOST);
        let ours = ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{}", self.port));
        if !ours.iter().any(|name| name == host) {
            return Err(refuse(
                StatusCode::MISDIRECTED_REQUEST,
                "This server answers to the names of this machine only.",
            ));
        }
        // Another page may lead here, but neither post a form nor load anything.
        let site = text(HeaderName::from_static("sec-fetch-site"));
        let leads_here = text(HeaderName::from_static("sec-fetch-mode")) == "navigate" && *method == Method::GET;
        if !matches!(site, "" | "none" | "same-origin") && !leads_here {
            return Err(refuse(StatusCode::FORBIDDEN, "Another site may not ask for this."));
        }
        // Cookies tell hosts apart: a login that began under one name would not be found under another.
        if *method == Method::GET && !self.origin.ends_with(&format!("//{host}")) {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            return Err(Box::new(Redirect::temporary(&format!("{}{path}", self.origin)).into_response()));
        }
        Ok(())
    }
}

fn refuse(status: StatusCode, why: &str) -> Box<Response> {
    Box::new((status, page("Not here", "", &html! { p.lead { (why) } })).into_response())
}

pub(crate) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, page("Not found", "", &html! { p.lead { "There is no page here." } })).into_response()
}
