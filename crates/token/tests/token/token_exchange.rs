//! Token exchange, row by row.

use proofkey_token::{ClientAuthentication, ExchangedToken, TokenExchangeError, TokenExchangeRequest, TokenType};

use crate::flow::*;

const PREFIX: &str = "urn:ietf:params:oauth:token-type:";

fn exchanged(
    requested: Option<TokenType>,
    issued: &str,
    token_type: &str,
) -> Result<ExchangedToken, TokenExchangeError> {
    let (server, client_id) = (server(), client_id());
    let mut request =
        TokenExchangeRequest::new("Sentinel", TokenType::AccessToken, &server, &client_id).scope(scope("a"));
    if let Some(requested) = requested {
        request = request.requested_token_type(requested);
    }
    assert!(!format!("{request:?}").contains("Sentinel"));
    let (_, waiting) = request.build(&ClientAuthentication::basic(secret("s"))).unwrap();
    let issued = if issued.is_empty() { String::new() } else { format!(r#""issued_token_type":"{issued}","#) };
    waiting.receive(
        &json(200, &format!(r#"{{{issued}"access_token":"t","token_type":"{token_type}","expires_in":60}}"#)),
        now(),
    )
}

fn code(requested: Option<TokenType>, issued: &str, token_type: &str) -> &'static str {
    exchanged(requested, issued, token_type).err().map_or("accepted", |error| error.code())
}

#[test]
fn the_request_has_both_tokens_with_their_types() {
    let (server, client_id) = (server(), client_id());
    let request = TokenExchangeRequest::new("subject", TokenType::AccessToken, &server, &client_id)
        .actor("actor", TokenType::Other("urn:own".to_owned()))
        .requested_token_type(TokenType::Jwt)
        .audience("one")
        .audience("two")
        .resource("https://api.example");
    let (request, _) = request.build(&ClientAuthentication::none()).unwrap();
    let expected = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", "subject"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("actor_token", "actor"),
        ("actor_token_type", "urn:own"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("audience", "one"),
        ("audience", "two"),
        ("resource", "https://api.example"),
        ("client_id", "s6BhdRkqt3"),
    ];
    assert_eq!(pairs(request.body()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn tx_01_the_issued_type_is_checked() {
    let of = |kind: &str| format!("{PREFIX}{kind}");
    let ExchangedToken::Access(tokens, kind) = exchanged(None, &of("access_token"), "Bearer").unwrap() else {
        panic!("no access token")
    };
    assert_eq!((tokens.access_token().unwrap().expose(), kind), ("t", TokenType::AccessToken));
    assert_eq!(tokens.scope(), Some(&scope("a")));
    for (requested, issued, token_type, expected) in [
        (Some(TokenType::AccessToken), of("access_token"), "Bearer", "accepted"),
        (Some(TokenType::Jwt), of("jwt"), "bearer", "accepted"),
        (None, "urn:own:kind".to_owned(), "Bearer", "accepted"),
        (Some(TokenType::AccessToken), of("jwt"), "Bearer", "token_issued_type"),
        (Some(TokenType::IdToken), of("access_token"), "Bearer", "token_issued_type"),
        (None, String::new(), "Bearer", "token_issued_type"),
        (Some(TokenType::AccessToken), String::new(), "Bearer", "token_issued_type"),
        (None, of("id_token"), "Bearer", "token_issued_type"),
        (None, of("refresh_token"), "Bearer", "token_issued_type"),
        (None, of("saml2"), "Bearer", "token_issued_type"),
        (None, of("access_token"), "mac", "token_type_unknown"),
    ] {
        assert_eq!(code(requested, &issued, token_type), expected, "{issued} {token_type}");
    }
}

#[test]
fn tx_01_a_token_that_is_not_applicable_is_no_access_token() {
    let issued = format!("{PREFIX}id_token");
    for token_type in ["N_A", "n_a"] {
        let ExchangedToken::Other(token) = exchanged(Some(TokenType::IdToken), &issued, token_type).unwrap() else {
            panic!("an access token")
        };
        assert_eq!((token.token_type(), token.expose()), (&TokenType::IdToken, "t"));
        assert_eq!(token.expires_at(), Some(now() + std::time::Duration::from_secs(60)));
        assert!(!format!("{token:?}").contains("\"t\""));
    }
    assert_eq!(code(None, &format!("{PREFIX}access_token"), "N_A"), "token_issued_type");
}

#[test]
fn a_refusal_is_the_servers() {
    let (server, client_id) = (server(), client_id());
    let request = TokenExchangeRequest::new("t", TokenType::AccessToken, &server, &client_id);
    let (_, waiting) = request.build(&ClientAuthentication::none()).unwrap();
    let error = waiting.receive(&json(400, r#"{"error":"invalid_target"}"#), now()).unwrap_err();
    assert_eq!((error.server_error(), error.is_retryable()), (Some("invalid_target"), false));
}

#[test]
fn a_type_is_its_uri() {
    for kind in ["access_token", "refresh_token", "id_token", "saml1", "saml2", "jwt", "own"] {
        let uri = format!("{PREFIX}{kind}");
        assert_eq!(TokenType::from_uri(&uri).as_uri(), uri);
        assert_eq!(matches!(TokenType::from_uri(&uri), TokenType::Other(_)), kind == "own");
    }
}

#[test]
fn what_a_method_sets_is_no_parameter() {
    let (server, client_id) = (server(), client_id());
    for name in ["scope", "resource", "requested_token_type", "actor_token", "actor_token_type"] {
        let request = TokenExchangeRequest::new("t", TokenType::AccessToken, &server, &client_id).parameter(name, "x");
        let error = request.build(&ClientAuthentication::none()).unwrap_err();
        assert_eq!(error.code(), "token_request_reserved_parameter", "{name}");
    }
}

#[test]
fn a_token_that_gives_no_access_keeps_its_refresh_token_and_is_not_empty() {
    let (server, client_id) = (server(), client_id());
    let request = TokenExchangeRequest::new("t", TokenType::AccessToken, &server, &client_id);
    let (_, waiting) = request.build(&ClientAuthentication::none()).unwrap();
    let receive = |token: &str| {
        let body = format!(
            r#"{{"access_token":"{token}","issued_token_type":"{PREFIX}id_token","token_type":"N_A","refresh_token":"r"}}"#
        );
        waiting.receive(&json(200, &body), now())
    };
    let ExchangedToken::Other(token) = receive("t").unwrap() else { panic!("an access token") };
    assert_eq!(token.refresh_token().unwrap().expose(), "r");
    assert_eq!(receive("").unwrap_err().code(), "token_empty");
}
