//! What the revision of RFC 8725 and RFC 9864 add (JW-34 to JW-39).

use proofkey_jwt::{Algorithm, DpopPolicy, DpopProof, DpopRequest, danger};
use serde_json::{Value, json};

use crate::access_token::access;
use crate::dpop_proof::{TOKEN, URL, proof_claims, proof_header};
use crate::logout_token::{self, logout};
use crate::support::*;

/// The claims `body` under a header, signed with Ed25519.
fn sealed(header: &Value, body: &Value) -> String {
    token_of(&header.to_string(), body.to_string().as_bytes(), &ED, Algorithm::EdDsa)
}

fn verdict(token: &str, keys: &[Value], algorithms: &[Algorithm]) -> Result<(), &'static str> {
    let expected = expected().algorithms(algorithms.iter().copied());
    validate_with(token, &set_of(keys), &expected).map(|_| ()).map_err(|error| error.code())
}

fn named(key: &Key) -> Value {
    with(key.jwk(), "kid", json!("k"))
}

#[test]
fn jw_34_algorithms_are_compared_in_their_own_case() {
    for (key, algorithm, alike) in [
        (&*RSA, Algorithm::Rs256, ["rs256", "Rs256", "RS256 ", " RS256", "RS-256", "RS256\u{0}"]),
        (&*P256, Algorithm::Es256, ["es256", "eS256", "ES256 ", "ES256K", "\tES256", "ES256,"]),
        (&*ED, Algorithm::EdDsa, ["eddsa", "EDDSA", "EdDSA ", "ED25519", "ed25519", "EdDSA\n"]),
    ] {
        let signed = |alg: &str| {
            let header = json!({"alg": alg, "kid": "k"}).to_string();
            let token = token_of(&header, claims().to_string().as_bytes(), key, algorithm);
            verdict(&token, &[named(key)], &[algorithm])
        };
        assert_eq!(signed(algorithm.name()), Ok(()));
        for alg in alike {
            assert_eq!(signed(alg), Err("jwt_alg_unknown"), "{alg:?}");
        }
        for alg in ["none", "noNE", "None", "NONE", "none ", " none"] {
            assert_eq!(signed(alg), Err("jwt_alg_none"), "{alg:?}");
        }
    }
}

#[test]
fn jw_35_a_token_has_the_characters_of_its_alphabet_and_no_others() {
    let honest = token(&claims());
    validate(&honest, &expected()).unwrap();
    let starts: Vec<_> = [0].into_iter().chain(honest.match_indices('.').map(|(at, _)| at + 1)).collect();
    let is_of_alphabet = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    for character in (0..=0x7f_u8).map(char::from).chain(['é', '\u{2028}', '．']).filter(|own| !is_of_alphabet(*own))
    {
        for at in starts.iter().flat_map(|start| [*start, start + 4]).chain([honest.len()]) {
            let mut bent = honest.clone();
            bent.insert(at, character);
            assert!(validate(&bent, &expected()).is_err(), "{character:?} at {at}");
        }
    }
    // Divided at its dots, this JSON serialization has a payload that nothing was signed for.
    let (header, payload, signature) = (starts[1] - 1, starts[2] - 1, honest.len());
    let parts = [&honest[..header], &honest[starts[1]..payload], &honest[starts[2]..signature]];
    let evil = encode(with(claims(), "sub", json!("evil")).to_string().as_bytes());
    for both in [
        json!({"x": format!(".{evil}."), "protected": parts[0], "payload": parts[1], "signature": parts[2]}),
        json!({"payload": parts[1], "signatures": [{"protected": parts[0], "signature": parts[2]}], "x": format!("{}.{evil}.{}", parts[0], parts[2])}),
    ] {
        let error = validate(&both.to_string(), &expected()).unwrap_err();
        assert_eq!(error.code(), "jwt_json_serialization");
    }
}

