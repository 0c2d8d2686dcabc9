use std::time::Duration;

use proofkey_jwt::{Algorithm, HmacKey, MacAlgorithm, Outcome, Rule};
use serde_json::json;

use crate::support::*;

#[test]
fn the_honest_token_is_accepted_and_every_check_is_listed() {
    let honest = with(with(with(claims(), "nbf", json!(NOW)), "acr", json!("gold")), "auth_time", json!(NOW - 5));
    let expected = expected().max_age(Duration::from_secs(60)).acr(["silver", "gold"]);
    let id_token = validate(&token(&honest), &expected).unwrap();
    assert_eq!((id_token.issuer(), id_token.subject()), (ISSUER, "user-17"));
    assert_eq!(id_token.audience().collect::<Vec<_>>(), [CLIENT]);
    assert_eq!(id_token.expires_at().to_system_time(), at(NOW + 3600));
    assert_eq!(id_token.issued_at().as_secs_f64(), NOW as f64);
    assert_eq!(id_token.algorithm(), "EdDSA");

    let rules: Vec<_> = id_token.checks().iter().map(|check| check.rule).collect();
    assert_eq!(rules, Rule::ID_TOKEN, "each rule once, in order");
    let held: Vec<_> =
        id_token.checks().iter().filter(|check| check.outcome == Outcome::Held).map(|check| check.rule.id()).collect();
    assert_eq!(held, ["iss", "aud", "alg", "signature", "sub", "exp", "nbf", "iat", "nonce", "acr", "auth_time"]);
    let mut ids: Vec<_> = Rule::ID_TOKEN.iter().map(|rule| rule.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Rule::ID_TOKEN.len());
    assert!(
        Rule::ID_TOKEN
            .iter()
            .all(|rule| rule.section().contains(char::is_numeric) && rule.compared().contains(" with "))
    );
    let read = id_token.claims();
    assert_eq!(read.expires_at().unwrap().to_system_time(), at(NOW + 3600));
    assert_eq!(read.not_before().unwrap().to_system_time(), at(NOW));
    assert_eq!(read.authentication_context(), Some("gold"));
}

