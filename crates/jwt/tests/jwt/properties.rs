//! Nothing panics, and nothing that was handed in comes back out of an error or a `Debug`.

use proofkey_jwt::{Algorithm, HmacKey, JwkSet, Jws, MacAlgorithm, Required, danger};
use proptest::prelude::*;
use serde_json::json;

use crate::support::*;

const SENTINEL: &str = "sEnTiNeL";

fn everything_about(token: &str) -> String {
    let keys = set(&ED);
    let expected = expected();
    let mut said = Vec::new();
    let mut note = |text: String| said.push(text);
    match danger::decode_unverified(token) {
        Ok(seen) => {
            note(format!("{seen:?} {:?}", seen.unverified_claims()));
            for (_, value) in seen.unverified_claims().iter() {
                note(format!("{value:?} {:?}", value.items().map(|items| items.collect::<Vec<_>>())));
            }
        }
        Err(error) => note(format!("{error} {error:?} {}", error.code())),
    }
    match Jws::verify(token, &keys, &[Algorithm::EdDsa]) {
        Ok(jws) => note(format!("{jws:?}")),
        Err(error) => note(format!("{error} {error:?} {}", error.code())),
    }
    match validate_with(token, &keys, &expected) {
        Ok(id_token) => note(format!("{:?}", id_token.claims())),
        Err(error) => note(format!("{error} {error:?} {}", error.code())),
    }
    match crate::access_token::receive_at(token, &crate::access_token::server(), &Required::new(), at(NOW)) {
        Ok(access) => note(format!("{access:?}")),
        Err(error) => note(format!("{error} {error:?} {}", error.code())),
    }
    match crate::logout_token::receive(token) {
        Ok(logout) => note(format!("{logout:?}")),
        Err(error) => note(format!("{error} {error:?} {}", error.code())),
    }
    match crate::dpop_proof::prove(token, at(NOW)) {
        Ok(proof) => note(format!("{proof:?}")),
        Err(error) => note(format!("{error} {error:?} {}", error.code())),
    }
    said.concat()
}

