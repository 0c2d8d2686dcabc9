//! The request that is pushed, row by row.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Response;
use proofkey_authorize::{
    AuthorizationDetail, AuthorizationDetails, AuthorizationRequest, AuthorizationRequestError, AuthorizationServer,
    ClientId, DiscoveryRequest, InvalidValueKind, Issuer, RedirectUri, RequestUri, Scope, form,
};
use proptest::prelude::*;
use serde_json::json;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_706_362_800)
}

/// A server whose metadata say whether requests must be pushed.
fn server(is_required: bool, authorization_endpoint: &str) -> AuthorizationServer {
    let document = json!({
        "issuer": "https://as.example",
        "authorization_endpoint": authorization_endpoint,
        "token_endpoint": "https://as.example/token",
        "pushed_authorization_request_endpoint": "https://as.example/par",
        "require_pushed_authorization_requests": is_required,
        "code_challenge_methods_supported": ["S256"],
    });
    let (_, discovery) = DiscoveryRequest::new(Issuer::new("https://as.example").unwrap()).build().unwrap();
    let response = Response::builder().header("content-type", "application/json");
    discovery.receive(&response.body(document.to_string().into_bytes()).unwrap()).unwrap()
}

fn request(server: &AuthorizationServer) -> AuthorizationRequest<'_> {
    let redirect_uri = RedirectUri::new("https://app.example/cb?a=1").unwrap();
    AuthorizationRequest::new(server, ClientId::new("a client").unwrap(), redirect_uri)
        .scope(Scope::new("openid").unwrap())
        .login_hint("a@example.com")
        .resource("https://api.example")
}

fn entropy() -> [u8; 96] {
    std::array::from_fn(|at| at as u8)
}

#[test]
fn pr_08_a_server_that_takes_pushed_requests_only_gets_no_other() {
    let server = server(true, "https://as.example/authorize");
    let error = request(&server).begin(&entropy(), now()).unwrap_err();
    assert_eq!((error.code(), &error), ("request_push_required", &AuthorizationRequestError::PushRequired));
    assert!(error.to_string().contains("begin_pushed"), "{error}");
    assert!(request(&server).begin_pushed(&entropy(), now()).is_ok());
}

#[test]
fn pr_01_what_is_pushed_is_what_the_url_would_have_carried() {
    let server = server(false, "https://as.example/authorize");
    let (url, _) = request(&server).begin(&entropy(), now()).unwrap();
    let begun = request(&server).begin_pushed(&entropy(), now()).unwrap();
    assert_eq!(begun.form(), url.split_once('?').unwrap().1);
    assert!(begun.form().contains("&code_challenge="));
}

#[test]
fn pr_06_the_url_has_client_and_reference_and_the_endpoints_own_query() {
    let server = server(true, "https://as.example/authorize?tenant=1");
    let begun = request(&server).begin_pushed(&entropy(), now()).unwrap();
    let shown = format!("{begun:?}");
    let (url, pending) = begun.pushed(&RequestUri::new("urn:a&b=c").unwrap());
    assert_eq!(url, "https://as.example/authorize?tenant=1&client_id=a%20client&request_uri=urn%3Aa%26b%3Dc");
    for secret in [pending.state().expose(), "a@example.com", "code_challenge"] {
        assert!(!url.contains(secret) && !shown.contains(secret), "{url} {shown}");
    }
    assert_eq!(pending.client_id().as_str(), "a client");
    let callback = format!("code=c&state={}", pending.state().expose());
    assert!(pending.receive(&callback, now()).unwrap().verifier().is_some());
}

#[test]
fn a_request_that_cannot_be_made_cannot_be_pushed_either() {
    let server = server(true, "https://as.example/authorize?state=1");
    let error = request(&server).begin_pushed(&entropy(), now()).unwrap_err();
    assert_eq!(error.code(), "request_endpoint_query");
}

#[test]
fn a_reference_is_an_absolute_uri() {
    for good in ["urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c", "https://as.example/r/1"] {
        let uri = RequestUri::new(good).unwrap();
        assert_eq!((uri.expose(), format!("{uri:?}").as_str()), (good, "RequestUri(..)"));
    }
    for (bad, kind) in [
        ("", InvalidValueKind::Empty),
        ("6esc_11ACC5bwc014ltc14eY22c", InvalidValueKind::NotAbsolute),
        ("urn:a b", InvalidValueKind::BadCharacter { position: 5 }),
        ("urn:a#b", InvalidValueKind::Fragment),
    ] {
        let error = RequestUri::new(bad).unwrap_err();
        assert_eq!((error.name(), error.kind()), ("request_uri", kind), "{bad}");
    }
}

#[test]
fn authorization_details_are_json_in_one_parameter() {
    let server = server(false, "https://as.example/authorize");
    let details = AuthorizationDetails::new([
        AuthorizationDetail::new("payment_initiation")
            .actions(["initiate", "status"])
            .locations(["https://bank.example"])
            .datatypes(["contacts"])
            .privileges(["admin"])
            .identifier("account-7")
            .member("amount", json!({"currency": "EUR", "value": "1.50"})),
        AuthorizationDetail::new("own"),
    ])
    .unwrap();
    let (url, _) = request(&server).authorization_details(&details).begin(&entropy(), now()).unwrap();
    let sent = form::raw_pairs(url.split_once('?').unwrap().1).find(|(name, _)| *name == "authorization_details");
    let sent: serde_json::Value = form::decode(sent.unwrap().1).unwrap().parse().unwrap();
    assert_eq!(
        sent,
        json!([
            {
                "type": "payment_initiation", "actions": ["initiate", "status"], "locations": ["https://bank.example"],
                "datatypes": ["contacts"], "privileges": ["admin"], "identifier": "account-7",
                "amount": {"currency": "EUR", "value": "1.50"},
            },
            {"type": "own"},
        ])
    );
    assert_eq!(AuthorizationDetails::from_value(&sent).unwrap(), details);
    assert!(!format!("{details:?}").contains("account-7"));
    let error = AuthorizationDetails::new([AuthorizationDetail::new("a"), AuthorizationDetail::new("")]).unwrap_err();
    assert_eq!((error.code(), error.position()), ("authorization_details_invalid", Some(1)));
}

proptest! {
    #[test]
    fn any_reference_comes_back_out_of_the_url(text in "urn:[!-~]{1,40}") {
        let server = server(true, "https://as.example/authorize");
        let Ok(uri) = RequestUri::new(&text) else { return Ok(()) };
        let (url, _) = request(&server).begin_pushed(&entropy(), now()).unwrap().pushed(&uri);
        let pairs: Vec<_> = form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
        let expected = [("client_id", "a client"), ("request_uri", text.as_str())];
        prop_assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