#[test]
fn debug_shows_what_was_checked_and_no_claim() {
    let id_token = validate(&token(&claims()), &expected()).unwrap();
    let shown = format!("{id_token:?}");
    assert!(
        shown.starts_with(r#"IdToken { issuer: "https://as.example", algorithm: "EdDSA", claims: Claims(6 claims)"#)
    );
    assert!(!shown.contains("user-17"), "{shown}");
    let shown = format!("{:?}", expected().refreshed_from(&id_token));
    assert!(shown.contains("Before(..)") && !shown.contains("user-17") && !shown.contains(NONCE), "{shown}");
    assert!(format!("{:?}", expected()).contains("nonce: Sent(..)"), "{:?}", expected());
    let shown = format!("{:?}", set(&ED));
    assert!(shown.starts_with(r#"JwkSet { keys: [Jwk { kind: "Ed25519""#), "{shown}");
    let secret = [7; 32];
    assert_eq!(format!("{:?}", HmacKey::new(MacAlgorithm::Hs256, &secret).unwrap()), "HmacKey(HS256, ..)");
}

#[test]
fn id_23_a_clock_before_1970_is_before_every_token() {
    let early = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(3600);
    let first = with(with(claims(), "iat", json!(0)), "exp", json!(1800));
    assert_eq!(validate(&token(&first), &expected().now(early)).unwrap_err().code(), "id_token_iat_in_the_future");
    assert_eq!(validate(&token(&first), &expected().now(at(0))).unwrap().subject(), "user-17");
}

#[test]
fn the_first_broken_rule_is_the_one_named() {
    let bent = with(with(with(claims(), "iss", json!("x")), "aud", json!("x")), "exp", json!(1));
    assert_eq!(validate(&token(&bent), &expected()).unwrap_err().code(), "id_token_iss_mismatch");
    let bent = with(bent, "iss", json!(ISSUER));
    assert_eq!(validate(&token(&bent), &expected()).unwrap_err().code(), "id_token_aud_mismatch");
    let bent = with(bent, "aud", json!(CLIENT));
    assert_eq!(validate(&token(&bent), &expected()).unwrap_err().code(), "id_token_exp_expired");
}

#[test]
fn id_07_iss_is_exact() {
    for other in [
        "https://as.example/",
        "https://as.exampl",
        "https://as.example.attacker.example",
        "https://AS.example",
        "http://as.example",
        "https://other.example",
        " https://as.example",
        "",
    ] {
        assert_eq!(refusal("iss", json!(other)), "id_token_iss_mismatch", "{other}");
    }
    assert_eq!(refusal("iss", None), "id_token_iss_missing");
    for other in [json!([ISSUER]), json!(7), json!({"iss": ISSUER}), json!(true)] {
        assert_eq!(refusal("iss", other), "id_token_iss_wrong_type");
    }
}

#[test]
fn id_08_aud_names_the_client() {
    validate(&token(&with(claims(), "aud", json!([CLIENT]))), &expected()).unwrap();
    let several = with(with(claims(), "aud", json!(["api", CLIENT])), "azp", json!(CLIENT));
    validate(&token(&several), &expected().trusted_audiences(["api"])).unwrap();
    assert_eq!(refusal("aud", None), "id_token_aud_missing");
    assert_eq!(refusal("aud", json!([])), "id_token_aud_empty");
    for other in ["other", "client-i", "client-id2", "Client-id", "client-id ", "other client-id", ""] {
        assert_eq!(refusal("aud", json!(other)), "id_token_aud_mismatch", "{other}");
        assert_eq!(refusal("aud", json!([other])), "id_token_aud_mismatch", "{other}");
    }
}

#[test]
fn id_09_a_further_audience_is_refused_unless_trusted() {
    let several = with(with(claims(), "aud", json!([CLIENT, "api"])), "azp", json!(CLIENT));
    assert_eq!(validate(&token(&several), &expected()).unwrap_err().code(), "id_token_aud_untrusted");
    let other = expected().trusted_audiences(["ap", "api2"]);
    assert_eq!(validate(&token(&several), &other).unwrap_err().code(), "id_token_aud_untrusted");
    validate(&token(&several), &expected().trusted_audiences(["api"])).unwrap();
}

#[test]
fn f4_id_10_trusted_audiences_need_no_azp() {
    let several = with(claims(), "aud", json!([CLIENT, "api"]));
    let id_token = validate(&token(&several), &expected().trusted_audiences(["api"])).unwrap();
    assert_eq!(outcome(&id_token, Rule::AuthorizedParty), Outcome::Absent);
    validate(&token(&with(several, "azp", json!(CLIENT))), &expected().trusted_audiences(["api"])).unwrap();
}

#[test]
fn id_11_azp_names_the_client_and_never_stands_for_aud() {
    validate(&token(&with(claims(), "azp", json!(CLIENT))), &expected()).unwrap();
    assert_eq!(refusal("azp", json!("other")), "id_token_azp_mismatch");
    assert_eq!(refusal("azp", json!("")), "id_token_azp_mismatch");
    assert_eq!(refusal("azp", json!([CLIENT])), "id_token_azp_wrong_type");
    let swapped = with(with(claims(), "aud", json!("other")), "azp", json!(CLIENT));
    assert_eq!(validate(&token(&swapped), &expected()).unwrap_err().code(), "id_token_aud_mismatch");
}

#[test]
fn f4_azp_may_name_a_trusted_party() {
    let android = with(claims(), "azp", json!("android"));
    let trusting = || expected().party(|party| party.trusted_parties(["ios", "android"]));
    let id_token = validate(&token(&android), &trusting()).unwrap();
    assert_eq!(outcome(&id_token, Rule::AuthorizedParty), Outcome::HeldByTrust);
    let own = validate(&token(&with(claims(), "azp", json!(CLIENT))), &trusting()).unwrap();
    assert_eq!(outcome(&own, Rule::AuthorizedParty), Outcome::Held);
    for other in ["andro", "android2", "Android", ""] {
        let claims = with(claims(), "azp", json!(other));
        assert_eq!(validate(&token(&claims), &trusting()).unwrap_err().code(), "id_token_azp_mismatch", "{other}");
    }
    // A trusted party is not a trusted audience, and the other way round.
    let audience = with(claims(), "aud", json!([CLIENT, "android"]));
    assert_eq!(validate(&token(&audience), &trusting()).unwrap_err().code(), "id_token_aud_untrusted");
    let other = validate(&token(&android), &expected().trusted_audiences(["android"])).unwrap_err();
    assert_eq!(other.code(), "id_token_azp_mismatch");
}

#[test]
fn b6_audiences_are_trusted_by_a_predicate() {
    let trusting = || expected().party(|party| party.trusted_audiences_by(|audience| audience.ends_with("@project")));
    let of = |audience: serde_json::Value| validate(&token(&with(claims(), "aud", audience)), &trusting());
    of(json!([CLIENT, "1@project", "2@project"])).unwrap();
    of(json!(CLIENT)).unwrap();
    assert_eq!(of(json!([CLIENT, "1@project", "api"])).unwrap_err().code(), "id_token_aud_untrusted");
    assert_eq!(of(json!(["1@project"])).unwrap_err().code(), "id_token_aud_mismatch");
    let both = trusting().trusted_audiences(["api"]);
    validate(&token(&with(claims(), "aud", json!([CLIENT, "1@project", "api"]))), &both).unwrap();
}

#[test]
fn f10_null_is_absent() {
    for required in ["iss", "aud", "sub", "exp", "iat", "nonce"] {
        assert_eq!(refusal(required, json!(null)), format!("id_token_{required}_missing"));
    }
    for optional in ["azp", "nbf", "acr", "auth_time", "at_hash", "c_hash"] {
        let expected = expected().access_token("access token").code("code");
        validate(&token(&with(claims(), optional, json!(null))), &expected).unwrap();
    }
    let asking = expected().acr(["gold"]).max_age(Duration::from_secs(60));
    let code = |name: &str, other: &str, value| {
        let claims = with(with(claims(), other, value), name, json!(null));
        validate(&token(&claims), &asking).unwrap_err().code()
    };
    assert_eq!(code("acr", "auth_time", json!(NOW)), "id_token_acr_missing");
    assert_eq!(code("auth_time", "acr", json!("gold")), "id_token_auth_time_missing");
    for name in ["kid", "typ", "cty", "crit", "b64"] {
        let header = with(header(), name, json!(null)).to_string();
        let token = token_of(&header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa);
        validate(&token, &expected()).unwrap();
    }
    assert_eq!(header_refusal(r#"{"alg":null,"kid":"k"}"#), "jwt_alg_missing");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","x":null,"crit":["x"]}"#), "jwt_crit_absent");
}

#[test]
fn f12_both_values_of_a_comparison_are_shown() {
    let error = |name: &str, value| validate(&token(&with(claims(), name, value)), &expected()).unwrap_err();
    for (name, value, shown) in [
        ("iss", json!("https://as.example/"), "(expected: https://as.example; received: https://as.example/)"),
        ("aud", json!(["a", "b"]), r#"(expected: client-id; received: "a", "b")"#),
        ("aud", json!([CLIENT, "api\r\n"]), "(expected: \"client-id\"; received: api\u{fffd}\u{fffd})"),
        ("azp", json!("x".repeat(200)), &format!("(expected: \"client-id\"; received: {}...)", "x".repeat(120))),
    ] {
        let error = error(name, value);
        assert!(error.to_string().ends_with(shown), "{error}");
    }
    // Those that identify the user or the login stay hidden.
    for (name, secret) in [("nonce", "n-0S6_WzA2Mk"), ("sub", "\u{e9}user-18"), ("tid", "tenant-7"), ("acr", "gold-9")]
    {
        let told = expected().acr(["silver"]).tenants(|_| false);
        let error = validate(&token(&with(claims(), name, json!(secret))), &told).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    }
    let typed = with(header(), "typ", json!("at+jwt")).to_string();
    let typed = token_of(&typed, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa);
    assert!(validate(&typed, &expected()).unwrap_err().to_string().contains("typ is \"at+jwt\""));
    let algorithm =
        validate(&token(&claims()), &expected().algorithms([Algorithm::Rs256, Algorithm::Es256])).unwrap_err();
    assert!(algorithm.to_string().starts_with(r#"the token's alg is "EdDSA", and accepted here: "RS256", "ES256";"#));
    let other = set_of(&[with(ED.jwk(), "kid", json!("a")), with(OTHER_ED.jwk(), "kid", json!("b"))]);
    let key = validate_with(&token(&claims()), &other, &expected()).unwrap_err();
    assert!(key.to_string().contains(r#"the kid "k" and serves EdDSA; the set has: "a", "b";"#), "{key}");
}

#[test]
fn a_nonce_that_is_not_returned_can_be_tolerated() {
    let lenient = || expected().tolerate_nonce_not_returned();
    let none = with(claims(), "nonce", None);
    assert_eq!(validate(&token(&none), &expected()).unwrap_err().code(), "id_token_nonce_missing");
    let id_token = validate(&token(&none), &lenient()).unwrap();
    assert_eq!(outcome(&id_token, Rule::Nonce), Outcome::NotReturned);
    assert_eq!(outcome(&validate(&token(&claims()), &lenient()).unwrap(), Rule::Nonce), Outcome::Held);
    let other = with(claims(), "nonce", json!("another"));
    assert_eq!(validate(&token(&other), &lenient()).unwrap_err().code(), "id_token_nonce_mismatch");
}

fn outcome(id_token: &proofkey_jwt::IdToken, rule: Rule) -> Outcome {
    id_token.checks().iter().find(|check| check.rule == rule).unwrap().outcome
}

#[test]
fn id_15_none_is_refused_as_an_id_token() {
    let unsigned = format!("{}.{}.", encode(br#"{"alg":"none"}"#), encode(claims().to_string().as_bytes()));
    assert_eq!(validate(&unsigned, &expected()).unwrap_err().code(), "jwt_alg_none");
    validate(&token(&claims()), &expected()).unwrap();
}

#[test]
fn id_17_exp_has_passed() {
    let check = |exp: u64, leeway: u64| {
        let expected = expected().leeway(Duration::from_secs(leeway));
        validate(&token(&with(claims(), "exp", json!(exp))), &expected).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(check(NOW, 0), Err("id_token_exp_expired"));
    assert_eq!(check(NOW + 1, 0), Ok(()));
    assert_eq!(check(NOW - 60, 60), Err("id_token_exp_expired"));
    assert_eq!(check(NOW - 59, 60), Ok(()));
    assert_eq!(check(0, 60), Err("id_token_exp_expired"));
    // Sixty seconds unless told otherwise.
    validate(&token(&with(claims(), "exp", json!(NOW - 59))), &expected()).unwrap();
    assert_eq!(refusal("exp", json!(NOW - 60)), "id_token_exp_expired");
}

#[test]
fn id_18_jw_20_exp_is_a_number_or_a_fault() {
    assert_eq!(refusal("exp", None), "id_token_exp_missing");
    for other in [json!("1800003600"), json!(true), json!([NOW]), json!({}), json!("NaN")] {
        assert_eq!(refusal("exp", other.clone()), "id_token_exp_wrong_type", "{other}");
    }
    assert_eq!(refusal_raw("exp", "-1"), "id_token_exp_out_of_range");
    assert_eq!(refusal_raw("exp", "1e400"), "id_token_exp_out_of_range");
    assert_eq!(refusal_raw("exp", "-1e400"), "id_token_exp_out_of_range");
    assert_eq!(refusal_raw("exp", "NaN"), "jwt_bad_json");
    assert_eq!(refusal_raw("exp", "Infinity"), "jwt_bad_json");
    validate(&token_raw("exp", "1800003600.75"), &expected()).unwrap();
    validate(&token_raw("exp", "1.8000036e9"), &expected()).unwrap();
}

#[test]
fn jw_23_dates_beyond_every_range_never_become_valid() {
    for text in [
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "1e308",
        "253402300800",
        "1800003600000",
        "99999999999999999999999999999999999999",
    ] {
        for name in ["exp", "iat", "nbf", "auth_time"] {
            assert_eq!(refusal_raw(name, text), format!("id_token_{name}_out_of_range"), "{text}");
        }
    }
    validate(&token_raw("exp", "253402300799"), &expected()).unwrap();
    // Elsewhere such a number is no date, but still nothing that can be held.
    assert_eq!(refusal_raw("further", "1e400"), "jwt_number_out_of_range");
    // Neither leeway nor max_age overflows.
    let wide = expected().leeway(Duration::MAX).max_age(Duration::MAX).max_issued_age(Duration::MAX);
    validate(&token(&with(claims(), "auth_time", json!(0))), &wide).unwrap();
    let early = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(validate(&token(&claims()), &expected().now(early)).unwrap_err().code(), "id_token_iat_in_the_future");
}

#[test]
fn jw_20_jw_21_nbf_is_a_number_and_has_come() {
    validate(&token(&with(claims(), "nbf", json!(NOW + 60))), &expected()).unwrap();
    assert_eq!(refusal("nbf", json!(NOW + 61)), "id_token_nbf_not_yet_valid");
    assert_eq!(refusal_with("nbf", json!(NOW + 1), || expected().leeway(Duration::ZERO)), "id_token_nbf_not_yet_valid");
    for other in [json!("1"), json!(false), json!([])] {
        assert_eq!(refusal("nbf", other), "id_token_nbf_wrong_type");
    }
    assert_eq!(refusal("nbf", json!(-1)), "id_token_nbf_out_of_range");
}

#[test]
fn id_19_iat_is_there_and_a_number() {
    assert_eq!(refusal("iat", None), "id_token_iat_missing");
    for other in [json!("1800000000"), json!(true), json!([NOW])] {
        assert_eq!(refusal("iat", other), "id_token_iat_wrong_type");
    }
    assert_eq!(refusal_raw("iat", "1e400"), "id_token_iat_out_of_range");
    validate(&token_raw("iat", "1799999999.5"), &expected()).unwrap();
}

#[test]
fn id_20_iat_is_not_in_the_future_nor_older_than_allowed() {
    validate(&token(&with(claims(), "iat", json!(NOW + 60))), &expected()).unwrap();
    assert_eq!(refusal("iat", json!(NOW + 61)), "id_token_iat_in_the_future");
    // No limit on its age unless the caller sets one.
    validate(&token(&with(claims(), "iat", json!(0))), &expected()).unwrap();
    let limited = || expected().max_issued_age(Duration::from_secs(600));
    assert_eq!(refusal_with("iat", json!(NOW - 661), limited), "id_token_iat_too_old");
    validate(&token(&with(claims(), "iat", json!(NOW - 660))), &limited()).unwrap();
}

#[test]
fn id_21_the_nonce_sent_must_come_back() {
    assert_eq!(refusal("nonce", None), "id_token_nonce_missing");
    assert_eq!(refusal("nonce", json!("")), "id_token_nonce_empty");
    for other in ["n-0S6_WzA2Mk", "n-0S6_WzA2M", "n-0S6_WzA2Mj ", "N-0S6_WzA2Mj", "of another flow"] {
        assert_eq!(refusal("nonce", json!(other)), "id_token_nonce_mismatch", "{other}");
    }
    for other in [json!([NONCE]), json!(7)] {
        assert_eq!(refusal("nonce", other), "id_token_nonce_wrong_type");
    }
}

#[test]
fn id_22_a_nonce_that_nobody_sent_is_refused_unless_it_is_anothers() {
    let unasked = || Told::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa]).now(at(NOW));
    assert_eq!(validate(&token(&claims()), &unasked()).unwrap_err().code(), "id_token_nonce_unasked");
    validate(&token(&with(claims(), "nonce", None)), &unasked()).unwrap();
    let id_token = validate(&token(&claims()), &unasked().accept_any_nonce()).unwrap();
    let nonce = id_token.checks().iter().find(|check| check.rule == Rule::Nonce).unwrap();
    assert_eq!(nonce.outcome, Outcome::NotAsked, "and the trace does not claim that it was compared");
    validate(&token(&with(claims(), "nonce", None)), &unasked().accept_any_nonce()).unwrap();
}

#[test]
fn id_23_acr_is_one_of_those_asked_for() {
    let asking = || expected().acr(["gold", "silver"]);
    let acr = |value| validate(&token(&with(claims(), "acr", value)), &asking()).map(|_| ()).map_err(|e| e.code());
    assert_eq!(acr(Some(json!("silver"))), Ok(()));
    assert_eq!(acr(Some(json!("bronze"))), Err("id_token_acr_mismatch"));
    assert_eq!(acr(Some(json!("Gold"))), Err("id_token_acr_mismatch"));
    assert_eq!(acr(None), Err("id_token_acr_missing"));
    assert_eq!(acr(Some(json!(["gold"]))), Err("id_token_acr_wrong_type"));
    assert_eq!(refusal("acr", json!(1)), "id_token_acr_wrong_type");
    validate(&token(&with(claims(), "acr", json!("anything"))), &expected()).unwrap();
}

#[test]
fn id_24_auth_time_is_no_older_than_max_age() {
    let asking = || expected().max_age(Duration::from_secs(300));
    let auth_time =
        |value| validate(&token(&with(claims(), "auth_time", value)), &asking()).map(|_| ()).map_err(|e| e.code());
    assert_eq!(auth_time(Some(json!(NOW - 360))), Ok(()));
    assert_eq!(auth_time(Some(json!(NOW - 361))), Err("id_token_auth_time_too_old"));
    assert_eq!(auth_time(None), Err("id_token_auth_time_missing"));
    assert_eq!(auth_time(Some(json!("1800000000"))), Err("id_token_auth_time_wrong_type"));
    assert_eq!(auth_time(Some(json!(NOW + 61))), Err("id_token_auth_time_in_the_future"));
    validate(&token(&with(claims(), "auth_time", json!(0))), &expected()).unwrap();
    let zero = expected().max_age(Duration::ZERO);
    validate(&token(&with(claims(), "auth_time", json!(NOW - 60))), &zero).unwrap();
}

#[test]
fn id_25_sub_is_1_to_255_printable_characters() {
    assert_eq!(refusal("sub", None), "id_token_sub_missing");
    assert_eq!(refusal("sub", json!("")), "id_token_sub_empty");
    assert_eq!(refusal("sub", json!("a".repeat(256))), "id_token_sub_too_long");
    assert_eq!(refusal("sub", json!("ü")), "id_token_sub_bad_character");
    assert_eq!(refusal("sub", json!("a\u{0}")), "id_token_sub_bad_character");
    for other in [json!(17), json!(["user-17"])] {
        assert_eq!(refusal("sub", other), "id_token_sub_wrong_type");
    }
    validate(&token(&with(claims(), "sub", json!("a".repeat(255)))), &expected()).unwrap();
    validate(&token(&with(claims(), "sub", json!("auth0|a b~"))), &expected()).unwrap();
}

#[test]
fn jw_22_aud_of_a_wrong_type_is_refused() {
    for other in [json!(7), json!({"client-id": 1}), json!([CLIENT, 7]), json!([null]), json!([[CLIENT]]), json!(true)]
    {
        assert_eq!(refusal("aud", other.clone()), "id_token_aud_wrong_type", "{other}");
    }
}

#[test]
fn jw_25_tokens_of_other_kinds_are_refused() {
    for typ in ["at+jwt", "application/at+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "AT+JWT", "JWS", "", "jwt "] {
        assert_eq!(header_refusal(&with(header(), "typ", json!(typ)).to_string()), "id_token_typ_mismatch", "{typ}");
    }
    for typ in ["JWT", "jwt", "application/jwt"] {
        let header = with(header(), "typ", json!(typ)).to_string();
        let token = token_of(&header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa);
        validate(&token, &expected()).unwrap();
    }
}

#[test]
fn jw_26_an_access_token_is_no_id_token() {
    // By its type; by its audience where it has no type; by its nonce where it has no other audience.
    let access = with(with(claims(), "nonce", None), "scope", json!("openid"));
    let typed = with(header(), "typ", json!("at+jwt")).to_string();
    let typed = token_of(&typed, access.to_string().as_bytes(), &ED, Algorithm::EdDsa);
    assert_eq!(validate(&typed, &expected()).unwrap_err().code(), "id_token_typ_mismatch");
    let other_audience = with(access.clone(), "aud", json!("https://api.example"));
    assert_eq!(validate(&token(&other_audience), &expected()).unwrap_err().code(), "id_token_aud_mismatch");
    assert_eq!(validate(&token(&access), &expected()).unwrap_err().code(), "id_token_nonce_missing");
}

#[test]
fn claims_are_read_by_name_and_type() {
    let rich = json!({
        "name": "Zoë \"Z\" Example", "email": "z@example.com", "email_verified": true, "amr": ["pwd", "otp", 7],
        "picture": "https://example.com/z.png", "preferred_username": "zoe", "jti": "j", "n": null,
        "address": {"country": "NL", "lines": ["a", "b"]}, "whole": -7, "large": u64::MAX, "half": 0.5,
    });
    let mut all = claims();
    all.as_object_mut().unwrap().extend(rich.as_object().unwrap().clone());
    let id_token = validate(&token(&all), &expected()).unwrap();
    let claims = id_token.claims();
    assert_eq!(claims.name(), Some("Zoë \"Z\" Example"));
    assert_eq!((claims.email(), claims.email_verified()), (Some("z@example.com"), Some(true)));
    assert_eq!(claims.authentication_methods().collect::<Vec<_>>(), ["pwd", "otp"]);
    assert_eq!((claims.picture(), claims.preferred_username()), (Some("https://example.com/z.png"), Some("zoe")));
    assert_eq!((claims.token_id(), claims.nonce()), (Some("j"), Some(NONCE)));
    assert!(claims.get("n").unwrap().is_null() && !claims.get("iss").unwrap().is_null());
    assert_eq!(format!("{:?} {:?}", claims.get("n").unwrap(), claims.get("iss").unwrap()), "null String(..)");
    assert!(claims.get("absent").is_none());
    let address = claims.get("address").unwrap();
    assert_eq!(address.get("country").unwrap().as_str(), Some("NL"));
    assert_eq!(address.get("lines").unwrap().items().unwrap().nth(1).unwrap().as_str(), Some("b"));
    assert_eq!(address.members().unwrap().map(|(name, _)| name).collect::<Vec<_>>(), ["country", "lines"]);
    assert_eq!(claims.get("whole").unwrap().as_i64(), Some(-7));
    assert_eq!((claims.get("large").unwrap().as_i64(), claims.get("half").unwrap().as_i64()), (None, None));
    assert_eq!(claims.get("half").unwrap().as_f64(), Some(0.5));
    assert_eq!(claims.iter().count(), claims.len());
    assert!(!claims.is_empty());
    let strict = with(all, "email_verified", json!("true"));
    assert_eq!(validate(&token(&strict), &expected()).unwrap().claims().email_verified(), None);
}
