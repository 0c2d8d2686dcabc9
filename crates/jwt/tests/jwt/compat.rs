//! What is accepted beside the letter: off, on and needed (the trace says so), on and not needed.

use proofkey_jwt::{IdToken, IdTokenError, NumericDate, Outcome, RelyingParty, Rule};
use serde_json::{Value, json};

use crate::support::*;

const TEMPLATE: &str = "https://login.example/{tenantid}/v2.0";
const OURS: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
const THEIRS: &str = "82229342-1101-4ab6-817b-70c0747630f3";

fn issuer_outcome(id_token: &IdToken) -> Outcome {
    id_token.checks().iter().find(|check| check.rule == Rule::Issuer).unwrap().outcome
}

fn issuer_of(tenant: &str) -> String {
    TEMPLATE.replace("{tenantid}", tenant)
}

fn token_of_tenant(tenant: &str) -> Value {
    with(with(claims(), "iss", json!(issuer_of(tenant))), "tid", json!(tenant))
}

/// For people of our tenant.
fn ours() -> Told {
    expected().issuer_template(TEMPLATE, |tenant| tenant == OURS)
}

fn code(claims: &Value, expected: &Told) -> &'static str {
    validate(&token(claims), expected).unwrap_err().code()
}

#[test]
fn issuer_alias_is_one_other_name() {
    let other = with(claims(), "iss", json!("as.example"));
    assert_eq!(code(&other, &expected()), "id_token_iss_mismatch");
    let alias = || expected().issuer_alias("as.example");
    let id_token = validate(&token(&other), &alias()).unwrap();
    assert_eq!((id_token.issuer(), issuer_outcome(&id_token)), ("as.example", Outcome::HeldByAlias));
    assert_eq!(issuer_outcome(&validate(&token(&claims()), &alias()).unwrap()), Outcome::Held);
    for third in ["AS.example", "as.example/", "http://as.example", "sub.as.example", ""] {
        assert_eq!(code(&with(claims(), "iss", json!(third)), &alias()), "id_token_iss_mismatch", "{third}");
    }
}

#[test]
fn issuer_template_is_filled_with_a_permitted_tenant() {
    assert_eq!(code(&token_of_tenant(OURS), &expected()), "id_token_iss_mismatch");
    let id_token = validate(&token(&token_of_tenant(OURS)), &ours()).unwrap();
    assert_eq!((id_token.issuer(), issuer_outcome(&id_token)), (issuer_of(OURS).as_str(), Outcome::HeldByTemplate));
    // Everything else about this tenant is in order.
    assert_eq!(code(&token_of_tenant(THEIRS), &ours()), "id_token_tid_mismatch");
    assert_eq!(code(&with(token_of_tenant(OURS), "tid", None), &ours()), "id_token_tid_missing");
    assert_eq!(code(&with(token_of_tenant(OURS), "tid", json!([OURS])), &ours()), "id_token_tid_wrong_type");
}

#[test]
fn issuer_template_holds_iss_and_tid_together() {
    // A permitted tenant in `tid`, another one's issuer.
    let mixed = with(token_of_tenant(THEIRS), "tid", json!(OURS));
    assert_eq!(code(&mixed, &ours()), "id_token_iss_mismatch");
    for iss in
        [TEMPLATE, ISSUER, &issuer_of("common"), &issuer_of(&format!("{OURS}/x")), &format!("{}/", issuer_of(OURS))]
    {
        assert_eq!(code(&with(token_of_tenant(OURS), "iss", json!(iss)), &ours()), "id_token_iss_mismatch", "{iss}");
    }
    // What could be a path is no tenant, whoever permits it.
    let anybody = || expected().issuer_template(TEMPLATE, |_| true);
    for tenant in ["", "a/b", "..", "a b", "{tenantid}", "\u{e9}"] {
        assert_eq!(code(&token_of_tenant(tenant), &anybody()), "id_token_tid_mismatch", "{tenant}");
    }
    validate(&token(&token_of_tenant(THEIRS)), &anybody()).unwrap();
    // A template without a place for the tenant fits nobody.
    let without_place = expected().issuer_template(ISSUER, |_| true);
    assert_eq!(code(&with(claims(), "tid", json!(OURS)), &without_place), "id_token_iss_mismatch");
}

#[test]
fn an_id_token_belongs_to_its_issuer_and_client() {
    let party = RelyingParty::new;
    let id_token = validate(&token(&claims()), &expected()).unwrap();
    assert!(
        id_token.belongs_to(&party(ISSUER, CLIENT)) && id_token.belongs_to(&party("x", CLIENT).issuer_alias(ISSUER))
    );
    for other in [party("https://as.example/x", CLIENT), party(ISSUER, "another")] {
        assert!(!id_token.belongs_to(&other.clone()) && !id_token.belongs_to(&other.issuer_alias("as.example")));
    }
    assert!(!id_token.belongs_to(&party(ISSUER, CLIENT).issuer_template(TEMPLATE, |_| true)));
    // A changed tenant policy does not change the token's origin.
    let id_token = validate(&token(&token_of_tenant(OURS)), &ours()).unwrap();
    assert!(id_token.belongs_to(&party(ISSUER, CLIENT).issuer_template(TEMPLATE, |_| false)));
    assert!(!id_token.belongs_to(&party(ISSUER, CLIENT)));
}

