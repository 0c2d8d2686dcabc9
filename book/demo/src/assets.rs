//! Style, script and icon: files of their own, since the policy allows nothing inline.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

const CSS: &str = "text/css; charset=utf-8";

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/assets/frame.css", get(|| file(CSS, include_str!("../assets/frame.css"))))
        .route("/assets/attacks.css", get(|| file(CSS, include_str!("../assets/attacks.css"))))
        .route("/assets/live.css", get(|| file(CSS, include_str!("../assets/live.css"))))
        .route("/assets/demo.js", get(|| file("text/javascript; charset=utf-8", include_str!("../assets/demo.js"))))
        .route("/assets/icon.svg", get(|| file("image/svg+xml", include_str!("../assets/icon.svg"))))
}

async fn file(kind: &'static str, text: &'static str) -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, kind)], text)
}
