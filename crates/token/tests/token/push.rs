//! Pushing an authorization request, row by row.

use std::time::Duration;

use proofkey_authorize::{AuthorizationRequest, AuthorizationServer, RedirectUri};
use proofkey_token::{ClientAuthentication, PushError, PushRequest, PushedRequest};

use crate::flow::*;

const PUSHED: &str = r#"{"request_uri":"urn:ietf:params:oauth:request_uri:a/b","expires_in":60}"#;

fn pushing() -> AuthorizationServer {
    server().with_pushed_authorization_request_endpoint(endpoint("/par?tenant=1"))
}

fn begun(server: &AuthorizationServer) -> proofkey_authorize::PushableRequest<'_> {
    let redirect_uri = RedirectUri::new("https://app.example/cb").unwrap();
    let request = AuthorizationRequest::new(server, client_id(), redirect_uri).scope(scope("openid"));
    request.resource("https://api.example").begin_pushed(&std::array::from_fn(|n| n as u8), now()).unwrap()
}

fn answered(status: u16, body: &str) -> Result<PushedRequest, PushError> {
    let server = pushing();
    let (_, push) = PushRequest::new(begun(&server)).build(&ClientAuthentication::none()).unwrap();
    push.receive(&json(status, body), now())
}

#[test]
fn pr_01_everything_is_pushed_with_one_client_authentication() {
    let server = pushing();
    let names = |authentication: &ClientAuthentication| {
        let (request, _) = PushRequest::new(begun(&server)).build(authentication).unwrap();
        assert_eq!(
            (request.method().as_str(), request.uri().to_string().as_str()),
            ("POST", "https://as.example/par?tenant=1")
        );
        assert_eq!(
            request.headers().contains_key("authorization"),
            matches!(format!("{authentication:?}").as_str(), "ClientAuthentication(basic, ..)")
        );
        pairs(request.body()).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let request = [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "resource",
    ];
    assert_eq!(names(&ClientAuthentication::none()), request);
    assert_eq!(names(&ClientAuthentication::basic(secret("s"))), request);
    let in_body: Vec<_> = request.into_iter().chain(["client_secret"]).collect();
    assert_eq!(names(&ClientAuthentication::post(secret("s"))), in_body);
}

#[test]
fn pr_06_the_browser_carries_client_and_reference_and_nothing_else() {
    let server = pushing();
    let (request, push) = PushRequest::new(begun(&server)).build(&ClientAuthentication::none()).unwrap();
    let again = push.request(&ClientAuthentication::none()).unwrap();
    assert_eq!(request.body(), again.body());
    let pushed = push.receive(&json(201, PUSHED), now()).unwrap();
    assert_eq!(pushed.expires_at(), now() + Duration::from_secs(60));
    assert_eq!(pushed.request_uri().expose(), "urn:ietf:params:oauth:request_uri:a/b");
    let (url, pending) = push.into_login(&pushed);
    assert_eq!(
        url,
        "https://as.example/authorize?client_id=s6BhdRkqt3&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aa%2Fb"
    );
    let sent = pairs(request.body());
    assert!(sent.contains(&("state".to_owned(), pending.state().expose().to_owned())));
    let callback = format!("code=c&state={}", pending.state().expose());
    let grant = pending.receive(&callback, now()).unwrap();
    assert_eq!(grant.resources(), ["https://api.example"]);
}

#[test]
fn only_201_with_a_reference_and_its_lifetime_is_a_success() {
    for (status, body, code) in [
        (200, PUSHED, "token_unexpected_status"),
        (302, PUSHED, "token_redirected"),
        (201, r#"{"expires_in":60}"#, "token_member_missing"),
        (201, r#"{"request_uri":"urn:a"}"#, "token_member_missing"),
        (201, r#"{"request_uri":"urn:a","expires_in":0}"#, "token_member_type"),
        (201, r#"{"request_uri":"urn:a","expires_in":"60"}"#, "token_member_type"),
        (201, r#"{"request_uri":"urn a","expires_in":60}"#, "token_member_type"),
        (201, r#"{"request_uri":"relative","expires_in":60}"#, "token_member_type"),
        (201, r#"{"request_uri":"urn:a","request_uri":"urn:b","expires_in":60}"#, "token_member_duplicate"),
        (201, r#"{"error":"invalid_request"}"#, "token_error_with_success"),
        (201, "<html>", "token_not_json"),
        (404, "", "token_unexpected_status"),
    ] {
        assert_eq!(answered(status, body).unwrap_err().code(), code, "{status} {body}");
    }
    assert!(answered(201, PUSHED).is_ok());
}

#[test]
fn errors_are_those_of_the_token_endpoint() {
    let refused = answered(400, r#"{"error":"invalid_request","error_description":"no"}"#).unwrap_err();
    assert_eq!((refused.server_error(), refused.is_retryable()), (Some("invalid_request"), false));
    assert!(refused.to_string().starts_with("pushed authorization request: "));
    for (status, is_retryable) in [(405, false), (413, false), (429, true), (503, true)] {
        assert_eq!(answered(status, "").unwrap_err().is_retryable(), is_retryable, "{status}");
    }
}

#[test]
fn without_an_endpoint_there_is_no_request() {
    let server = server();
    let error = PushRequest::new(begun(&server)).build(&ClientAuthentication::none()).unwrap_err();
    assert_eq!(error.code(), "token_request_no_endpoint");
    assert!(error.to_string().contains("pushed_authorization_request_endpoint"));
}
