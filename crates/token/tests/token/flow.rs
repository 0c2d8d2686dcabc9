//! A flow up to the code, and the responses to it.

use std::time::{Duration, SystemTime};

use http::Response;
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, CodeGrant, Endpoint, Issuer, RedirectUri, Scope, form,
};
use proofkey_token::{ClientAuthentication, ClientSecret, Exchange, ExchangeError, ExchangeRequest, TokenSet};

pub(crate) const NOW: Duration = Duration::from_secs(1_700_000_000);
pub(crate) const GOOD: &str = r#"{"access_token":"opaque","token_type":"Bearer"}"#;

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + NOW
}

pub(crate) fn endpoint(path: &str) -> Endpoint {
    Endpoint::new(format!("https://as.example{path}")).unwrap()
}

/// With the endpoints that every server has.
pub(crate) fn bare_server() -> AuthorizationServer {
    let issuer = Issuer::new("https://as.example/").unwrap();
    AuthorizationServer::new(issuer, endpoint("/authorize"), endpoint("/oauth/token?tenant=1"))
}

pub(crate) fn server() -> AuthorizationServer {
    bare_server().with_userinfo_endpoint(endpoint("/userinfo")).with_revocation_endpoint(endpoint("/oauth/revoke"))
}

pub(crate) fn client_id() -> ClientId {
    ClientId::new("s6BhdRkqt3").unwrap()
}

pub(crate) fn secret(text: &str) -> ClientSecret {
    ClientSecret::new(text).unwrap()
}

pub(crate) fn scope(text: &str) -> Scope {
    Scope::new(text).unwrap()
}

/// A grant that holds `code`, for a request that asked for `asked`.
pub(crate) fn grant_for(code: &str, asked: Option<&str>, client_id: ClientId) -> CodeGrant {
    let server = server();
    let redirect_uri = RedirectUri::new("https://app.example/cb?from=a%2Fb").unwrap();
    let mut request = AuthorizationRequest::new(&server, client_id, redirect_uri);
    if let Some(asked) = asked {
        request = request.scope(scope(asked));
    }
    let entropy: [u8; 96] = std::array::from_fn(|n| n as u8);
    let (_, pending) = request.begin(&entropy, now()).unwrap();
    let mut callback = String::new();
    form::append_pair(&mut callback, "code", code);
    form::append_pair(&mut callback, "state", pending.state().expose());
    pending.receive(&callback, now()).unwrap()
}

pub(crate) fn grant() -> CodeGrant {
    grant_for("SplxlOBeZQQYbYS6WxSbIA", Some("openid profile"), client_id())
}

pub(crate) fn started() -> Exchange {
    ExchangeRequest::new(grant(), &server()).build(&ClientAuthentication::none()).unwrap().1
}

pub(crate) fn json(status: u16, body: &str) -> Response<Vec<u8>> {
    typed(status, "application/json", body)
}

pub(crate) fn typed(status: u16, media_type: &str, body: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).header("content-type", media_type).body(body.as_bytes().to_vec()).unwrap()
}

/// What the exchange makes of this response.
pub(crate) fn answered(response: &Response<Vec<u8>>) -> Result<TokenSet, ExchangeError> {
    started().receive(response, now())
}

/// What the exchange makes of this document.
pub(crate) fn receive(body: &str) -> Result<TokenSet, ExchangeError> {
    answered(&json(200, body))
}

/// The good document with one more member, or another value for one it has.
pub(crate) fn with(name: &str, value: &str) -> String {
    let mut members = vec![("access_token", "\"opaque\""), ("token_type", "\"Bearer\"")];
    members.retain(|(own, _)| *own != name);
    members.push((name, value));
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The decoded pairs of a request's body.
pub(crate) fn pairs(body: &[u8]) -> Vec<(String, String)> {
    form::raw_pairs(std::str::from_utf8(body).unwrap())
        .map(|(name, value)| (form::decode(name).unwrap().into_owned(), form::decode(value).unwrap().into_owned()))
        .collect()
}

/// Every text that an error shows.
pub(crate) fn texts(error: &dyn std::error::Error) -> String {
    let mut texts = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(current) = cause {
        texts.push_str(&format!(" {current} {current:?}"));
        cause = current.source();
    }
    texts
}
