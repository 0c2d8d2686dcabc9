use proofkey_jwt::{
    Algorithm, AwsLc, JwkSet, JwkSetError, Jws, JwsError, MAX_JWK_SET_BYTES, MAX_KEYS, SignatureError, SkipReason,
};
use serde_json::{Value, json};

use crate::support::*;

/// What became of `entry`, alone in a set beside an honest key.
fn fate(entry: &Value) -> Result<(), SkipReason> {
    let set = set_of(&[ED.jwk(), entry.clone()]);
    assert_eq!(set.keys().len() + set.skipped().len(), 2);
    assert_eq!(set.keys()[0].public_key(), set_of(&[ED.jwk()]).keys()[0].public_key(), "the good key stays");
    match set.skipped() {
        [] => Ok(()),
        [skipped] => {
            assert_eq!(skipped.index, 1);
            Err(skipped.reason)
        }
        more => panic!("{more:?}"),
    }
}

/// The code of the refusal of a token with a signature of that many bytes, all 1, when `key` is the only one.
fn on_first_use(key: &Value, length: usize) -> &'static str {
    let algorithm = match key["crv"].as_str().unwrap() {
        "P-256" => Algorithm::Es256,
        "P-384" => Algorithm::Es384,
        "P-521" => Algorithm::Es512,
        _ => Algorithm::EdDsa,
    };
    let header = encode(json!({"alg": algorithm.name()}).to_string().as_bytes());
    let token = format!("{header}.e30.{}", encode(&vec![1; length]));
    let error = Jws::verify(&token, &set_of(std::slice::from_ref(key)), &[algorithm]).unwrap_err();
    if let JwsError::Signature(SignatureError::KeySkipped(skipped)) = &error {
        assert_eq!((skipped.index, skipped.reason), (0, SkipReason::RefusedByCrypto));
        assert!(error.to_string().contains("entry 0 of the set, which cannot be used: its numbers"), "{error}");
    }
    error.code()
}

fn without(key: Value, name: &str) -> Value {
    with(key, name, None)
}

#[test]
fn jw_11_ec_points_are_checked_against_their_curve() {
    for key in [&*P256, &*P384, &*P521] {
        fate(&key.jwk()).unwrap();
        let mut x = decode(key.jwk()["x"].as_str().unwrap());
        *x.last_mut().unwrap() ^= 1;
        let zero = vec![0; x.len()];
        let origin = with(with(key.jwk(), "x", json!(encode(&zero))), "y", json!(encode(&zero)));
        for point in [with(key.jwk(), "x", json!(encode(&x))), origin] {
            assert_eq!(on_first_use(&point, 2 * x.len()), "jws_key_skipped");
        }
        assert_eq!(on_first_use(&key.jwk(), 2 * x.len()), "jws_bad_signature");
        let short = encode(&x[1..]);
        assert_eq!(fate(&with(key.jwk(), "x", json!(short))), Err(SkipReason::BadLength("x")));
        let long = encode(&[&[0], x.as_slice()].concat());
        assert_eq!(fate(&with(key.jwk(), "y", json!(long))), Err(SkipReason::BadLength("y")));
    }
    assert_eq!(fate(&with(P256.jwk(), "crv", json!("secp256k1"))), Err(SkipReason::UnsupportedCurve));
    assert_eq!(fate(&with(P256.jwk(), "crv", json!("P-384"))), Err(SkipReason::BadLength("x")));
}

