//! Refreshing, row by row.

use proofkey_token::{ClientAuthentication, RefreshRequest, RefreshToken, TokenSet};

use crate::flow::*;

const OLD: &str = r#"{"access_token":"old-access","token_type":"Bearer","expires_in":60,"refresh_token":"old-refresh",
    "scope":"openid a b","id_token":"old.id.token","own":1}"#;

fn old() -> TokenSet {
    receive(OLD).unwrap()
}

/// The old tokens after a refresh that was answered with this document.
fn refreshed(document: &str) -> TokenSet {
    let (server, client_id) = (server(), client_id());
    let mut old = old();
    let (_, refresh) = old.refresh_request(&server, &client_id).unwrap().build(&ClientAuthentication::none()).unwrap();
    let newer = refresh.receive(&json(200, document), now()).unwrap();
    old.update(newer);
    old
}

#[test]
fn the_request_is_a_form_with_the_token_and_one_authentication() {
    let (server, client_id, old) = (server(), client_id(), old());
    let start = || old.refresh_request(&server, &client_id).unwrap();
    let (request, _) = start().build(&ClientAuthentication::none()).unwrap();
    assert_eq!(
        (request.method().as_str(), request.uri().to_string().as_str()),
        ("POST", "https://as.example/oauth/token?tenant=1")
    );
    let expected = [("grant_type", "refresh_token"), ("refresh_token", "old-refresh"), ("client_id", "s6BhdRkqt3")];
    assert_eq!(pairs(request.body()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let (request, _) = start().build(&ClientAuthentication::basic(secret("s"))).unwrap();
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(pairs(request.body()).len(), 2);
}

#[test]
fn a_body_has_its_room_from_the_start_so_that_growing_leaves_no_token_behind() {
    let (server, client_id) = (server(), client_id());
    let room = |text: &str| {
        let document = r#"{"access_token":"a","token_type":"Bearer","refresh_token":"r","scope":"SCOPE"}"#;
        let (tokens, narrower) = (receive(&document.replace("SCOPE", text)).unwrap(), scope(text));
        let request = tokens.refresh_request(&server, &client_id).unwrap().scope(&narrower).resource(text);
        request.build(&ClientAuthentication::none()).unwrap().0.into_body().capacity()
    };
    // Scope and resource, three octets for each of theirs. A body that grew has twice as much as it began with.
    assert_eq!(room(&"%".repeat(2000)) - room("%"), 2 * 3 * 1999);
}

#[test]
fn oa_42_a_refresh_asks_for_no_scope_or_for_less_and_never_for_more() {
    let (server, client_id, old) = (server(), client_id(), old());
    let with = |narrower: &str| {
        let narrower = scope(narrower);
        let request = old.refresh_request(&server, &client_id).unwrap().scope(&narrower);
        request.build(&ClientAuthentication::none()).map(|(request, _)| pairs(request.body()))
    };
    assert!(with("b openid").unwrap().contains(&("scope".to_owned(), "b openid".to_owned())));
    for wider in ["c", "openid a b c", "A"] {
        let error = with(wider).unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("token_request_wider_scope", false), "{wider}");
    }
    // What is not known to be granted is not asked for.
    let token = RefreshToken::new("stored").unwrap();
    let asked = scope("a");
    let unknown = RefreshRequest::new(&token, &server, &client_id).scope(&asked);
    assert_eq!(unknown.build(&ClientAuthentication::none()).unwrap_err().code(), "token_request_wider_scope");
}

#[test]
fn oa_43_a_new_refresh_token_replaces_the_old_one_and_none_keeps_it() {
    let kept = refreshed(r#"{"access_token":"new-access","token_type":"Bearer"}"#);
    assert_eq!(kept.access_token().unwrap().expose(), "new-access");
    assert_eq!(kept.refresh_token().unwrap().expose(), "old-refresh");
    // The life of the old access token says nothing about the new one.
    assert_eq!(kept.expires_in(), None);
    assert_eq!(kept.id_token().unwrap().expose(), "old.id.token");
    assert!(kept.further().is_empty());

    let replaced = refreshed(
        r#"{"access_token":"new-access","token_type":"bearer","expires_in":5,"refresh_token":"new-refresh",
            "id_token":"new.id.token"}"#,
    );
    assert_eq!(replaced.refresh_token().unwrap().expose(), "new-refresh");
    assert_eq!(replaced.expires_in().unwrap().as_secs(), 5);
    assert_eq!(replaced.id_token().unwrap().expose(), "new.id.token");
}

#[test]
fn oa_15_the_scope_after_a_refresh_is_the_named_one_or_the_old_one() {
    assert_eq!(refreshed(GOOD).scope(), Some(&scope("openid a b")));
    let named = GOOD.replace('}', r#","scope":"a"}"#);
    assert_eq!(refreshed(&named).scope(), Some(&scope("a")));
    let empty = GOOD.replace('}', r#","scope":""}"#);
    assert_eq!(refreshed(&empty).scope(), None);

    let (server, client_id, mut old) = (server(), client_id(), old());
    let narrower = scope("a");
    let request = old.refresh_request(&server, &client_id).unwrap().scope(&narrower);
    let (_, refresh) = request.build(&ClientAuthentication::none()).unwrap();
    let newer = refresh.receive(&json(200, GOOD), now()).unwrap();
    old.update(newer);
    assert_eq!(old.scope(), Some(&narrower));
}

#[test]
fn a_refresh_token_out_of_a_store_makes_tokens_as_well() {
    let (server, client_id) = (server(), client_id());
    let stored = RefreshToken::new("stored").unwrap();
    let granted = scope("a b");
    let request = RefreshRequest::new(&stored, &server, &client_id).granted(Some(&granted)).resource("https://api/");
    let (sent, refresh) = request.build(&ClientAuthentication::none()).unwrap();
    assert!(pairs(sent.body()).contains(&("resource".to_owned(), "https://api/".to_owned())));

    let newer = refresh.receive(&json(200, &with("id_token", "\"e30.e30.\"")), now()).unwrap();
    assert_eq!(newer.id_token().unwrap().expose(), "e30.e30.");
    assert!(format!("{newer:?}").starts_with("Refreshed { granted: Some(Scope(\"a b\"))"), "{newer:?}");
    let tokens = newer.into_tokens(stored);
    assert_eq!(tokens.refresh_token().unwrap().expose(), "stored");
    assert_eq!((tokens.scope(), tokens.resources()), (Some(&granted), ["https://api/".to_owned()].as_slice()));

    let rotated = GOOD.replace('}', r#","refresh_token":"rotated"}"#);
    let tokens =
        refresh.receive(&json(200, &rotated), now()).unwrap().into_tokens(RefreshToken::new("stored").unwrap());
    assert_eq!(tokens.refresh_token().unwrap().expose(), "rotated");
}

#[test]
fn resources_are_asked_for_again() {
    let (server, client_id) = (server(), client_id());
    let stored = RefreshToken::new("stored").unwrap();
    let request = RefreshRequest::new(&stored, &server, &client_id).resource("https://a.example/");
    let (_, refresh) = request.build(&ClientAuthentication::none()).unwrap();
    let with_refresh_token = GOOD.replace('}', r#","refresh_token":"r"}"#);
    let tokens = refresh.receive(&json(200, &with_refresh_token), now()).unwrap().into_tokens(stored);
    let request = tokens.refresh_request(&server, &client_id).unwrap();
    let (sent, _) = request.build(&ClientAuthentication::none()).unwrap();
    assert!(pairs(sent.body()).contains(&("resource".to_owned(), "https://a.example/".to_owned())));
}

#[test]
fn without_a_refresh_token_there_is_no_request() {
    let (server, client_id) = (server(), client_id());
    let error = receive(GOOD).unwrap().refresh_request(&server, &client_id).unwrap_err();
    assert_eq!(error.code(), "token_request_no_refresh_token");
}

#[test]
fn a_refresh_reads_its_response_by_the_same_rules() {
    let (server, client_id, old) = (server(), client_id(), old());
    let (_, refresh) = old.refresh_request(&server, &client_id).unwrap().build(&ClientAuthentication::none()).unwrap();
    for (status, body, code, retryable) in [
        (400, r#"{"error":"invalid_grant"}"#, "token_refused", false),
        (400, r#"{"error":"temporarily_unavailable"}"#, "token_refused", true),
        (503, r#"{"error":"temporarily_unavailable"}"#, "token_refused", true),
        (503, r#"{"error":"server_error"}"#, "token_refused", true),
        (500, r#"{"error":"server_error"}"#, "token_refused", false),
        (200, r#"{"error":"invalid_grant"}"#, "token_error_with_success", false),
        (200, r#"{"access_token":"a"}"#, "token_type_missing", false),
        (200, r#"{"token_type":"Bearer"}"#, "token_member_missing", false),
        (200, "", "token_empty", false),
        (302, "", "token_redirected", false),
        (429, "", "token_unexpected_status", true),
        (503, "", "token_unexpected_status", true),
        (500, "", "token_unexpected_status", false),
    ] {
        let error = refresh.receive(&json(status, body), now()).unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (code, retryable), "{status} {body}");
    }
}

#[test]
fn f10_the_new_refresh_token_can_be_had_whatever_comes_of_the_rest() {
    let (server, client_id, old) = (server(), client_id(), old());
    let (_, refresh) = old.refresh_request(&server, &client_id).unwrap().build(&ClientAuthentication::none()).unwrap();
    // The ID token may turn out to be another user's: this one is to be stored or revoked all the same.
    let rotated = GOOD.replace('}', r#","refresh_token":"rotated","id_token":"e30.e30.x"}"#);
    let newer = refresh.receive(&json(200, &rotated), now()).unwrap();
    assert_eq!(newer.refresh_token().unwrap().expose(), "rotated");
    let error = refresh.receive(&json(200, &rotated.replace("Bearer", "mac")), now()).unwrap_err();
    assert_eq!(error.tokens().unwrap().refresh_token().unwrap().expose(), "rotated");
}

#[test]
fn what_a_method_sets_is_no_parameter() {
    let (server, client_id, old) = (server(), client_id(), old());
    for (name, expected) in [("scope", Some("token_request_reserved_parameter")), ("own", None)] {
        let request = old.refresh_request(&server, &client_id).unwrap().parameter(name, "admin");
        let error = request.build(&ClientAuthentication::none()).err();
        assert_eq!(error.map(|error| error.code()), expected, "{name}");
    }
}
