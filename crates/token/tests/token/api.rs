//! Requests to an API with an access token (AT-11, DP-10, DP-17).

use http::{Request, Response};
use proofkey_token::{Api, ClientAuthentication, ExchangeRequest, Retry, TokenSet};

use crate::dpop::{BOUND, dpop};
use crate::flow::*;

fn api() -> Api {
    Api::new("https://api.example/v1").unwrap()
}

fn bearer() -> TokenSet {
    receive(&with("access_token", "\"Sentinel0token\"")).unwrap()
}

fn bound() -> TokenSet {
    let authentication = ClientAuthentication::none().with_dpop(dpop());
    let (_, exchange) = ExchangeRequest::new(grant(), &server()).build(&authentication).unwrap();
    exchange.receive(&json(200, BOUND), now()).unwrap()
}

fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

fn answer(status: u16, challenges: &[&str], nonce: Option<&str>) -> Response<()> {
    let mut response = Response::builder().status(status).header("location", "https://evil.example/");
    for challenge in challenges {
        response = response.header("www-authenticate", *challenge);
    }
    match nonce {
        Some(nonce) => response.header("dpop-nonce", nonce).body(()).unwrap(),
        None => response.body(()).unwrap(),
    }
}

#[test]
fn at_11_a_token_goes_to_its_api_and_to_no_other_origin() {
    for same in ["https://api.example", "https://API.example:443/v2/notes?a=b"] {
        let mut request = get(same);
        api().authorize(&mut request, &bearer()).unwrap();
        assert_eq!(request.headers()["authorization"], "Bearer Sentinel0token");
        assert!(request.headers()["authorization"].is_sensitive());
    }
    for other in [
        "http://api.example/v1",
        "http://api.example:443/v1",
        "https://api.example:8443/v1",
        "https://api.example.evil.example/v1",
        "https://api.example./v1",
        "https://evil.example/https://api.example/v1",
        "https://api.example@evil.example/v1",
        "https://api.example:443@evil.example/v1",
        "https://user:word@api.example/v1",
        "https://127.0.0.1/v1",
        "/v1",
    ] {
        for (api, tokens) in [(api(), bearer()), (api().with_dpop(dpop()), bound())] {
            let mut request = get(other);
            let error = api.authorize(&mut request, &tokens).unwrap_err();
            assert_eq!(error.code(), "token_request_another_origin", "{other}");
            assert!(error.to_string().contains("https://api.example:443"), "{error}");
            assert!(request.headers().is_empty() && !error.to_string().contains("word"), "{other}: {error}");
        }
    }
}

#[test]
fn at_11_an_api_is_https_and_loopback_only_where_it_is_allowed() {
    for loopback in ["http://127.0.0.1:8092/notes", "http://[::1]:8092", "http://localhost"] {
        assert_eq!(Api::new(loopback).unwrap_err().code(), "token_request_plain_http");
        let mut request = get(loopback);
        Api::allowing_http_loopback(loopback).unwrap().authorize(&mut request, &bearer()).unwrap();
        assert!(request.headers().contains_key("authorization"));
    }
    assert!(Api::allowing_http_loopback("https://api.example").is_ok());
    for plain in
        ["http://api.example", "http://localhost.evil.example", "http://10.0.0.1", "http://127.1", "http://0.0.0.0"]
    {
        for api in [Api::new(plain), Api::allowing_http_loopback(plain)] {
            assert_eq!(api.unwrap_err().code(), "token_request_plain_http", "{plain}");
        }
    }
    for none in ["api.example", "/notes", "", "ftp://api.example", "https://user@api.example", "https://"] {
        assert_eq!(Api::new(none).unwrap_err().code(), "token_request_api_address", "{none}");
    }
}

#[test]
fn dp_10_a_bound_token_has_a_proof_and_never_goes_as_a_bearer_token() {
    let api = api().with_dpop(dpop());
    let mut request = get("https://api.example/notes");
    api.authorize(&mut request, &bound()).unwrap();
    assert_eq!(request.headers()["authorization"], "DPoP opaque");
    assert!(request.headers().contains_key("dpop"));
    // The same request with a bearer token has no proof of another.
    api.authorize(&mut request, &bearer()).unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer Sentinel0token");
    assert!(!request.headers().contains_key("dpop"));

    let error = Api::new("https://api.example").unwrap().authorize(&mut request, &bound()).unwrap_err();
    assert_eq!(error.code(), "token_request_proof_key");
    assert_eq!(request.headers()["authorization"], "Bearer Sentinel0token");
    assert!(!format!("{api:?} {error:?}").contains("Sentinel"));
}

#[test]
fn a_refused_token_is_renewed_once() {
    let api = api();
    let uri = "https://api.example/notes".parse().unwrap();
    for challenges in [&[][..], &[r#"Bearer error="invalid_token""#], &["Basic realm=\"x\"", "Bearer realm=\"x\""]] {
        let mut call = api.call();
        assert_eq!(call.retry(&uri, &answer(401, challenges, None)), Retry::WithNewTokens, "{challenges:?}");
        for _ in 0..3 {
            assert_eq!(call.retry(&uri, &answer(401, challenges, None)), Retry::No);
        }
    }
}

#[test]
fn what_a_new_token_does_not_remedy_is_final() {
    let uri = "https://api.example/notes".parse().unwrap();
    for (status, challenge) in [
        (200, r#"Bearer error="invalid_token""#),
        (302, r#"Bearer error="invalid_token""#),
        (400, r#"Bearer error="invalid_request""#),
        (403, r#"Bearer error="insufficient_scope", scope="notes.write""#),
        (401, r#"Bearer error="insufficient_user_authentication", max_age=5"#),
        (401, r#"DPoP error="invalid_dpop_proof""#),
        (401, r#"DPoP error="use_dpop_nonce""#),
        (503, ""),
    ] {
        let response = answer(status, &[challenge], None);
        for api in [api(), api().with_dpop(dpop())] {
            assert_eq!(api.call().retry(&uri, &response), Retry::No, "{status} {challenge}");
        }
    }
}

#[test]
fn dp_17_a_nonce_and_a_new_token_are_tried_once_each() {
    let api = api().with_dpop(dpop());
    let uri = "https://api.example/notes".parse().unwrap();
    let asks = |nonce| answer(401, &[r#"DPoP error="use_dpop_nonce""#], Some(nonce));
    let refuses = answer(401, &[r#"DPoP error="invalid_token""#, "Bearer"], None);
    for order in [
        [(asks("a"), Retry::WithNonce), (answer(401, &[], None), Retry::WithNewTokens), (asks("b"), Retry::No)],
        [(answer(401, &[], None), Retry::WithNewTokens), (asks("c"), Retry::WithNonce), (refuses, Retry::No)],
        [(asks("d"), Retry::WithNonce), (asks("e"), Retry::No), (asks("f"), Retry::No)],
    ] {
        let mut call = api.call();
        for (response, retry) in order {
            assert_eq!(call.retry(&uri, &response), retry);
        }
    }
    // The nonce of a success is kept as well, for the next call.
    assert_eq!(api.call().retry(&uri, &answer(200, &[], Some("newest"))), Retry::No);
    let mut request = get("https://api.example/notes");
    api.authorize(&mut request, &bound()).unwrap();
    assert_eq!(crate::dpop::proof(&request).1["nonce"], "newest");
}