#[test]
fn jw_12_weak_rsa_keys_are_refused() {
    let jwk = RSA.jwk();
    fate(&jwk).unwrap();
    let n = decode(jwk["n"].as_str().unwrap());
    let modulus = |octets: &[u8]| fate(&with(RSA.jwk(), "n", json!(encode(octets))));
    assert_eq!(modulus(&n[..128]), Err(SkipReason::WeakRsaModulus));
    let mut bits_2047 = n.clone();
    bits_2047[0] = 0x7f;
    assert_eq!(modulus(&bits_2047), Err(SkipReason::WeakRsaModulus));
    let mut even = n.clone();
    *even.last_mut().unwrap() &= 0xfe;
    assert_eq!(modulus(&even), Err(SkipReason::EvenRsaModulus));
    assert_eq!(modulus(&[&[0; 200], &n[..128]].concat()), Err(SkipReason::WeakRsaModulus), "zeros do not count");
    assert_eq!(modulus(&[]), Err(SkipReason::BadLength("n")));
    assert_eq!(modulus(&[0; 256]), Err(SkipReason::BadLength("n")));
    assert_eq!(modulus(&[0xff; 1025]), Err(SkipReason::LargeRsaModulus));
    modulus(&[0xff; 1024]).unwrap();

    let exponent = |octets: &[u8]| fate(&with(RSA.jwk(), "e", json!(encode(octets))));
    assert_eq!(exponent(&[1]), Err(SkipReason::BadRsaExponent));
    assert_eq!(exponent(&[2]), Err(SkipReason::BadRsaExponent));
    assert_eq!(exponent(&[1, 0, 0]), Err(SkipReason::BadRsaExponent));
    assert_eq!(exponent(&[1, 0, 0, 0, 1]), Err(SkipReason::BadRsaExponent));
    assert_eq!(exponent(&[0, 1]), Err(SkipReason::BadRsaExponent));
    exponent(&[0, 0, 1, 0, 1]).unwrap();
    exponent(&[3]).unwrap();
    exponent(&[1, 0, 0, 1]).unwrap();
    exponent(&[1, 0, 1]).unwrap();
}

#[test]
fn jw_15_keys_not_for_signatures_are_not_used() {
    fate(&with(P256.jwk(), "use", json!("sig"))).unwrap();
    assert_eq!(fate(&with(P256.jwk(), "use", json!("enc"))), Err(SkipReason::NotForSignatures));
    assert_eq!(fate(&with(P256.jwk(), "use", json!(["sig"]))), Err(SkipReason::WrongType("use")));
    fate(&with(P256.jwk(), "key_ops", json!(["verify"]))).unwrap();
    fate(&with(P256.jwk(), "key_ops", json!(["sign", "verify"]))).unwrap();
    assert_eq!(fate(&with(P256.jwk(), "key_ops", json!(["encrypt"]))), Err(SkipReason::NotForSignatures));
    assert_eq!(fate(&with(P256.jwk(), "key_ops", json!([]))), Err(SkipReason::NotForSignatures));
    assert_eq!(fate(&with(P256.jwk(), "key_ops", json!("verify"))), Err(SkipReason::WrongType("key_ops")));
}

#[test]
fn jw_16_bad_entries_are_skipped_and_the_rest_is_used() {
    fate(&with(P256.jwk(), "x5t", json!("further members do no harm"))).unwrap();
    for entry in [json!(null), json!("key"), json!([]), json!(7)] {
        assert_eq!(fate(&entry), Err(SkipReason::NotAnObject));
    }
    assert_eq!(fate(&json!({})), Err(SkipReason::MissingMember("kty")));
    assert_eq!(fate(&json!({"kty": 7})), Err(SkipReason::WrongType("kty")));
    assert_eq!(fate(&json!({"kty": "AKP"})), Err(SkipReason::UnsupportedKeyType));
    assert_eq!(fate(&json!({"kty": "rsa"})), Err(SkipReason::UnsupportedKeyType));
    for name in ["n", "e"] {
        assert_eq!(fate(&without(RSA.jwk(), name)), Err(SkipReason::MissingMember(name)));
    }
    for name in ["crv", "x", "y"] {
        assert_eq!(fate(&without(P256.jwk(), name)), Err(SkipReason::MissingMember(name)));
    }
    assert_eq!(fate(&without(ED.jwk(), "x")), Err(SkipReason::MissingMember("x")));
    assert_eq!(fate(&with(P256.jwk(), "x", json!("a+b/"))), Err(SkipReason::BadBase64Url("x")));
    assert_eq!(fate(&with(RSA.jwk(), "e", json!("AQAB="))), Err(SkipReason::BadBase64Url("e")));
    assert_eq!(fate(&with(P256.jwk(), "kid", json!(7))), Err(SkipReason::WrongType("kid")));
    assert_eq!(fate(&with(P256.jwk(), "alg", json!("ECDH-ES"))), Err(SkipReason::UnsupportedAlgorithm));
    assert_eq!(fate(&with(P256.jwk(), "alg", json!("HS256"))), Err(SkipReason::UnsupportedAlgorithm));
    assert_eq!(fate(&with(P256.jwk(), "alg", json!("ES384"))), Err(SkipReason::AlgorithmMismatch));
    assert_eq!(fate(&with(RSA.jwk(), "alg", json!("ES256"))), Err(SkipReason::AlgorithmMismatch));
}

