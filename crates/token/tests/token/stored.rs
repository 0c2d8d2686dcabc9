//! Tokens written for a store and read back.

use std::time::Duration;

use proofkey_authorize::{Compat, Deviation};
use proofkey_token::{ClientAuthentication, ExchangeRequest, StoredTokensError, TokenSet};
use proptest::prelude::*;

use crate::flow::*;

const FULL: &str = r#"{"access_token":"a\"\\b","token_type":"Bearer","expires_in":"3600","refresh_token":"r \"1\"",
    "scope":"openid notes","id_token":"e30.e30.x","own":{"a":[1,null,1.5]},"huge":18446744073709551615}"#;

fn full() -> TokenSet {
    let server = server().with_compat(Compat::strict().with_expires_in_text());
    let exchange = ExchangeRequest::new(grant(), &server).build(&ClientAuthentication::none()).unwrap().1;
    exchange.receive(&json(200, FULL), now()).unwrap()
}

fn assert_same(read: &TokenSet, tokens: &TokenSet) {
    let secrets = |tokens: &TokenSet| {
        (
            tokens.access_token().map(|token| token.expose().to_owned()),
            tokens.refresh_token().map(|token| token.expose().to_owned()),
            tokens.id_token().map(|token| token.expose().to_owned()),
        )
    };
    assert_eq!(secrets(read), secrets(tokens));
    assert_eq!((read.scope(), read.resources()), (tokens.scope(), tokens.resources()));
    assert_eq!((read.further(), read.deviations()), (tokens.further(), tokens.deviations()));
    assert_eq!((read.expires_in(), read.expires_at()), (tokens.expires_in(), tokens.expires_at()));
}

#[test]
fn b14_everything_survives_a_restart_expiry_included() {
    let tokens = full();
    let read = TokenSet::from_json(&tokens.to_json()).unwrap();
    assert_same(&read, &tokens);
    assert_eq!(read.expires_at(), Some(now() + Duration::from_secs(3600)));
    assert!(read.deviations().contains(Deviation::ExpiresInText));
    // And through any format that can hold a string.
    let stored = serde_json::to_string(&tokens).unwrap();
    assert_same(&serde_json::from_str(&stored).unwrap(), &tokens);
    let (server, id) = (server(), client_id());
    let (request, _) = read.refresh_request(&server, &id).unwrap().build(&ClientAuthentication::none()).unwrap();
    assert!(pairs(request.body()).contains(&("refresh_token".to_owned(), "r \"1\"".to_owned())));
    assert_same(&TokenSet::from_json(&receive(GOOD).unwrap().to_json()).unwrap(), &receive(GOOD).unwrap());
}

#[test]
fn b14_a_member_survives_however_deep_it_may_be() {
    for levels in [1, 127, 128] {
        let own = "[".repeat(levels) + "1" + &"]".repeat(levels);
        let tokens = receive(&format!(r#"{{"access_token":"a","token_type":"Bearer","own":{own}}}"#)).unwrap();
        assert_eq!(tokens.further()["own"].to_string(), own);
        assert_same(&TokenSet::from_json(&tokens.to_json()).unwrap(), &tokens);
    }
}

#[test]
fn b14_the_stored_form_is_this_one() {
    let tokens = receive(r#"{"access_token":"a","token_type":"Bearer","expires_in":60}"#).unwrap();
    assert_eq!(
        *tokens.to_json(),
        r#"{"version":1,"access_token":"a","scope":"openid profile","expires_in":60,"received_at":1700000000000,"resources":[],"further":{},"deviations":[]}"#
    );
}

#[test]
fn b14_another_version_is_refused_by_name_and_so_is_what_is_not_valid() {
    let json = full().to_json();
    let edited = |from: &str, to: &str| {
        assert!(json.contains(from), "{from}");
        TokenSet::from_json(&json.replacen(from, to, 1)).unwrap_err()
    };
    let later = edited("\"version\":1", "\"version\":2");
    assert_eq!((later.code(), later), ("stored_tokens_version", StoredTokensError::Version { version: 2 }));
    assert!(later.to_string().contains("version 2; this crate reads 1"), "{later}");
    for (from, to, member) in [
        ("\"r \\\"1\\\"\"", "\"\\n\"", "refresh_token"),
        ("\"e30.e30.x\"", "7", "id_token"),
        ("\"openid notes\"", "\"\\t\"", "scope"),
        ("3600", "-1", "expires_in"),
        ("1700000000000", "\"now\"", "received_at"),
        ("\"resources\":[]", "\"resources\":[1]", "resources"),
        ("\"further\":{", "\"further\":[],\"x\":{", "further"),
        ("expires_in_text", "later_deviation", "deviations"),
    ] {
        let error = edited(from, to);
        assert_eq!((error.code(), error), ("stored_tokens_invalid", StoredTokensError::Invalid { member }), "{to}");
        assert!(error.to_string().contains(member));
    }
    for broken in ["", "{", "[]", "{}", "{\"version\":1,\"version\":1}", "null"] {
        assert_eq!(TokenSet::from_json(broken).unwrap_err().code(), "stored_tokens_malformed", "{broken}");
    }
    let huge = TokenSet::from_json(&" ".repeat(6 * 1024 * 1024 + 1)).unwrap_err();
    assert_eq!(huge.code(), "stored_tokens_too_large");
}

proptest! {
    #[test]
    fn b14_tokens_of_any_text_come_back(refresh in "[ -~]{1,60}", own in any::<String>()) {
        let body = serde_json::json!({"access_token": "a", "token_type": "Bearer", "refresh_token": refresh, "own": own});
        let tokens = receive(&body.to_string()).unwrap();
        assert_same(&TokenSet::from_json(&tokens.to_json()).unwrap(), &tokens);
    }
}