#[test]
fn tenants_are_told_apart_at_the_issuer_of_one_tenant_as_well() {
    let expected = || expected().tenants(|tenant| tenant == OURS);
    let id_token = validate(&token(&with(claims(), "tid", json!(OURS))), &expected()).unwrap();
    assert_eq!(issuer_outcome(&id_token), Outcome::Held);
    validate(&token(&claims()), &expected()).unwrap();
    assert_eq!(code(&with(claims(), "tid", json!(THEIRS)), &expected()), "id_token_tid_mismatch");
    assert!(format!("{:?}", expected()).contains("Predicate(..)"));
}

#[test]
fn a_key_may_say_whose_it_is() {
    let token = token(&token_of_tenant(OURS));
    let verdict = |own: Option<Value>, expected: &Told| {
        let key = with(with(ED.jwk(), "kid", json!("k")), "issuer", own);
        validate_with(&token, &set_of(&[key]), expected).map_err(|error: IdTokenError| error.code())
    };
    for own in [None, Some(json!(null)), Some(json!(TEMPLATE)), Some(json!(issuer_of(OURS)))] {
        verdict(own, &ours()).unwrap();
    }
    for foreign in [json!(issuer_of(THEIRS)), json!(ISSUER), json!(""), json!(7)] {
        assert_eq!(verdict(Some(foreign.clone()), &ours()).unwrap_err(), "jws_key_of_another_issuer", "{foreign}");
        // Without a template it is a member like any other.
        let exact = Told::new(issuer_of(OURS), CLIENT).nonce(NONCE).now(at(NOW));
        verdict(Some(foreign), &exact.algorithms([proofkey_jwt::Algorithm::EdDsa])).unwrap();
    }
    let key = set_of(&[with(ED.jwk(), "issuer", json!(TEMPLATE))]);
    assert_eq!(key.keys()[0].issuer(), Some(TEMPLATE));
    // The right key under the same name is found beside one of another issuer.
    let named = |key: Value, own: &str| with(with(key, "kid", json!("k")), "issuer", json!(own));
    let both = set_of(&[named(OTHER_ED.jwk(), ISSUER), named(ED.jwk(), TEMPLATE)]);
    validate_with(&token, &both, &ours()).unwrap();
    // A set without the key is asked for again, as ever.
    let other_name = set_of(&[with(named(ED.jwk(), ISSUER), "kid", json!("other"))]);
    assert!(validate_with(&token, &other_name, &ours()).unwrap_err().is_key_not_found());
}

#[test]
fn a_refresh_stays_with_its_tenant() {
    let any = || expected().issuer_template(TEMPLATE, |_| true);
    let before = validate(&token(&token_of_tenant(OURS)), &any()).unwrap();
    validate(&token(&token_of_tenant(OURS)), &any().refreshed_from(&before)).unwrap();
    // The same subject at another issuer is somebody else.
    assert_eq!(code(&token_of_tenant(THEIRS), &any().refreshed_from(&before)), "id_token_iss_mismatch");
    let alias = || expected().issuer_alias("as.example");
    let before = validate(&token(&with(claims(), "iss", json!("as.example"))), &alias()).unwrap();
    validate(&token(&claims()), &alias().refreshed_from(&before)).unwrap();
}

#[test]
fn updated_at_text_is_a_date_when_told() {
    let date = |value: Value, expected: Told| {
        let id_token = validate(&token(&with(claims(), "updated_at", value)), &expected).unwrap();
        id_token.claims().updated_at().map(NumericDate::as_secs_f64)
    };
    let text = || json!("2026-11-23T22:15:30.250Z");
    assert_eq!(date(text(), expected()), None);
    assert_eq!(date(text(), expected().tolerate_email_verified_text()), None);
    assert_eq!(date(text(), expected().tolerate_updated_at_text()), Some(1_795_472_130.25));
    for expected in [expected(), expected().tolerate_updated_at_text()] {
        assert_eq!(date(json!(1_795_472_130), expected), Some(1_795_472_130.0));
    }
    let exponent = json!("2026-11-23T19:35:30.1e1Z");
    for other in [json!("1795472130"), json!("yesterday"), exponent, json!([]), json!(-1)] {
        assert_eq!(date(other, expected().tolerate_updated_at_text()), None);
    }
}

#[test]
fn email_verified_text_is_true_or_false_when_told() {
    let verified = |value: Value, expected: Told| {
        let id_token = validate(&token(&with(claims(), "email_verified", value)), &expected).unwrap();
        id_token.claims().email_verified()
    };
    let lenient = || expected().tolerate_email_verified_text();
    for (text, flag) in [("true", true), ("false", false)] {
        assert_eq!(verified(json!(text), expected()), None);
        assert_eq!(verified(json!(text), expected().tolerate_updated_at_text()), None);
        assert_eq!(verified(json!(text), lenient()), Some(flag));
        assert_eq!(verified(json!(flag), lenient()), Some(flag));
    }
    for other in [json!("True"), json!("1"), json!("yes"), json!(""), json!(1)] {
        assert_eq!(verified(other.clone(), lenient()), None, "{other}");
    }
}
