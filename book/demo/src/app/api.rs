//! The page of the protected API: what is to be had with the token, and without.

use std::sync::Arc;

use axum::extract::{RawForm, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Request};
use maud::Markup;
use proofkey::Identity;
use proofkey::token::Transport;

use super::call::Call;
use super::{App, pages};

impl App {
    /// From this server, so that the access token does not get to the browser. None without an API, or an answer.
    async fn call(&self, method: &str, path: &str, body: &str, signed_in: Option<&Identity>) -> Option<Call> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.api.as_ref()?));
        if let Some(identity) = signed_in {
            request = request.header(AUTHORIZATION, identity.tokens().access_token()?.authorization());
        }
        let answer = self.http.send(request.body(body.as_bytes().to_vec()).ok()?).await.ok()?;
        let challenge = answer.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        Some(Call {
            line: format!("{method} {path}"),
            with_token: signed_in.is_some(),
            status: answer.status().as_u16(),
            challenge: challenge.map(Into::into),
            body: String::from_utf8_lossy(answer.body()).into_owned(),
        })
    }
}

/// What can be read.
pub(super) async fn look(State(app): State<Arc<App>>, headers: HeaderMap) -> Markup {
    let identity = app.sessions.identity(&headers);
    let mut calls = Vec::new();
    for path in ["/api/v1/projects", "/workflows"] {
        if identity.is_some() {
            calls.extend(app.call("GET", path, "", identity.as_deref()).await);
        }
        calls.extend(app.call("GET", path, "", None).await);
    }
    pages::api(identity.is_some(), app.api.is_some(), &calls)
}

/// An execution.
pub(super) async fn submit(State(app): State<Arc<App>>, headers: HeaderMap, RawForm(form): RawForm) -> Markup {
    let identity = app.sessions.identity(&headers);
    let sender = identity.as_deref().filter(|_| &form[..] == b"token=with");
    let call = app.call("POST", "/executions", r#"{"workflow":"hello_world"}"#, sender).await;
    pages::api(identity.is_some(), app.api.is_some(), call.as_slice())
}
