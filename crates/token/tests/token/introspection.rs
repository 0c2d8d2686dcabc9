//! Introspection, row by row.

use std::sync::Arc;
use std::time::Duration;

use proofkey_authorize::{AuthorizationServer, ClientId};
use proofkey_token::{
    AccessToken, ActiveToken, ClientAuthentication, IntrospectionCache, IntrospectionError, IntrospectionRequest,
};
use proptest::prelude::*;

use crate::flow::*;

const API: &str = "https://notes.example";

fn with_introspection() -> AuthorizationServer {
    server().with_introspection_endpoint(endpoint("/introspect"))
}

/// What a server that was asked for the scope `read` makes of this response.
fn asked(
    status: u16,
    body: &str,
    edit: impl FnOnce(IntrospectionRequest<'_>) -> IntrospectionRequest<'_>,
) -> Result<ActiveToken, IntrospectionError> {
    let (server, client_id, token) = (with_introspection(), client_id(), AccessToken::new("Sentinel").unwrap());
    let request = edit(IntrospectionRequest::new(&token, API, &server, &client_id).scope(scope("read")));
    let (_, waiting) = request.build(&ClientAuthentication::basic(secret("s"))).unwrap();
    waiting.receive(&json(status, body), now())
}

/// An active token with further members.
fn active(members: &str) -> String {
    format!(r#"{{"active":true,"aud":"{API}","scope":"read write"{members}}}"#)
}

fn code(body: &str) -> &'static str {
    asked(200, body, |request| request).err().map_or("access", |error| error.code())
}

#[test]
fn the_request_has_the_token_and_the_apis_authentication() {
    let (server, client_id, token) = (with_introspection(), client_id(), AccessToken::new("a/b").unwrap());
    let start = |server| IntrospectionRequest::new(&token, API, server, &client_id).parameter("own", "1");
    let (request, _) = start(&server).build(&ClientAuthentication::basic(secret("s"))).unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/introspect"));
    let expected = [("token", "a/b"), ("token_type_hint", "access_token"), ("own", "1")];
    assert_eq!(pairs(request.body()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(request.headers()["authorization"].is_sensitive());
    let bare = bare_server();
    let error = start(&bare).build(&ClientAuthentication::none()).unwrap_err();
    assert_eq!(error.code(), "token_request_no_endpoint");
    assert!(error.to_string().contains("introspection_endpoint"));
}

#[test]
fn rs_02_an_active_token_says_whose_it_is() {
    let exp = NOW.as_secs() + 60;
    let body = active(&format!(r#","sub":"u17","client_id":"app","iss":"https://as.example/","exp":{exp},"own":1"#));
    let token = asked(200, &body, |request| request).unwrap();
    assert_eq!((token.subject(), token.client_id()), (Some("u17"), Some("app")));
    assert_eq!((token.audiences(), token.scope()), (&[API.to_owned()][..], Some(&scope("read write"))));
    assert_eq!(token.expires_at(), Some(now() + Duration::from_secs(60)));
    assert_eq!(token.further()["own"], 1);
    let json: serde_json::Value = serde_json::from_str(&token.to_json()).unwrap();
    let mut expected: serde_json::Value = serde_json::from_str(&body).unwrap();
    expected["aud"] = [API].into();
    assert_eq!(json, expected);
    assert!(!format!("{token:?}").contains("u17"));
}

#[test]
fn rs_02_not_active_or_any_failure_is_no_access() {
    for (body, expected) in [
        (active(""), "access"),
        (active(r#","token_type":"bearer""#), "access"),
        (r#"{"active":false}"#.to_owned(), "token_inactive"),
        (r#"{"active":"true","aud":"https://notes.example","scope":"read"}"#.to_owned(), "token_member_type"),
        (r#"{"active":1,"aud":"https://notes.example","scope":"read"}"#.to_owned(), "token_member_type"),
        (r#"{"active":null,"aud":"https://notes.example","scope":"read"}"#.to_owned(), "token_member_missing"),
        (r#"{"aud":"https://notes.example","scope":"read"}"#.to_owned(), "token_member_missing"),
        (r#"{"active":false,"active":true}"#.to_owned(), "token_member_duplicate"),
        (active(r#","error":"invalid_request""#), "token_error_with_success"),
        (active(&format!(r#","exp":{}"#, NOW.as_secs())), "token_inactive"),
        (active(r#","exp":"1900000000""#), "token_member_type"),
        (active(&format!(r#","nbf":{}"#, NOW.as_secs() + 61)), "token_inactive"),
        (active(&format!(r#","nbf":{}"#, NOW.as_secs() + 60)), "access"),
        (active(r#","iss":"https://other.example/""#), "token_introspected_issuer"),
        (active(r#","token_type":"N_A""#), "token_type_unknown"),
        (active(r#","sub":7"#), "token_member_type"),
        ("".to_owned(), "token_empty"),
    ] {
        assert_eq!(code(&body), expected, "{body}");
    }
    for status in [201, 302, 400, 401, 403, 404, 500, 503] {
        let error = asked(status, &active(""), |request| request).unwrap_err();
        assert_eq!(error.is_retryable(), status == 503, "{status}");
    }
}

#[test]
fn rs_02_audience_and_scope_are_compared() {
    for (members, expected) in [
        (r#""aud":"https://notes.example","scope":"read""#, "access"),
        (r#""aud":["https://other.example","https://notes.example"],"scope":"a read""#, "access"),
        (r#""aud":"https://notes.example/","scope":"read""#, "token_introspected_audience"),
        (r#""aud":["https://other.example"],"scope":"read""#, "token_introspected_audience"),
        (r#""aud":[],"scope":"read""#, "token_introspected_audience"),
        (r#""aud":[7],"scope":"read""#, "token_member_type"),
        (r#""scope":"read""#, "token_introspected_audience"),
        (r#""aud":"https://notes.example","scope":"reader""#, "token_introspected_scope"),
        (r#""aud":"https://notes.example","scope":"""#, "token_introspected_scope"),
        (r#""aud":"https://notes.example""#, "token_introspected_scope"),
    ] {
        assert_eq!(code(&format!(r#"{{"active":true,{members}}}"#)), expected, "{members}");
    }
    let any = |body: &str| asked(200, body, |request| request.accept_any_audience());
    assert!(any(r#"{"active":true,"scope":"read"}"#).is_ok());
    let error = asked(200, r#"{"active":true,"aud":"b","scope":"x"}"#, |request| request).unwrap_err();
    assert!(error.to_string().contains("\"b\"") && error.to_string().contains(API), "{error}");
}

#[test]
fn a_token_that_is_bound_to_a_key_is_refused_unless_the_key_is_compared() {
    let bound = active(r#","token_type":"DPoP","cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#);
    for body in [bound.clone(), active(r#","token_type":"DPoP""#), active(r#","cnf":{"jkt":"x"}"#)] {
        assert_eq!(code(&body), "token_introspected_bound", "{body}");
    }
    let token = asked(200, &bound, |request| request.accept_bound()).unwrap();
    assert!(token.confirmation().is_some_and(|cnf| cnf["jkt"].is_string()));
}

#[test]
fn rs_02_an_answer_is_cached_no_longer_than_exp() {
    let (server, client_id) = (with_introspection(), client_id());
    let tokens: Vec<_> = (0..3).map(|n| AccessToken::new(format!("t{n}")).unwrap()).collect();
    let request = |n: usize| IntrospectionRequest::new(&tokens[n], API, &server, &client_id);
    let answer = |n, exp: u64| {
        let (_, waiting) = request(n).build(&ClientAuthentication::none()).unwrap();
        waiting.receive(&json(200, &active(&format!(r#","exp":{exp}"#))), now()).unwrap()
    };
    let after = |seconds| now() + Duration::from_secs(seconds);
    let mut cache = IntrospectionCache::new(2, Duration::from_secs(30));
    let kept = cache.insert(answer(0, NOW.as_secs() + 10), now());
    cache.insert(answer(1, NOW.as_secs() + 900), now());
    assert!(cache.get(&request(0), after(9)).is_some_and(|token| Arc::ptr_eq(&token, &kept)));
    // At `exp`, and not later; without it, after the time that answers are kept.
    assert!(cache.get(&request(0), after(10)).is_none());
    assert!(cache.get(&request(1), after(29)).is_some());
    assert!(cache.get(&request(1), after(30)).is_none());
    // A clock that was set back tells nothing.
    cache.insert(answer(1, NOW.as_secs() + 900), after(100));
    assert!(cache.get(&request(1), now()).is_none());

    // Another demand is another question.
    cache.insert(answer(0, NOW.as_secs() + 900), now());
    assert!(cache.get(&request(0), now()).is_some());
    assert!(cache.get(&request(0).scope(scope("read")), now()).is_none());
    assert!(cache.get(&request(0).accept_any_audience(), now()).is_none());
    assert!(cache.get(&request(0).accept_bound(), now()).is_none());
    assert!(cache.get(&IntrospectionRequest::new(&tokens[0], "https://other", &server, &client_id), now()).is_none());

    // The one that would go next makes room.
    cache.insert(answer(1, NOW.as_secs() + 20), now());
    cache.insert(answer(2, NOW.as_secs() + 900), now());
    let held: Vec<_> = (0..3).map(|n| cache.get(&request(n), now()).is_some()).collect();
    assert_eq!(held, [true, false, true]);
    assert!(format!("{cache:?}").contains("len: 2"));
    let mut none = IntrospectionCache::new(0, Duration::from_secs(30));
    none.insert(answer(0, NOW.as_secs() + 900), now());
    assert!(none.get(&request(0), now()).is_none());
}

proptest! {
    #[test]
    fn rs_02_whatever_is_answered_only_true_gives_access(body in prop_oneof![
        "[ -~]{0,60}",
        "(true|false|null|0|1|\"true\"|\\[\\]|\\{\\})".prop_map(|value| active("").replace("true", &value)),
    ], status in prop::sample::select(vec![200_u16, 200, 200, 204, 400, 500])) {
        if asked(status, &body, |request| request).is_ok() {
            prop_assert_eq!((status, body), (200, active("")));
        }
    }
}

#[test]
fn rs_02_an_answer_to_one_api_is_no_answer_to_another() {
    let (server, token) = (with_introspection(), AccessToken::new("Sentinel").unwrap());
    let (one, other) = (ClientId::new("one").unwrap(), ClientId::new("other").unwrap());
    let ask = |client_id| IntrospectionRequest::new(&token, API, &server, client_id);
    let mut cache = IntrospectionCache::new(8, Duration::from_secs(30));
    let (_, waiting) = ask(&one).build(&ClientAuthentication::none()).unwrap();
    assert!(!format!("{waiting:?}").contains("key"));
    cache.insert(waiting.receive(&json(200, &active("")), now()).unwrap(), now());
    assert!(cache.get(&ask(&one), now()).is_some());
    assert!(cache.get(&ask(&other), now()).is_none());
    assert!(cache.get(&ask(&one).parameter("own", "1"), now()).is_none());
}

#[test]
fn a_dpop_token_without_its_key_is_refused_also_where_bound_tokens_are_accepted() {
    for (members, expected) in [
        (r#","token_type":"DPoP","cnf":{"jkt":"k"}"#, "access"),
        (r#","token_type":"DPoP""#, "token_member_missing"),
        (r#","token_type":"Bearer""#, "access"),
    ] {
        let result = asked(200, &active(members), |request| request.accept_bound());
        assert_eq!(result.err().map_or("access", |error| error.code()), expected, "{members}");
    }
    assert_eq!(code(&active(r#","cnf":"""#)), "token_introspected_bound");
}
