//! The token response: RFC 6749 section 5.1.

use http::Response;
use oauth2::basic::BasicTokenResponse;
use proofkey_authorize::AuthorizationRequest;
use proofkey_token::{ClientAuthentication, exchange};
use serde::Deserialize;

use crate::Operation;
use crate::fixtures::{client_id, now, redirect_uri, scope, server, token_response};

pub(super) fn operations() -> Vec<Operation> {
    vec![token()]
}

/// What the limit keeps of a response: all that we keep.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Owned {
    access_token: String,
    token_type: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scope: Option<String>,
    expires_in: Option<u64>,
}

fn token() -> Operation {
    let server = server();
    let (_, pending) = AuthorizationRequest::new(&server, client_id(), redirect_uri())
        .scope(scope())
        .begin(&[7; 96], now())
        .expect("a login");
    let callback = format!("code=abc&state={}", pending.state().expose());
    let grant = pending.receive(&callback, now()).expect("a grant");
    let (_, awaited) = exchange(grant, &server, &ClientAuthentication::none()).expect("a request");
    let body = token_response();
    let (limit, peer) = (body.clone(), body.clone());
    let response = Response::builder().header("content-type", "application/json").body(body).expect("a response");
    Operation::new("token", "UTF-8 checked once, serde_json into owned members", 1.1)
        .with("ours", move || awaited.receive(&response))
        .with("limit", move || {
            std::str::from_utf8(limit.as_bytes()).ok().and_then(|text| serde_json::from_str::<Owned>(text).ok())
        })
        .with("oauth2 5", move || serde_json::from_slice::<BasicTokenResponse>(peer.as_bytes()).ok())
}