#[test]
fn jw_16_an_entry_with_a_name_twice_is_skipped() {
    let good = with(P256.jwk(), "kid", json!("k"));
    let twice = good.to_string().replacen('{', r#"{"kid":"other","#, 1);
    let set = JwkSet::parse(format!(r#"{{"keys":[{twice},{good}]}}"#).as_bytes()).unwrap();
    assert_eq!(set.keys().len(), 1);
    assert_eq!(set.skipped()[0].reason, SkipReason::DuplicateMember);
}

#[test]
fn jw_18_private_and_symmetric_keys_are_never_used() {
    let d = encode(&ED.private_octets());
    assert_eq!(fate(&with(ED.jwk(), "d", json!(d))), Err(SkipReason::PrivateKey));
    let d = encode(&P256.private_octets());
    assert_eq!(fate(&with(P256.jwk(), "d", json!(d))), Err(SkipReason::PrivateKey));
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
        assert_eq!(fate(&with(RSA.jwk(), name, json!("AQAB"))), Err(SkipReason::PrivateKey), "{name}");
    }
    let oct = json!({"kty": "oct", "k": encode(&[7; 32]), "alg": "HS256", "kid": "k"});
    assert_eq!(fate(&oct), Err(SkipReason::SymmetricKey));
}

#[test]
fn f9_a_leading_zero_does_not_change_a_number() {
    let n = decode(RSA.jwk()["n"].as_str().unwrap());
    let padded = with(RSA.jwk(), "n", json!(encode(&[&[0, 0], n.as_slice()].concat())));
    let (plain, padded) = (set_of(&[RSA.jwk()]), set_of(&[with(padded, "e", json!(encode(&[0, 1, 0, 1])))]));
    assert_eq!(padded.keys()[0].public_key(), plain.keys()[0].public_key());
    assert_eq!(padded.keys()[0].thumbprint(&AwsLc), plain.keys()[0].thumbprint(&AwsLc));
    let token = token_of(r#"{"alg":"RS256"}"#, b"", &RSA, Algorithm::Rs256);
    Jws::verify(&token, &padded, &[Algorithm::Rs256]).unwrap();
}

#[test]
fn f9_f10_null_is_absent_in_a_key() {
    for key in [RSA.jwk(), P256.jwk(), ED.jwk()] {
        for name in ["alg", "kid", "use", "key_ops", "d", "issuer", "x5c"] {
            fate(&with(key.clone(), name, json!(null))).unwrap();
        }
    }
    assert_eq!(fate(&with(RSA.jwk(), "n", json!(null))), Err(SkipReason::MissingMember("n")));
    assert_eq!(fate(&json!({"kty": null})), Err(SkipReason::MissingMember("kty")));
    assert_eq!(JwkSet::parse(br#"{"keys":null}"#).unwrap_err().code(), "jwks_keys_missing");
}

#[test]
fn f15_an_ed25519_key_that_is_not_on_its_curve_is_refused_on_first_use() {
    let mut y = [0; 32];
    for (first, code) in [(2, "jws_key_skipped"), (7, "jws_key_skipped"), (3, "jws_bad_signature")] {
        y[0] = first;
        assert_eq!(on_first_use(&with(ED.jwk(), "x", json!(encode(&y))), 64), code, "y = {first}");
    }
    assert_eq!(on_first_use(&ED.jwk(), 64), "jws_bad_signature");
}

#[test]
fn jw_30_small_order_and_foreign_okp_keys_are_refused() {
    let okp = |x: &[u8]| fate(&with(ED.jwk(), "x", json!(encode(x))));
    let mut points: Vec<[u8; 32]> = Vec::new();
    points.push([0; 32]);
    let mut one = [0; 32];
    one[0] = 1;
    points.push(one);
    for low in [0xec, 0xed, 0xee, 0xff] {
        // p - 1, p, p + 1 and p + 18: the last three are other ways to write 0, 1 and 18.
        let mut point = [0xff; 32];
        (point[0], point[31]) = (low, 0x7f);
        points.push(point);
    }
    points.push(hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
    points.push(hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));
    for point in points {
        assert_eq!(okp(&point), Err(SkipReason::SmallOrderPoint), "{point:02x?}");
        let mut signed = point;
        signed[31] |= 0x80;
        assert_eq!(okp(&signed), Err(SkipReason::SmallOrderPoint), "{signed:02x?}");
    }
    okp(&decode(ED_X)).unwrap();
    assert_eq!(okp(&[2; 31]), Err(SkipReason::BadLength("x")));
    for crv in ["X25519", "Ed448", "X448", "ed25519"] {
        assert_eq!(fate(&with(ED.jwk(), "crv", json!(crv))), Err(SkipReason::UnsupportedCurve), "{crv}");
    }
    fate(&with(ED.jwk(), "alg", json!("EdDSA"))).unwrap();
    fate(&with(ED.jwk(), "alg", json!("Ed25519"))).unwrap();
}

#[test]
fn jw_32_thumbprints_are_those_of_the_texts() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3\
        oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu\
        6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awa\
        pJzKnqDKgw";
    let rsa = json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
    let ec = json!({"kty": "EC", "crv": "P-256", "use": "sig",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"});
    let set = set_of(&[rsa, ED.jwk(), ec]);
    let prints: Vec<_> = set.keys().iter().map(|key| key.thumbprint(&AwsLc)).collect();
    assert_eq!(
        prints,
        [
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        ]
    );
}

#[test]
fn a_document_that_is_no_key_set_is_refused_as_a_whole() {
    let code = |document: &[u8]| JwkSet::parse(document).unwrap_err().code();
    assert_eq!(code(b"[]"), "jwks_not_an_object");
    assert_eq!(code(b"{}"), "jwks_keys_missing");
    assert_eq!(code(br#"{"keys":{}}"#), "jwks_keys_not_an_array");
    assert_eq!(code(br#"{"keys":[],"keys":[]}"#), "jwks_duplicate_keys");
    assert_eq!(code(b"<html>"), "jwks_bad_json");
    assert_eq!(code(b"{\"keys\":[\"\xff\"]}"), "jwks_not_utf8");
    assert_eq!(code(br#"{"keys":[1e400]}"#), "jwks_bad_json");
    let many = |count| json!({"keys": vec![json!(null); count]}).to_string();
    assert_eq!(
        JwkSet::parse(many(MAX_KEYS + 1).as_bytes()).unwrap_err(),
        JwkSetError::TooManyKeys { count: MAX_KEYS + 1 }
    );
    assert_eq!(JwkSet::parse(many(MAX_KEYS).as_bytes()).unwrap().skipped().len(), MAX_KEYS);
    let padded = |length: usize| r#"{"keys":[]}"#.to_owned() + &" ".repeat(length - 11);
    assert_eq!(code(padded(MAX_JWK_SET_BYTES + 1).as_bytes()), "jwks_too_large");
    assert_eq!(JwkSet::parse(padded(MAX_JWK_SET_BYTES).as_bytes()).unwrap().keys().len(), 0);
}

#[test]
fn keys_say_what_they_are() {
    let set = set_of(&[with(with(RSA.jwk(), "kid", json!("r")), "alg", json!("PS512"))]);
    assert_eq!((set.keys()[0].key_id(), set.keys()[0].algorithm()), (Some("r"), Some(Algorithm::Ps512)));
}

fn hex(text: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}