/// JSON of whatever shape, each string and name with the sentinel in it.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        any::<f64>().prop_map(|value| json!(value)),
        ".{0,8}".prop_map(|text| json!(format!("{SENTINEL}{text}"))),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| json!(items)),
            prop::collection::vec((".{0,6}", inner), 0..6).prop_map(|members| {
                json!(
                    members
                        .into_iter()
                        .map(|(name, value)| (format!("{SENTINEL}{name}"), value))
                        .collect::<serde_json::Map<_, _>>()
                )
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(token in ".{0,300}") {
        everything_about(&token);
    }

    #[test]
    fn no_segments_panic(parts in prop::collection::vec("[A-Za-z0-9_=+/-]{0,80}", 0..7)) {
        everything_about(&parts.join("."));
    }

    #[test]
    fn no_octets_panic(header in prop::collection::vec(any::<u8>(), 0..80), payload in prop::collection::vec(any::<u8>(), 0..80)) {
        everything_about(&format!("{}.{}.AAAA", encode(&header), encode(&payload)));
        let _ = JwkSet::parse(&header);
    }

    #[test]
    fn no_header_says_what_it_holds(name in prop::sample::select(vec!["alg", "kid", "typ", "crit", "cty", "b64", "x"]), value in any_json()) {
        let may_be_shown = ["alg", "kid", "typ"].contains(&name) && value.is_string();
        let header = with(header(), name, value).to_string();
        let token = token_of(&header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa);
        let said = everything_about(&token);
        prop_assert!(may_be_shown || !said.contains(SENTINEL));
        prop_assert!(said.bytes().all(|byte| byte >= b' '));
    }

    #[test]
    fn no_claim_says_what_it_holds(
        name in prop::sample::select(vec!["iss", "sub", "aud", "azp", "exp", "nbf", "iat", "nonce", "acr", "auth_time", "at_hash", "c_hash", "email"]),
        value in any_json(),
    ) {
        let said = everything_about(&token(&with(claims(), name, value)));
        prop_assert!(["iss", "aud", "azp"].contains(&name) || !said.contains(SENTINEL));
        prop_assert!(said.bytes().all(|byte| byte >= b' '));
    }

    #[test]
    fn no_cut_or_bent_token_says_what_it_holds(at in 0_usize..300, octet in any::<char>()) {
        let honest = token(&with(claims(), "email", json!(SENTINEL)));
        let at = at.min(honest.len());
        everything_about(&honest[..at]);
        let bent = format!("{}{octet}{}", &honest[..at], &honest[at..]);
        let said = everything_about(&bent);
        prop_assert!(!said.contains(SENTINEL) && !said.contains(&encode(SENTINEL.as_bytes())[..8]));
    }

    #[test]
    fn no_claim_of_an_access_token_says_what_it_holds(
        name in prop::sample::select(vec!["iss", "aud", "sub", "client_id", "jti", "exp", "nbf", "iat", "scope", "scp", "cnf", "acr", "auth_time"]),
        value in any_json(),
    ) {
        let may_be_shown = ["iss", "aud"].contains(&name);
        let said = everything_about(&crate::access_token::at_jwt(&with(crate::access_token::access(), name, value)));
        prop_assert!(may_be_shown || !said.contains(SENTINEL));
        prop_assert!(said.bytes().all(|byte| byte >= b' '));
    }

    #[test]
    fn no_claim_of_a_logout_token_says_what_it_holds(
        name in prop::sample::select(vec!["iss", "aud", "sub", "sid", "jti", "exp", "nbf", "iat", "events", "nonce"]),
        value in any_json(),
    ) {
        let claims = with(crate::logout_token::logout(), name, value);
        let said = everything_about(&crate::logout_token::typed(Some("logout+jwt"), &claims));
        prop_assert!(["iss", "aud"].contains(&name) || !said.contains(SENTINEL));
        prop_assert!(said.bytes().all(|byte| byte >= b' '));
    }

    #[test]
    fn no_dpop_proof_says_what_it_holds(
        name in prop::sample::select(vec!["jti", "htm", "htu", "iat", "ath", "nonce", "jwk"]),
        value in any_json(),
    ) {
        use crate::dpop_proof::{TOKEN, proof, proof_claims, proof_header};
        let (header, claims) = (proof_header(&ED, Algorithm::EdDsa), proof_claims(TOKEN));
        let text = match name {
            "jwk" => proof(&with(header, name, with(ED.jwk(), "kid", value)), &claims),
            name => proof(&header, &with(claims, name, value)),
        };
        let said = everything_about(&text);
        // The URL is shown, since a proxy is the usual fault.
        prop_assert!(name == "htu" || !said.contains(SENTINEL));
        prop_assert!(said.bytes().all(|byte| byte >= b' '));
    }

    #[test]
    fn no_key_set_panics_or_says_what_it_holds(entries in prop::collection::vec(any_json(), 0..4), name in prop::sample::select(vec!["kty", "n", "e", "crv", "x", "y", "alg", "use", "key_ops", "kid", "d"]), value in any_json()) {
        let mut keys = entries;
        keys.push(with(P256.jwk(), name, value.clone()));
        keys.push(with(RSA.jwk(), name, value.clone()));
        keys.push(with(ED.jwk(), name, value));
        let set = JwkSet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
        let said = format!("{set:?}");
        prop_assert!(name == "kid" || !said.contains(SENTINEL));
        prop_assert_eq!(set.keys().len() + set.skipped().len(), keys.len());
    }

    #[test]
    fn what_is_read_is_what_serde_json_writes(value in any_json()) {
        let payload = with(claims(), "further", value.clone()).to_string();
        let token = token_of(&header().to_string(), payload.as_bytes(), &ED, Algorithm::EdDsa);
        let seen = danger::decode_unverified(&token).unwrap();
        prop_assert!(same(seen.unverified_claims().get("further").unwrap(), &value));
    }
}

fn same(ours: proofkey_jwt::Value<'_>, theirs: &serde_json::Value) -> bool {
    match theirs {
        serde_json::Value::Null => ours.is_null(),
        serde_json::Value::Bool(value) => ours.as_bool() == Some(*value),
        serde_json::Value::Number(value) => ours.as_f64() == value.as_f64() && ours.as_i64() == value.as_i64(),
        serde_json::Value::String(value) => ours.as_str() == Some(value),
        serde_json::Value::Array(items) => {
            let ours = ours.items().unwrap();
            ours.len() == items.len() && ours.zip(items).all(|(ours, theirs)| same(ours, theirs))
        }
        serde_json::Value::Object(members) => {
            let ours = ours.members().unwrap();
            ours.len() == members.len()
                && ours.into_iter().all(|(name, ours)| members.get(name).is_some_and(|theirs| same(ours, theirs)))
        }
    }
}

#[test]
fn no_debug_shows_a_secret_or_a_person() {
    let key = HmacKey::new(MacAlgorithm::Hs256, SENTINEL.repeat(4).as_bytes()).unwrap();
    let person = with(with(claims(), "sub", json!(SENTINEL)), "email", json!(SENTINEL));
    let id_token = validate(&token(&person), &expected()).unwrap();
    let expected = Told::new(ISSUER, CLIENT).nonce(SENTINEL).access_token(SENTINEL).code(SENTINEL).client_secret(key);
    for text in [
        format!("{id_token:?} {:?}", id_token.claims()),
        format!("{expected:?}"),
        format!("{:?}", Told::new(ISSUER, CLIENT).refreshed_from(&id_token)),
    ] {
        assert!(!text.contains(SENTINEL), "{text}");
        assert!(text.contains("..") || text.contains("claims"), "{text}");
    }
}