#[test]
fn jw_36_both_forms_of_a_type_are_treated_alike() {
    let id_token = |typ: &str| {
        validate(&sealed(&with(header(), "typ", json!(typ)), &claims()), &expected())
            .map_err(|error| error.code())
            .err()
    };
    let access_token = |typ: &str| {
        let token = sealed(&with(header(), "typ", json!(typ)), &access());
        let (server, required) = (crate::access_token::server(), proofkey_jwt::Required::new());
        crate::access_token::receive_at(&token, &server, &required, at(NOW)).map_err(|error| error.code()).err()
    };
    let logout_token = |typ: &str| {
        logout_token::receive(&logout_token::typed(Some(typ), &logout())).map_err(|error| error.code()).err()
    };
    let dpop = |typ: &str| {
        let header = with(proof_header(&ED, Algorithm::EdDsa), "typ", json!(typ));
        let (policy, request) = (DpopPolicy::new(), DpopRequest::new("GET", URL, TOKEN));
        DpopProof::validate(&sealed(&header, &proof_claims(TOKEN)), &policy, &request, at(NOW))
            .map_err(|error| error.code())
            .err()
    };
    for name in ["JWT", "at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "jose", ""] {
        let forms = [name.to_owned(), format!("application/{name}"), format!("Application/{}", name.to_uppercase())];
        for kind in [&id_token as &dyn Fn(&str) -> Option<&'static str>, &access_token, &logout_token, &dpop] {
            let said = forms.each_ref().map(|form| kind(form));
            assert!(said[0] == said[1] && said[1] == said[2], "{forms:?}: {said:?}");
        }
    }
    assert_eq!(
        (id_token("JWT"), access_token("at+jwt"), logout_token("logout+jwt"), dpop("dpop+jwt")),
        (None, None, None, None)
    );
    assert_eq!(
        (id_token("at+jwt"), access_token("JWT")),
        (Some("id_token_typ_mismatch"), Some("access_token_typ_mismatch"))
    );
}

#[test]
fn jw_37_a_key_for_ed25519_verifies_it_by_both_names_and_nothing_else() {
    let by = |alg: &str| sealed(&json!({"alg": alg, "kid": "k"}), &claims());
    for key in [named(&ED), with(named(&ED), "alg", json!("Ed25519")), with(named(&ED), "alg", json!("EdDSA"))] {
        for alg in ["Ed25519", "EdDSA"] {
            assert_eq!(verdict(&by(alg), std::slice::from_ref(&key), &[Algorithm::EdDsa]), Ok(()), "{alg} {key}");
        }
        assert_eq!(verdict(&by("Ed25519"), &[key], &[Algorithm::Rs256]), Err("jws_algorithm_not_accepted"));
    }
    let all = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];
    for (key, algorithm) in [(&*RSA, Algorithm::Rs256), (&*P256, Algorithm::Es256)] {
        let header = json!({"alg": algorithm.name(), "kid": "k"}).to_string();
        let token = token_of(&header, claims().to_string().as_bytes(), key, algorithm);
        assert_eq!(verdict(&token, &[named(key)], &all), Ok(()));
        let mislabelled = with(named(key), "alg", json!("Ed25519"));
        assert!(verdict(&token, &[mislabelled], &all).is_err(), "{algorithm:?}");
    }
}

#[test]
fn jw_38_nothing_that_is_encrypted_or_compressed_is_worked_on() {
    for header in [
        json!({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "c2FsdA", "p2c": 2_000_000_000}),
        json!({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}),
    ] {
        let header = encode(header.to_string().as_bytes());
        // No part but the number of parts is looked at, however long the ciphertext is.
        let error = danger::decode_unverified(&format!("{header}.AAAA.AAAA.{}.AAAA", "!".repeat(20_000))).unwrap_err();
        assert_eq!(error.code(), "jwt_encrypted_token");
    }
    // The same words in a signed token mean nothing: no key is derived, and nothing is inflated.
    let signed = sealed(&with(header(), "zip", json!("DEF")), &claims());
    assert_eq!(verdict(&signed, &[named(&ED)], &[Algorithm::EdDsa]), Ok(()));
    let derived = sealed(&json!({"alg": "PBES2-HS256+A128KW", "kid": "k", "p2c": 1000}), &claims());
    assert_eq!(verdict(&derived, &[named(&ED)], &[Algorithm::EdDsa]), Err("jwt_alg_unknown"));
}

#[test]
fn jw_39_a_key_of_one_issuer_verifies_no_token_of_another() {
    // Two issuers whose keys have the same name. The token says that it is of the first, and has the key of the second.
    let forged = token_of(&header().to_string(), claims().to_string().as_bytes(), &OTHER_ED, Algorithm::EdDsa);
    assert_eq!(verdict(&forged, &[named(&ED)], &[Algorithm::EdDsa]), Err("jws_bad_signature"));
    assert_eq!(verdict(&token(&claims()), &[named(&ED)], &[Algorithm::EdDsa]), Ok(()));
    // What the second issuer signs in its own name is no token of the first, even where its keys are asked.
    let other = with(claims(), "iss", json!("https://other.example"));
    let other = token_of(&header().to_string(), other.to_string().as_bytes(), &OTHER_ED, Algorithm::EdDsa);
    assert_eq!(verdict(&other, &[named(&OTHER_ED)], &[Algorithm::EdDsa]), Err("id_token_iss_mismatch"));
}
