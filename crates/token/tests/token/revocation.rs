//! Revoking, row by row.

use std::time::Duration;

use http::Response;
use proofkey_token::{AccessToken, ClientAuthentication, RefreshToken, Revocation, RevocationError, RevocationRequest};

use crate::flow::*;

fn started() -> Revocation {
    let token = RefreshToken::new("r").unwrap();
    RevocationRequest::new(&token, &server(), &client_id()).build(&ClientAuthentication::none()).unwrap().1
}

fn failure(response: Response<Vec<u8>>) -> RevocationError {
    started().receive(&response).unwrap_err()
}

#[test]
fn rv_01_the_request_is_a_form_with_the_token_and_the_clients_authentication() {
    let refresh = RefreshToken::new("a/b+c").unwrap();
    let (request, _) =
        RevocationRequest::new(&refresh, &server(), &client_id()).build(&ClientAuthentication::none()).unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/oauth/revoke"));
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    let expected = [("token", "a/b+c"), ("token_type_hint", "refresh_token"), ("client_id", "s6BhdRkqt3")];
    assert_eq!(pairs(request.body()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(request.uri().query().is_none());

    let access = AccessToken::new("access").unwrap();
    let (request, _) = RevocationRequest::new(&access, &server(), &client_id())
        .build(&ClientAuthentication::basic(secret("s")))
        .unwrap();
    assert!(request.headers()["authorization"].is_sensitive());
    let expected = [("token", "access"), ("token_type_hint", "access_token")];
    assert_eq!(pairs(request.body()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn rv_05_status_200_is_success_whatever_the_body() {
    for response in
        [json(200, ""), json(200, "{}"), typed(200, "text/html", "<p>"), json(200, r#"{"error":"invalid_request"}"#)]
    {
        started().receive(&response).unwrap();
    }
    started().receive(&Response::new(vec![0xff; 3_000_000])).unwrap();
}

#[test]
fn b12_status_204_is_success_without_a_body() {
    started().receive(&Response::builder().status(204).body(Vec::new()).unwrap()).unwrap();
}

#[test]
fn rv_05_status_503_means_still_valid_and_later() {
    let mut response = typed(503, "text/html", "busy");
    response.headers_mut().insert("retry-after", "30".parse().unwrap());
    let error = failure(response);
    assert!(error.is_retryable());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
}

#[test]
fn rv_06_an_unsupported_token_type_is_surfaced_and_not_counted_as_revoked() {
    let error = failure(json(400, r#"{"error":"unsupported_token_type"}"#));
    assert_eq!(error.error_response().unwrap().error(), "unsupported_token_type");
    assert!(error.to_string().contains("unsupported_token_type"));
    assert!(!error.is_retryable());
}

#[test]
fn anything_else_is_not_a_revocation() {
    for (status, code) in [
        (201, "token_unexpected_status"),
        (202, "token_unexpected_status"),
        (205, "token_unexpected_status"),
        (302, "token_redirected"),
        (404, "token_unexpected_status"),
        (500, "token_unexpected_status"),
    ] {
        assert_eq!(failure(json(status, "")).code(), code, "{status}");
    }
    assert_eq!(failure(json(401, r#"{"error":"invalid_client"}"#)).error_response().unwrap().status(), 401);
}

#[test]
fn without_an_endpoint_there_is_no_request() {
    let token = AccessToken::new("a").unwrap();
    let error =
        RevocationRequest::new(&token, &bare_server(), &client_id()).build(&ClientAuthentication::none()).unwrap_err();
    assert_eq!(error.code(), "token_request_no_endpoint");
    assert!(error.to_string().contains("revocation_endpoint"));
}
