//! A validated ID token, stored and read back (B14).

use proofkey_jwt::{IdToken, StoredIdTokenError};
use serde_json::{Value, json};

use crate::support::*;

fn id_token() -> IdToken {
    let own = with(with(claims(), "name", json!("Zo\u{e9} \"Z\"\n\\\u{1}")), "auth_time", json!(NOW - 5));
    let own =
        with(with(own, "email_verified", json!("true")), "x", json!([{"a": {}}, [], null, true, -1.5e300, u64::MAX]));
    validate(&token(&own), &expected().tolerate_email_verified_text()).unwrap()
}

#[test]
fn b14_what_is_stored_is_what_is_read() {
    let before = id_token();
    let text = serde_json::to_string(&before).unwrap();
    for after in [serde_json::from_str(&text).unwrap(), IdToken::from_json(&before.to_json()).unwrap()] {
        let after: IdToken = after;
        assert_eq!((after.issuer(), after.subject()), (ISSUER, "user-17"));
        assert_eq!((after.expires_at(), after.issued_at()), (before.expires_at(), before.issued_at()));
        assert_eq!((after.algorithm(), after.checks()), ("EdDSA", before.checks()));
        assert_eq!(after.claims().email_verified(), Some(true));
        assert_eq!(after.claims().deserialize::<Value>(), before.claims().deserialize::<Value>());
        assert_eq!(after.to_json(), before.to_json());
        // A refresh goes on from it.
        let told = expected().refreshed_from(&after);
        validate(&token(&with(claims(), "auth_time", json!(NOW - 5))), &told).unwrap();
        let other = with(claims(), "sub", json!("user-18"));
        assert_eq!(validate(&token(&other), &told).unwrap_err().code(), "id_token_sub_mismatch");
    }
}

#[test]
fn b14_the_form_is_stable() {
    let stored: Value = serde_json::from_str(&id_token().to_json()).unwrap();
    assert_eq!(stored["version"], 1);
    assert_eq!(stored["algorithm"], "EdDSA");
    assert_eq!(stored["text_claims"], json!(["email_verified"]));
    assert_eq!((&stored["checks"]["iss"], &stored["checks"]["acr"]), (&json!("held"), &json!("not_asked")));
    let stored_claims: Value = serde_json::from_str(stored["claims"].as_str().unwrap()).unwrap();
    assert_eq!(stored_claims["iss"], ISSUER);
}

#[test]
fn b14_what_was_not_stored_by_us_is_refused() {
    let honest: Value = serde_json::from_str(&id_token().to_json()).unwrap();
    IdToken::from_json(&honest.to_string()).unwrap();
    let code = |text: &str| IdToken::from_json(text).unwrap_err().code();
    for version in [0, 2, 99] {
        assert_eq!(code(&with(honest.clone(), "version", json!(version)).to_string()), "stored_id_token_version");
    }
    let claims_of = |name: &str| {
        let claims: Value = serde_json::from_str(honest["claims"].as_str().unwrap()).unwrap();
        json!(with(claims, name, None).to_string())
    };
    for (name, value) in [
        ("version", Some(json!("1"))),
        ("version", None),
        ("algorithm", Some(json!("none"))),
        ("algorithm", None),
        ("checks", Some(json!({"iss": "held", "further": "held"}))),
        ("checks", Some(json!({"iss": "perhaps"}))),
        ("checks", None),
        ("text_claims", Some(json!(["name"]))),
        ("text_claims", None),
        ("claims", Some(json!({}))),
        ("claims", Some(json!("[]"))),
        ("claims", Some(json!(r#"{"iss":1,"iss":2}"#))),
        ("claims", Some(claims_of("iss"))),
        ("claims", Some(claims_of("sub"))),
        ("claims", Some(claims_of("exp"))),
        ("claims", Some(claims_of("iat"))),
        ("claims", None),
    ] {
        let text = with(honest.clone(), name, value.clone()).to_string();
        assert_eq!(code(&text), "stored_id_token_malformed", "{name}: {value:?}");
        let error = serde_json::from_value::<IdToken>(json!(text)).unwrap_err();
        assert_eq!(error.to_string(), StoredIdTokenError::Malformed.to_string());
    }
    for text in ["", "null", "[]", &honest.to_string()[1..], &" ".repeat(600_000)] {
        assert_eq!(code(text), "stored_id_token_malformed");
    }
    assert!(serde_json::from_value::<IdToken>(honest).is_err(), "a string, not an object");
}
