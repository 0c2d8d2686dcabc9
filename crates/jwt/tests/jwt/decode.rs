use proofkey_jwt::{
    DecodeError, MAX_AUDIENCES, MAX_HEADER_BYTES, MAX_MEMBERS, MAX_NESTING, MAX_TOKEN_BYTES, Segment, danger,
};
use serde_json::json;

use crate::support::*;

fn code(token: &str) -> &'static str {
    danger::decode_unverified(&crate::support::token(&claims())).unwrap();
    let code = danger::decode_unverified(token).unwrap_err().code();
    // Both doors read by the same rules.
    assert_eq!(validate(token, &expected()).unwrap_err().code(), code);
    code
}

#[test]
fn jw_01_only_three_segments_are_a_token() {
    let token = token(&claims());
    assert_eq!(code(""), "jwt_segment_count");
    assert_eq!(code("abc"), "jwt_segment_count");
    assert_eq!(code(token.rsplit_once('.').unwrap().0), "jwt_segment_count");
    assert_eq!(code(&format!("{token}.AAAA")), "jwt_segment_count");
    assert_eq!(code(&format!("{token}.AAAA.AAAA.AAAA")), "jwt_segment_count");
    assert_eq!(danger::decode_unverified("a.b").unwrap_err(), DecodeError::SegmentCount { count: 2 });
}

