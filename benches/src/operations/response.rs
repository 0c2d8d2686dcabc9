//! The token response: RFC 6749 section 5.1.

use http::Response;
use oauth2::basic::BasicTokenResponse;
use proofkey_authorize::AuthorizationRequest;
use proofkey_token::{ClientAuthentication, exchange};
use serde::Deserialize;
use zeroize::Zeroize as _;

use crate::Operation;
use crate::fixtures::{client_id, now, redirect_uri, scope, server, token_response};

pub(super) fn operations() -> Vec<Operation> {
    vec![token()]
}

/// What the limit keeps of a response: all that we keep, wiped as we wipe it.
#[derive(Deserialize)]
struct Owned {
    access_token: String,
    token_type: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scope: Option<String>,
    expires_in: Option<u64>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.access_token.zeroize();
        self.refresh_token.zeroize();
        self.id_token.zeroize();
    }
}

impl Owned {
    fn read(body: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_str(std::str::from_utf8(body).ok()?).ok()?;
        let allowed =
            |octet: u8| octet.is_ascii_alphanumeric() | matches!(octet, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
        let good = read.access_token.trim_end_matches('=').bytes().fold(true, |all, octet| all & allowed(octet))
            && read.token_type.eq_ignore_ascii_case("bearer")
            && read.scope.as_ref().is_none_or(|scope| scope.is_ascii())
            && read.expires_in != Some(0);
        good.then_some(read)
    }
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
    Operation::new("token", "UTF-8 checked once, serde_json into owned members, the alphabet of the access token, tokens wiped when dropped", 1.1)
        .with("ours", move || awaited.receive(&response))
        .with("limit", move || Owned::read(limit.as_bytes()))
        .with("oauth2 5", move || serde_json::from_slice::<BasicTokenResponse>(peer.as_bytes()).ok())
}
