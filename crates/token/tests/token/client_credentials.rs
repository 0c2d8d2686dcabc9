//! Tokens of the client itself, and for an assertion.

use proofkey_authorize::{AuthorizationDetail, AuthorizationDetails, Compat};
use proofkey_token::{
    ClientAssertion, ClientAuthentication, ClientCredentialsError, ClientCredentialsRequest, JwtBearerError,
    JwtBearerRequest, TokenSet, TransportError, TransportErrorKind,
};

use crate::flow::*;

fn received(body: &str) -> Result<TokenSet, ClientCredentialsError> {
    let (server, client_id) = (server(), client_id());
    let request =
        ClientCredentialsRequest::new(&server, &client_id).scope(scope("a b")).resource("https://api.example");
    let (_, waiting) = request.build(&ClientAuthentication::basic(secret("s"))).unwrap();
    waiting.receive(&json(200, body), now())
}

#[test]
fn the_request_names_the_grant_and_what_is_asked_for() {
    let (server, client_id) = (server(), client_id());
    let details = AuthorizationDetails::new([AuthorizationDetail::new("account").actions(["read"])]).unwrap();
    let request = ClientCredentialsRequest::new(&server, &client_id)
        .scope(scope("a b"))
        .resource("https://one.example")
        .resource("https://two.example")
        .authorization_details(&details)
        .parameter("audience", "own");
    let (request, _) = request.build(&ClientAuthentication::post(secret("s"))).unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/oauth/token"));
    let expected = [
        ("grant_type", "client_credentials"),
        ("scope", "a b"),
        ("resource", "https://one.example"),
        ("resource", "https://two.example"),
        ("audience", "own"),
        ("client_id", "s6BhdRkqt3"),
        ("client_secret", "s"),
    ];
    let mut sent = pairs(request.body());
    let (name, json) = sent.remove(2);
    assert_eq!(name, "authorization_details");
    assert_eq!(AuthorizationDetails::from_value(&json.parse().unwrap()).unwrap(), details);
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_resource_is_left_out_where_the_server_refuses_it() {
    let (server, client_id) = (server().with_compat(Compat::strict().with_resource_not_sent()), client_id());
    let request = ClientCredentialsRequest::new(&server, &client_id).resource("https://api.example");
    let (request, waiting) = request.build(&ClientAuthentication::basic(secret("s"))).unwrap();
    assert_eq!(pairs(request.body()).len(), 1);
    let tokens = waiting.receive(&json(200, GOOD), now()).unwrap();
    assert!(tokens.deviations().iter().any(|used| used.name() == "resource_not_sent"));
    assert_eq!(tokens.resources(), ["https://api.example"]);
}

#[test]
fn a_reserved_parameter_is_refused() {
    let (server, client_id) = (server(), client_id());
    for name in ["grant_type", "client_secret", ""] {
        let request = ClientCredentialsRequest::new(&server, &client_id).parameter(name, "x");
        let error = request.build(&ClientAuthentication::none()).unwrap_err();
        assert_eq!(error.code(), "token_request_reserved_parameter", "{name}");
    }
}

#[test]
fn the_response_is_read_by_the_rules_of_every_token_response() {
    let tokens = received(r#"{"access_token":"a","token_type":"bearer","expires_in":60,"scope":"a"}"#).unwrap();
    assert_eq!(tokens.scope(), Some(&scope("a")));
    assert_eq!(received(GOOD).unwrap().scope(), Some(&scope("a b")));
    assert_eq!(received(r#"{"access_token":"a","token_type":"mac"}"#).unwrap_err().code(), "token_type_unknown");
    let (server, client_id) = (server(), client_id());
    let request = ClientCredentialsRequest::new(&server, &client_id);
    let (_, waiting) = request.build(&ClientAuthentication::none()).unwrap();
    let refused = waiting.receive(&json(401, r#"{"error":"invalid_client"}"#), now()).unwrap_err();
    assert_eq!((refused.server_error(), refused.is_retryable()), (Some("invalid_client"), false));
    let busy = waiting.receive(&json(503, ""), now()).unwrap_err();
    assert!(busy.is_retryable());
    assert!(ClientCredentialsError::from(TransportError::after_sending(TransportErrorKind::Reset)).is_retryable());
}

#[test]
fn granted_details_are_read_and_one_that_cannot_be_loses_no_token() {
    let with = |details: &str| {
        received(&format!(r#"{{"access_token":"a","token_type":"Bearer","authorization_details":{details}}}"#)).unwrap()
    };
    let granted =
        with(r#"[{"type":"account","actions":["read"],"limit":7}]"#).authorization_details().unwrap().unwrap();
    let detail = granted.iter().next().unwrap();
    assert_eq!((detail.detail_type(), detail.get("limit")), ("account", Some(&7.into())));
    assert_eq!(detail.strings("actions").collect::<Vec<_>>(), ["read"]);
    assert!(!format!("{granted:?}").contains("read"));
    assert!(received(GOOD).unwrap().authorization_details().unwrap().is_none());
    for (broken, position) in
        [("{}", None), ("[1]", Some(0)), (r#"[{"type":"a"},{}]"#, Some(1)), (r#"[{"type":7}]"#, Some(0))]
    {
        let error = with(broken).authorization_details().unwrap_err();
        assert_eq!((error.code(), error.position()), ("authorization_details_invalid", position), "{broken}");
    }
}

#[test]
fn an_assertion_is_sent_alone_or_with_the_client() {
    let (server, client_id, assertion) = (server(), client_id(), ClientAssertion::new("e30.e30.c2ln").unwrap());
    let grant =
        [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", "e30.e30.c2ln"), ("scope", "a")];
    let alone = JwtBearerRequest::new(&assertion, &server).scope(scope("a"));
    let (request, waiting) = alone.build(&ClientAuthentication::none()).unwrap();
    assert_eq!(pairs(request.body()), grant.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(waiting.receive(&json(200, GOOD), now()).unwrap().scope(), Some(&scope("a")));
    let named = JwtBearerRequest::new(&assertion, &server).scope(scope("a")).client(&client_id);
    let (request, _) = named.build(&ClientAuthentication::basic(secret("s"))).unwrap();
    assert_eq!(pairs(request.body()).len(), 3);
    assert!(request.headers()["authorization"].is_sensitive());
}

#[test]
fn an_assertion_that_may_have_been_sent_is_not_sent_again() {
    let timeout = TransportErrorKind::Timeout;
    assert!(!JwtBearerError::from(TransportError::after_sending(timeout)).is_retryable());
    assert!(JwtBearerError::from(TransportError::before_sending(timeout)).is_retryable());
}