#[test]
fn jw_01_json_serialization_is_named() {
    assert_eq!(code(r#"{"payload":"e30","signatures":[]}"#), "jwt_json_serialization");
    assert_eq!(code(" \n{\"payload\":\"e30.e30.e30\"}"), "jwt_json_serialization");
}

#[test]
fn jw_01_detached_payload_is_named() {
    let token = token(&claims());
    let mut parts = token.split('.');
    let (header, _, signature) = (parts.next().unwrap(), parts.next(), parts.next().unwrap());
    assert_eq!(code(&format!("{header}..{signature}")), "jwt_payload_empty");
}

#[test]
fn jw_02_base64url_is_strict_in_each_segment() {
    let token = token(&claims());
    let parts: Vec<_> = token.split('.').collect();
    for (index, segment) in [Segment::Header, Segment::Payload, Segment::Signature].into_iter().enumerate() {
        for (from, to) in [("=", 4), ("+", 4), ("/", 4), (" ", 4), ("\n", 4), ("?", 4), ("é", 4)] {
            let mut bent: Vec<_> = parts.iter().map(|part| (*part).to_owned()).collect();
            bent[index].insert_str(to, from);
            let error = danger::decode_unverified(&bent.join(".")).unwrap_err();
            assert_eq!(error, DecodeError::BadBase64Url { segment, position: 4 }, "{from} in {segment:?}");
        }
        let padded = format!("{}=", parts[index]);
        let bent: Vec<_> = (0..3).map(|at| if at == index { padded.as_str() } else { parts[at] }).collect();
        assert_eq!(code(&bent.join(".")), "jwt_bad_base64url", "padding after {segment:?}");
    }
}

#[test]
fn jw_02_spare_bits_must_be_zero() {
    let honest = format!("{}.{}.AA", encode(br#"{"alg":"ES256"}"#), encode(b"{}"));
    danger::decode_unverified(&honest).unwrap();
    let bent = honest.strip_suffix("AA").unwrap().to_owned() + "AB";
    assert_eq!(code(&bent), "jwt_bad_base64url");
    // One character more than a multiple of four decodes to nothing whole.
    assert_eq!(code(&format!("{honest}AAA")), "jwt_bad_base64url");
}

#[test]
fn jw_03_header_is_an_object_without_a_name_twice() {
    assert_eq!(header_refusal(r#"["alg","EdDSA"]"#), "jwt_not_an_object");
    assert_eq!(header_refusal(r#""EdDSA""#), "jwt_not_an_object");
    assert_eq!(header_refusal("null"), "jwt_not_an_object");
    assert_eq!(header_refusal(""), "jwt_bad_json");
    assert_eq!(header_refusal("{"), "jwt_bad_json");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":"k"} x"#), "jwt_bad_json");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","alg":"EdDSA","kid":"k"}"#), "jwt_duplicate_member");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","\u0061lg":"EdDSA","kid":"k"}"#), "jwt_duplicate_member");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":"k","x":{"y":1,"y":1}}"#), "jwt_duplicate_member");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":7}"#), "jwt_header_wrong_type");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":"k","typ":7}"#), "jwt_header_wrong_type");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":"k","cty":[]}"#), "jwt_header_wrong_type");
}

#[test]
fn jw_03_blanks_and_unknown_members_in_the_header_are_accepted() {
    let header = "{\r\n \"kid\" : \"k\", \"alg\":\"\\u0045dDSA\", \"further\":{\"a\":[1,{}]} }";
    let token = token_of(header, claims().to_string().as_bytes(), &ED, proofkey_jwt::Algorithm::EdDsa);
    validate(&token, &expected()).unwrap();
}

#[test]
fn jw_04_alg_must_be_a_known_name() {
    assert_eq!(header_refusal(r#"{"kid":"k"}"#), "jwt_alg_missing");
    assert_eq!(header_refusal(r#"{"alg":["EdDSA"],"kid":"k"}"#), "jwt_alg_not_a_string");
    assert_eq!(header_refusal(r#"{"alg":"","kid":"k"}"#), "jwt_alg_empty");
    for name in ["eddsa", "EdDSA ", "RS257", "ES256K", "ED25519", "Ed448", "RSA-OAEP", "HS256\u{0}"] {
        assert_eq!(header_refusal(&json!({"alg": name, "kid": "k"}).to_string()), "jwt_alg_unknown", "{name}");
    }
}

#[test]
fn jw_05_crit_unknown_is_refused() {
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":"k","crit":["ext"],"ext":1}"#), "jwt_crit_unsupported");
}

#[test]
fn jw_05_crit_must_be_well_formed() {
    let crit = |value: &str| header_refusal(&format!(r#"{{"alg":"EdDSA","kid":"k","ext":1,"crit":{value}}}"#));
    assert_eq!(crit("[]"), "jwt_crit_empty");
    assert_eq!(crit("\"ext\""), "jwt_crit_not_an_array");
    assert_eq!(crit("[1]"), "jwt_crit_not_an_array");
    assert_eq!(crit(r#"["alg"]"#), "jwt_crit_registered");
    assert_eq!(crit(r#"["kid"]"#), "jwt_crit_registered");
    assert_eq!(crit(r#"["ext","ext"]"#), "jwt_crit_duplicate");
    assert_eq!(crit(r#"["absent"]"#), "jwt_crit_absent");
    assert_eq!(crit(r#"["ext","crit"]"#), "jwt_crit_registered");
}

#[test]
fn jw_06_b64_is_refused_with_and_without_crit() {
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":"k","b64":false}"#), "jwt_b64_unsupported");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":"k","b64":true}"#), "jwt_b64_unsupported");
    assert_eq!(header_refusal(r#"{"alg":"EdDSA","kid":"k","b64":false,"crit":["b64"]}"#), "jwt_b64_unsupported");
}

#[test]
fn jw_14_none_is_refused_in_any_case_signed_or_not() {
    for name in ["none", "None", "nOnE", "NONE", " none", "none "] {
        assert_eq!(header_refusal(&json!({"alg": name, "kid": "k"}).to_string()), "jwt_alg_none", "{name}");
        let header = encode(json!({"alg": name}).to_string().as_bytes());
        let unsigned = format!("{header}.{}.", encode(claims().to_string().as_bytes()));
        assert_eq!(code(&unsigned), "jwt_alg_none", "{name}");
    }
}

#[test]
fn jw_19_claims_are_an_object() {
    validate(&token(&claims()), &expected()).unwrap();
    for payload in ["[]", "null", "\"text\"", "7", "true", "[{}]"] {
        let token = token_of(&header().to_string(), payload.as_bytes(), &ED, proofkey_jwt::Algorithm::EdDsa);
        assert_eq!(code(&token), "jwt_not_an_object", "{payload}");
    }
    for payload in ["{", "{}{}", "{\"a\":01}", "{'a':1}", "{\"a\":NaN}", "\u{feff}{}", " "] {
        let token = token_of(&header().to_string(), payload.as_bytes(), &ED, proofkey_jwt::Algorithm::EdDsa);
        assert_eq!(code(&token), "jwt_bad_json", "{payload}");
    }
}

#[test]
fn id_39_a_claim_twice_is_refused_at_any_depth() {
    for extra in [
        r#""iss":"https://as.example","#,
        r#""\u0069ss":"https://as.example","#,
        r#""further":{"a":1,"b":{"c":1,"c":2}},"#,
        r#""further":[[{"a":1,"a":1}]],"#,
    ] {
        let payload = claims().to_string().replacen('{', &format!("{{{extra}"), 1);
        let token = token_of(&header().to_string(), payload.as_bytes(), &ED, proofkey_jwt::Algorithm::EdDsa);
        assert_eq!(code(&token), "jwt_duplicate_member", "{extra}");
    }
    // The same name in two objects is no duplicate.
    let payload = claims().to_string().replacen('{', r#"{"a":{"iss":1,"b":{"iss":1}},"c":[{"iss":1},{"iss":1}],"#, 1);
    let token = token_of(&header().to_string(), payload.as_bytes(), &ED, proofkey_jwt::Algorithm::EdDsa);
    validate(&token, &expected()).unwrap();
}

#[test]
fn jw_24_kid_is_data() {
    validate(&token(&claims()), &expected()).unwrap();
    for kid in ["../../etc/passwd", "' OR 1=1 --", "k\u{0}", "", "K", "k "] {
        assert_eq!(header_refusal(&json!({"alg": "EdDSA", "kid": kid}).to_string()), "jws_key_not_found", "{kid:?}");
    }
    let long = json!({"alg": "EdDSA", "kid": "k".repeat(64 * 1024)}).to_string();
    assert_eq!(header_refusal(&long), "jwt_too_large");
    let shorter = json!({"alg": "EdDSA", "kid": "k".repeat(MAX_HEADER_BYTES)}).to_string();
    assert_eq!(header_refusal(&shorter), "jwt_header_too_large");
    let segment = |length| format!("{}.e30.AA", "A".repeat(length));
    assert_eq!(code(&segment(MAX_HEADER_BYTES)), "jwt_bad_json");
    assert_eq!(
        danger::decode_unverified(&segment(MAX_HEADER_BYTES + 1)).unwrap_err(),
        DecodeError::HeaderTooLarge { length: 8193 }
    );
}

#[test]
fn jw_28_invalid_utf8_is_refused() {
    validate(&token(&claims()), &expected()).unwrap();
    let payload = encode(&[&b"{\"sub\":\""[..], &[0xff, 0xfe], b"\"}"].concat());
    let good_header = encode(header().to_string().as_bytes());
    assert_eq!(
        danger::decode_unverified(&format!("{good_header}.{payload}.AAAA")).unwrap_err(),
        DecodeError::NotUtf8(Segment::Payload)
    );
    let bad_header = encode(b"{\"alg\":\"\xc3\"}");
    assert_eq!(
        danger::decode_unverified(&format!("{bad_header}.e30.AAAA")).unwrap_err(),
        DecodeError::NotUtf8(Segment::Header)
    );
    // A surrogate without its other half is no character either.
    let lone = token_of(&header().to_string(), br#"{"sub":"\ud800"}"#, &ED, proofkey_jwt::Algorithm::EdDsa);
    assert_eq!(code(&lone), "jwt_bad_json");
}

#[test]
fn jw_27_jw_29_an_encrypted_token_is_cleanly_unsupported() {
    // Nothing of a JWE is decompressed, or even decoded: a bomb in it stays packed.
    let header = encode(br#"{"alg":"dir","enc":"A128GCM","zip":"DEF"}"#);
    assert_eq!(code(&format!("{header}..AAAA.AAAA.AAAA")), "jwt_encrypted_token");
    assert_eq!(code("...."), "jwt_encrypted_token");
}

#[test]
fn jw_31_the_unverified_decode_has_a_type_of_its_own() {
    let forged =
        token_of(&header().to_string(), claims().to_string().as_bytes(), &OTHER_ED, proofkey_jwt::Algorithm::EdDsa);
    let seen = danger::decode_unverified(&forged).unwrap();
    assert_eq!(seen.unverified_claims().subject(), Some("user-17"));
    assert_eq!((seen.algorithm(), seen.key_id(), seen.token_type()), ("EdDSA", Some("k"), None));
    assert_eq!(format!("{seen:?}"), r#"UnverifiedJwt { algorithm: "EdDSA", claims: Claims(6 claims) }"#);
    let typed = format!("{}.e30.", encode(br#"{"alg":"EdDSA","typ":"JWT"}"#));
    let typed = danger::decode_unverified(&typed).unwrap();
    assert_eq!(typed.token_type(), Some("JWT"));
    assert!(typed.unverified_claims().is_empty() && !seen.unverified_claims().is_empty());
    assert_eq!(validate(&forged, &expected()).unwrap_err().code(), "jws_bad_signature");
    // What was verified is what is read.
    let honest = validate(&token(&with(claims(), "email", json!("a@b.example"))), &expected()).unwrap();
    assert_eq!(honest.claims().email(), Some("a@b.example"));
}

#[test]
fn what_is_refused_says_in_which_part() {
    for (token, words) in [("?.e30.AA", "header"), ("e30.?.AA", "payload"), ("e30.e30.?", "signature")] {
        let token = token.replacen("e30", &encode(br#"{"alg":"EdDSA"}"#), usize::from(words != "header"));
        let text = danger::decode_unverified(&token).unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn jw_33_a_token_of_a_mebibyte_is_refused_before_it_is_read() {
    let long = "a".repeat(1 << 20);
    assert_eq!(danger::decode_unverified(&long).unwrap_err(), DecodeError::TokenTooLarge { length: 1 << 20 });
    assert_eq!(
        danger::decode_unverified(&long[..MAX_TOKEN_BYTES]).unwrap_err(),
        DecodeError::SegmentCount { count: 1 }
    );
    assert_eq!(
        danger::decode_unverified(&long[..=MAX_TOKEN_BYTES]).unwrap_err(),
        DecodeError::TokenTooLarge { length: MAX_TOKEN_BYTES + 1 }
    );
    assert_eq!(code(&"é.".repeat(MAX_TOKEN_BYTES)), "jwt_too_large");
    let full = with(claims(), "further", json!("x".repeat(40_000)));
    validate(&token(&full), &expected()).unwrap();
}

#[test]
fn jw_33_nesting_is_bounded() {
    let nested = |depth: usize| {
        let payload =
            claims().to_string().replacen('{', &format!(r#"{{"deep":{}{},"#, "[".repeat(depth), "]".repeat(depth)), 1);
        token_of(&header().to_string(), payload.as_bytes(), &ED, proofkey_jwt::Algorithm::EdDsa)
    };
    validate(&nested(MAX_NESTING - 1), &expected()).unwrap();
    assert_eq!(code(&nested(MAX_NESTING)), "jwt_nested_too_deep");
    assert_eq!(code(&nested(10_000)), "jwt_nested_too_deep");
    // What stands side by side is not nested.
    validate(&token(&with(claims(), "wide", json!(vec![json!([]); 2 * MAX_NESTING]))), &expected()).unwrap();
}

#[test]
fn jw_33_members_and_audiences_are_bounded() {
    let many = |count: usize| {
        let mut further = serde_json::Map::new();
        for index in 0..count {
            further.insert(index.to_string(), json!(1));
        }
        token(&with(claims(), "further", json!(further)))
    };
    validate(&many(MAX_MEMBERS), &expected()).unwrap();
    assert_eq!(code(&many(MAX_MEMBERS + 1)), "jwt_too_many_members");

    let audiences = |count: usize| token(&with(claims(), "aud", json!(vec![CLIENT; count])));
    let several = || with(claims(), "azp", json!(CLIENT));
    validate(&token(&with(several(), "aud", json!(vec![CLIENT; MAX_AUDIENCES]))), &expected()).unwrap();
    assert_eq!(code(&audiences(MAX_AUDIENCES + 1)), "jwt_too_many_audiences");
    assert_eq!(code(&token(&with(claims(), "aud", json!(vec!["a"; 100_000])))), "jwt_too_large");
}

#[test]
fn jw_33_a_signature_longer_than_any_key_is_refused() {
    let token = token(&claims());
    let input = token.rsplit_once('.').unwrap().0;
    assert_eq!(code(&format!("{input}.{}", "A".repeat(1400))), "jwt_signature_too_large");
    assert_eq!(code(&format!("{input}.{}", encode(&[1; 1025]))), "jwt_signature_too_large");
    assert_eq!(
        validate(&format!("{input}.{}", encode(&[1; 1024])), &expected()).unwrap_err().code(),
        "jws_bad_signature"
    );
}

/// Few names are compared with each other, many are sorted: either way one that comes twice is found wherever it stands.
#[test]
fn id_39_a_name_twice_is_found_among_any_number() {
    for count in [2, 15, 16, 17, 18, 100, 250] {
        let names: Vec<_> = (0..count).map(|at| format!("name{at}")).collect();
        let refused = |names: &[String]| {
            let values = ["{\"name0\":[1,{}]}", "7", "\"text\""].iter().cycle();
            let members: Vec<_> = names.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let further = format!("{{\"further\":{{{}}},", members.join(","));
            let payload = claims().to_string().replacen('{', &further, 1);
            let token = token_of(&header().to_string(), payload.as_bytes(), &ED, proofkey_jwt::Algorithm::EdDsa);
            validate(&token, &expected()).is_err().then(|| code(&token))
        };
        assert_eq!(refused(&names), None, "{count}");
        for (from, to) in [(0, count - 1), (count - 2, count - 1), (0, 1), (count / 2, 0)] {
            let mut twice = names.clone();
            twice[to] = names[from].clone();
            let expected = (from != to).then_some("jwt_duplicate_member");
            assert_eq!(refused(&twice), expected, "{count}: {from} at {to}");
        }
    }
}
