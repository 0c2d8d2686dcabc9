//! Every single edit of a token that was right, or of a claim in it, is refused by the name of what is wrong.

use aws_lc_rs::digest::{SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_jwt::{Algorithm, JwkSet};
use serde_json::{Value, json};

use crate::support::*;

/// Each text that is one edit away: a character replaced, put in, taken out, changed with its neighbour, or in the other
/// case. Each crate has this once, for it is tested where it is copied alone.
fn edits(text: &str, with: &str) -> Vec<String> {
    let edit = |at: usize, out: usize, put: &str| format!("{}{put}{}", &text[..at], &text[at + out..]);
    let mut all = vec![edit(text.len(), 0, with)];
    for at in 0..text.len() {
        let own = &text[at..=at];
        let other_case =
            if own == own.to_ascii_lowercase() { own.to_ascii_uppercase() } else { own.to_ascii_lowercase() };
        all.extend([edit(at, 1, with), edit(at, 0, with), edit(at, 1, ""), edit(at, 1, &other_case)]);
        if at > 0 {
            all.push(edit(at - 1, 2, &format!("{own}{}", &text[at - 1..at])));
        }
    }
    all.retain(|edited| edited != text);
    all
}

/// The code of the refusal of this token.
fn refused(token: &str, keys: &JwkSet, expected: &Told) -> Option<&'static str> {
    validate_with(token, keys, expected).err().map(|error| error.code())
}

#[test]
fn jw_every_edit_of_a_signature() {
    for (key, algorithm, header) in [
        (&*ED, Algorithm::EdDsa, json!({"alg": "EdDSA", "kid": "k"})),
        (&*P256, Algorithm::Es256, json!({"alg": "ES256", "kid": "k"})),
        (&*RSA, Algorithm::Rs256, json!({"alg": "RS256", "kid": "k"})),
    ] {
        let honest = token_of(&header.to_string(), claims().to_string().as_bytes(), key, algorithm);
        let (keys, expected) = (set(key), expected().algorithms([algorithm]));
        assert_eq!(refused(&honest, &keys, &expected), None);
        let (input, signature) = honest.rsplit_once('.').unwrap();
        for with in ["A", "=", "é"] {
            for edited in edits(signature, with) {
                let refusal = if URL_SAFE_NO_PAD.decode_slice(&edited, &mut [0; 512]).is_ok() {
                    "jws_bad_signature"
                } else {
                    "jwt_bad_base64url"
                };
                assert_eq!(refused(&format!("{input}.{edited}"), &keys, &expected), Some(refusal), "{edited}");
            }
        }
    }
}

/// The header and the claims, edited behind the issuer's back. The issuer, the audience and the algorithm are looked at
/// before the signature; whatever else was edited, it is the signature that is wrong.
#[test]
fn jw_every_edit_of_what_was_signed() {
    let honest = token(&claims());
    let segments: Vec<_> = honest.split('.').collect();
    let (header, payload) = (header().to_string(), claims().to_string());
    let read = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    let (keys, expected) = (set(&ED), expected());
    let code = |token: String| refused(&token, &keys, &expected);
    let mut bad_signatures = 0;
    for with in ["a", "0", " ", "\""] {
        for edited in edits(&payload, with) {
            let code = code(format!("{}.{}.{}", segments[0], encode(edited.as_bytes()), segments[2]));
            let claims = read(&edited);
            let named = ["iss", "aud", "exp", "nbf", "iat", "auth_time", "azp"];
            let is_as_before = |claims: &Value| named.iter().all(|name| claims.get(name) == self::claims().get(name));
            match &claims {
                Some(claims) if is_as_before(claims) => {
                    assert_eq!(code, Some("jws_bad_signature"), "{edited}");
                    bad_signatures += 1;
                }
                _ => assert!(code.is_some(), "{edited}"),
            }
        }
        for edited in edits(&header, with) {
            let code = code(format!("{}.{}.{}", encode(edited.as_bytes()), segments[1], segments[2]));
            match read(&edited) {
                // A key by its name comes before its signature.
                Some(edited) if edited["alg"] == "EdDSA" => {
                    assert!(matches!(code, Some("jws_bad_signature" | "jws_key_not_found")), "{edited}: {code:?}");
                }
                _ => assert!(code.is_some(), "{edited}"),
            }
        }
        // The characters themselves, which need not be edits of the JSON.
        for at in 0..2 {
            for edited in edits(segments[at], with) {
                let mut segments = segments.clone();
                segments[at] = &edited;
                assert!(code(segments.join(".")).is_some(), "{edited}");
            }
        }
    }
    assert!(bad_signatures > 100, "{bad_signatures}");
}

/// An issuer that signs what is not so.
#[test]
fn id_every_edit_of_a_claim_that_is_compared() {
    let half = |text: &str| encode(&digest(&SHA512, text.as_bytes()).as_ref()[..32]);
    let expecting = || expected().access_token("access").code("code").acr(["urn:mfa"]);
    let honest = [
        ("azp", json!(CLIENT)),
        ("acr", json!("urn:mfa")),
        ("at_hash", json!(half("access"))),
        ("c_hash", json!(half("code"))),
    ];
    let honest = honest.into_iter().fold(claims(), |claims, (name, value)| with(claims, name, value));
    let first = validate(&token(&honest), &expecting()).unwrap();
    let (keys, expected) = (set(&ED), expecting());
    let code = |claims: &Value| refused(&token(claims), &keys, &expected);
    for name in ["iss", "aud", "azp", "nonce", "acr", "at_hash", "c_hash"] {
        for character in ["a", "/", " "] {
            for edited in edits(honest[name].as_str().unwrap(), character) {
                let claims = with(honest.clone(), name, json!(edited));
                assert_eq!(code(&claims), Some(format!("id_token_{name}_mismatch").as_str()), "{edited}");
                // One client of several: the others are strangers.
                if name == "aud" {
                    let both = with(honest.clone(), name, json!([CLIENT, edited]));
                    assert_eq!(code(&both), Some("id_token_aud_untrusted"), "{edited}");
                }
            }
        }
    }
    for edited in edits(honest["sub"].as_str().unwrap(), "a") {
        let claims = with(honest.clone(), "sub", json!(edited));
        assert!(validate(&token(&claims), &expecting()).is_ok_and(|token| token.subject() == edited));
        let code = validate(&token(&claims), &expecting().refreshed_from(&first)).unwrap_err().code();
        assert_eq!(code, "id_token_sub_mismatch", "{edited}");
    }
    for edited in edits("k", "a") {
        let header = with(header(), "kid", json!(edited)).to_string();
        let token = token_of(&header, honest.to_string().as_bytes(), &ED, Algorithm::EdDsa);
        assert_eq!(validate(&token, &expecting()).unwrap_err().code(), "jws_key_not_found", "{edited}");
    }
}
