use proofkey_jwt::{Algorithm, HmacKey, IdTokenError, JwkSet, Jws, MAX_KEYS_TRIED, MacAlgorithm, SignatureError};
use serde_json::{Value, json};

use crate::support::*;

const RSA_ALGORITHMS: [Algorithm; 6] =
    [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512, Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512];

fn every_pair() -> Vec<(&'static Key, Algorithm)> {
    let mut pairs: Vec<_> = RSA_ALGORITHMS.into_iter().map(|algorithm| (&*RSA, algorithm)).collect();
    pairs.extend([
        (&*P256, Algorithm::Es256),
        (&*P384, Algorithm::Es384),
        (&*P521, Algorithm::Es512),
        (&*ED, Algorithm::EdDsa),
    ]);
    pairs
}

fn signed(key: &Key, algorithm: Algorithm) -> String {
    let header = json!({"alg": algorithm.name(), "kid": "k"}).to_string();
    token_of(&header, claims().to_string().as_bytes(), key, algorithm)
}

fn verdict(token: &str, keys: &[Value], algorithms: &[Algorithm]) -> Result<(), &'static str> {
    let expected = expected().algorithms(algorithms.iter().copied());
    validate_with(token, &set_of(keys), &expected).map(|_| ()).map_err(|error| error.code())
}

fn named(key: &Key) -> Value {
    with(key.jwk(), "kid", json!("k"))
}

/// `token` with its signature replaced.
fn resigned(token: &str, signature: &[u8]) -> String {
    format!("{}.{}", token.rsplit_once('.').unwrap().0, encode(signature))
}

fn signature_of(token: &str) -> Vec<u8> {
    decode(token.rsplit_once('.').unwrap().1)
}

#[test]
fn id_12_id_13_each_algorithm_accepts_its_own_signature_and_no_bent_one() {
    for (key, algorithm) in every_pair() {
        let token = signed(key, algorithm);
        let check = |token: &str| verdict(token, &[named(key)], &[algorithm]);
        assert_eq!(check(&token), Ok(()), "{algorithm:?}");
        let good = signature_of(&token);
        for at in [0, good.len() / 2, good.len() - 1] {
            let mut bent = good.clone();
            bent[at] ^= 1;
            assert_eq!(check(&resigned(&token, &bent)), Err("jws_bad_signature"), "{algorithm:?} bit at {at}");
        }
        assert_eq!(check(&resigned(&token, &good[..good.len() - 1])), Err("jws_bad_signature"), "{algorithm:?} short");
        assert_eq!(check(&resigned(&token, &[])), Err("jws_bad_signature"), "{algorithm:?} empty");
        assert_eq!(check(&resigned(&token, &vec![0; good.len()])), Err("jws_bad_signature"), "{algorithm:?} zeros");
        let longer = [good.as_slice(), &[0]].concat();
        assert_eq!(check(&resigned(&token, &longer)), Err("jws_bad_signature"), "{algorithm:?} long");
        // The same signature under other claims.
        let (input, signature) = token.rsplit_once('.').unwrap();
        let other = encode(with(claims(), "sub", json!("user-18")).to_string().as_bytes());
        let moved = format!("{}.{other}.{signature}", input.split_once('.').unwrap().0);
        assert_eq!(check(&moved), Err("jws_bad_signature"), "{algorithm:?} moved");
    }
}

#[test]
fn id_13_a_foreign_key_of_the_same_name_is_refused() {
    let token = signed(&OTHER_ED, Algorithm::EdDsa);
    assert_eq!(verdict(&token, &[named(&ED)], &[Algorithm::EdDsa]), Err("jws_bad_signature"));
    assert_eq!(verdict(&token, &[named(&OTHER_ED)], &[Algorithm::EdDsa]), Ok(()));
}

#[test]
fn id_14_jw_07_the_header_cannot_widen_what_the_caller_accepts() {
    for (key, algorithm) in every_pair() {
        let token = signed(key, algorithm);
        let others: Vec<_> = every_pair().into_iter().map(|pair| pair.1).filter(|other| *other != algorithm).collect();
        assert_eq!(verdict(&token, &[named(key)], &others), Err("jws_algorithm_not_accepted"), "{algorithm:?}");
        assert_eq!(verdict(&token, &[named(key)], &[]), Err("jws_algorithm_not_accepted"), "{algorithm:?}");
        let code = |algorithms: &[Algorithm]| Jws::verify(&token, &set(key), algorithms).map_err(|error| error.code());
        code(&[algorithm]).unwrap();
        assert_eq!(code(&others).unwrap_err(), "jws_algorithm_not_accepted", "{algorithm:?}");
    }
    // Without a word from the caller, RS256 and nothing else.
    let default = Told::new(ISSUER, CLIENT).nonce(NONCE).now(at(NOW));
    validate_with(&signed(&RSA, Algorithm::Rs256), &set(&RSA), &default).unwrap();
    let error = validate_with(&signed(&P256, Algorithm::Es256), &set(&P256), &default).unwrap_err();
    assert_eq!(error.code(), "jws_algorithm_not_accepted");
}

#[test]
fn jw_08_a_key_serves_only_the_algorithm_that_it_names() {
    let bound = |algorithm: Algorithm| with(named(&RSA), "alg", json!(algorithm.name()));
    for signer in RSA_ALGORITHMS {
        let token = signed(&RSA, signer);
        assert_eq!(verdict(&token, &[bound(signer)], &RSA_ALGORITHMS), Ok(()));
        for other in RSA_ALGORITHMS.into_iter().filter(|other| *other != signer) {
            assert_eq!(
                verdict(&token, &[bound(other)], &RSA_ALGORITHMS),
                Err("jws_key_not_found"),
                "{signer:?} {other:?}"
            );
        }
    }
    // A signature of one kind under the header of another.
    let input = signed(&RSA, Algorithm::Rs256);
    let pss = RSA.sign(Algorithm::Ps256, input.rsplit_once('.').unwrap().0.as_bytes());
    assert_eq!(verdict(&resigned(&input, &pss), &[named(&RSA)], &RSA_ALGORITHMS), Err("jws_bad_signature"));
}

#[test]
fn jw_09_id_16_a_public_key_is_never_an_hmac_secret() {
    // HS256 with the text of the public key as secret, in the forms that attackers use.
    let jwk = named(&RSA);
    let n = decode(jwk["n"].as_str().unwrap());
    let der = [&[0x30, 0x82][..], &n].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", encode(&der));
    let forms: [Vec<u8>; 6] = [
        pem.clone().into_bytes(),
        format!(" {pem}").into_bytes(),
        der,
        jwk.to_string().into_bytes(),
        json!({"keys": [jwk]}).to_string().into_bytes(),
        n,
    ];
    for secret in forms {
        let token = mac_token("HS256", &secret);
        let set = [named(&RSA), json!({"kty": "oct", "kid": "k", "k": encode(&secret)})];
        assert_eq!(verdict(&token, &set, &[Algorithm::Rs256]), Err("jws_algorithm_not_accepted"));
        // And a client that did agree on HS256 uses its own secret, whatever the set holds.
        let key = HmacKey::new(MacAlgorithm::Hs256, &[7; 32]).unwrap();
        let error = validate_with(&token, &set_of(&set), &expected().client_secret(key)).unwrap_err();
        assert_eq!(error.code(), "jws_bad_signature");
    }
    assert_eq!(verdict(&signed(&RSA, Algorithm::Rs256), &[named(&RSA)], &[Algorithm::Rs256]), Ok(()));
}

#[test]
fn id_16_hmac_works_with_the_client_secret_only() {
    for (algorithm, length) in [(MacAlgorithm::Hs256, 32), (MacAlgorithm::Hs384, 48), (MacAlgorithm::Hs512, 64)] {
        let key = |octet: u8| HmacKey::new(algorithm, &vec![octet; length]).unwrap();
        let token = mac_token(algorithm.name(), &vec![7; length]);
        let validate = |octet| validate_with(&token, &set_of(&[]), &expected().client_secret(key(octet)));
        assert_eq!(validate(7).unwrap().algorithm(), algorithm.name());
        assert_eq!(validate(8).unwrap_err().code(), "jws_bad_signature");
        assert_eq!(crate::support::validate(&token, &expected()).unwrap_err().code(), "jws_algorithm_not_accepted");
        assert_eq!(
            Jws::verify(&token, &set_of(&[]), &RSA_ALGORITHMS).unwrap_err().code(),
            "jws_algorithm_not_accepted"
        );
        assert!(format!("{:?}", Jws::verify_mac(&token, &key(7)).unwrap()).starts_with("Jws("));
        let cut = &signature_of(&token)[..16];
        assert_eq!(Jws::verify_mac(&resigned(&token, cut), &key(7)).unwrap_err().code(), "jws_bad_signature");
    }
    // A key for one algorithm is not for another.
    let token = mac_token("HS256", &[7; 64]);
    let key = || HmacKey::new(MacAlgorithm::Hs512, &[7; 64]).unwrap();
    assert_eq!(Jws::verify_mac(&token, &key()).unwrap_err().code(), "jws_algorithm_not_accepted");
    let error = crate::support::validate(&token, &expected().client_secret(key())).unwrap_err();
    assert_eq!(error.code(), "jws_algorithm_not_accepted");
}

#[test]
fn jw_13_hmac_keys_shorter_than_the_hash_are_refused() {
    for (algorithm, length) in [(MacAlgorithm::Hs256, 32), (MacAlgorithm::Hs384, 48), (MacAlgorithm::Hs512, 64)] {
        HmacKey::new(algorithm, &vec![1; length]).unwrap();
        assert_eq!(HmacKey::new(algorithm, &vec![1; length - 1]).unwrap_err().code(), "hmac_key_too_short");
        assert_eq!(HmacKey::new(algorithm, &[]).unwrap_err().code(), "hmac_key_too_short");
    }
}

#[test]
fn jw_10_ecdsa_signatures_are_raw_and_in_range() {
    let token = signed(&P256, Algorithm::Es256);
    let check = |signature: &[u8]| verdict(&resigned(&token, signature), &[named(&P256)], &[Algorithm::Es256]);
    let good = signature_of(&token);
    assert_eq!(good.len(), 64);
    assert_eq!(check(&good), Ok(()));
    let (r, s) = good.split_at(32);
    let der = |number: &[u8]| [&[2, 33, 0], number].concat();
    let der = [&[0x30, 70][..], &der(r), &der(s)].concat();
    assert_eq!(check(&der), Err("jws_bad_signature"));
    assert_eq!(check(&good[..63]), Err("jws_bad_signature"));
    assert_eq!(check(&[&good[..], &[0]].concat()), Err("jws_bad_signature"));
    assert_eq!(check(&[&good[..], &good[..]].concat()), Err("jws_bad_signature"));
    assert_eq!(check(&[&[0; 32], r, &[0; 32], s].concat()), Err("jws_bad_signature"));
    let n = decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
    let above = {
        let mut n = n.clone();
        n[31] += 1;
        n
    };
    for number in [&[0_u8; 32][..], &n, &above, &[0xff; 32]] {
        assert_eq!(check(&[number, s].concat()), Err("jws_bad_signature"));
        assert_eq!(check(&[r, number].concat()), Err("jws_bad_signature"));
        assert_eq!(check(&[number, number].concat()), Err("jws_bad_signature"));
    }
}

#[test]
fn jw_11_the_curve_is_bound_to_the_algorithm() {
    let all = [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512];
    for (key, own) in [(&*P256, Algorithm::Es256), (&*P384, Algorithm::Es384), (&*P521, Algorithm::Es512)] {
        for algorithm in all {
            let outcome = if algorithm == own { Ok(()) } else { Err("jws_key_not_found") };
            assert_eq!(verdict(&signed(key, algorithm), &[named(key)], &all), outcome, "{own:?} as {algorithm:?}");
        }
    }
}

#[test]
fn jw_17_keys_of_one_name_are_told_apart_by_kind() {
    let keys = [named(&RSA), named(&P256), named(&ED), named(&P384), named(&OTHER_ED)];
    for (key, algorithm) in [(&*RSA, Algorithm::Ps256), (&*P256, Algorithm::Es256), (&*OTHER_ED, Algorithm::EdDsa)] {
        assert_eq!(verdict(&signed(key, algorithm), &keys, &[algorithm]), Ok(()), "{algorithm:?}");
    }
    assert_eq!(verdict(&signed(&P521, Algorithm::Es512), &keys, &[Algorithm::Es512]), Err("jws_key_not_found"));
}

#[test]
fn jw_30_eddsa_with_another_s_is_refused_and_both_names_work() {
    let token = signed(&ED, Algorithm::EdDsa);
    let check = |signature: &[u8]| verdict(&resigned(&token, signature), &[named(&ED)], &[Algorithm::EdDsa]);
    let good = signature_of(&token);
    assert_eq!(check(&good), Ok(()));
    // s + L, which fits the same equation, written in the same 32 octets.
    let order: [u8; 32] = std::array::from_fn(|at| match at {
        0..16 => [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14][at],
        31 => 0x10,
        _ => 0,
    });
    let (mut bent, mut carry) = (good.clone(), 0_u16);
    for at in 0..32 {
        let sum = u16::from(good[32 + at]) + u16::from(order[at]) + carry;
        bent[32 + at] = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(check(&bent), Err("jws_bad_signature"));

    let header = json!({"alg": "Ed25519", "kid": "k"}).to_string();
    let newer = token_of(&header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa);
    assert_eq!(verdict(&newer, &[named(&ED)], &[Algorithm::EdDsa]), Ok(()));
    // An X25519 key has no part in signatures.
    let agreement = with(named(&ED), "crv", json!("X25519"));
    assert_eq!(verdict(&token, &[agreement], &[Algorithm::EdDsa]), Err("jws_key_skipped"));
}

#[test]
fn id_30_keys_in_the_header_are_never_used() {
    let own = OTHER_ED.jwk();
    for (name, value) in [
        ("jwk", own.clone()),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/cert.pem")),
        ("x5c", json!([encode(b"certificate")])),
    ] {
        let header = with(header(), name, value).to_string();
        let payload = claims().to_string();
        let forged = token_of(&header, payload.as_bytes(), &OTHER_ED, Algorithm::EdDsa);
        assert_eq!(verdict(&forged, &[named(&ED)], &[Algorithm::EdDsa]), Err("jws_bad_signature"), "{name}");
        assert_eq!(verdict(&forged, &[], &[Algorithm::EdDsa]), Err("jws_key_not_found"), "{name}");
        // They do no harm either: the issuer's own key still counts.
        let honest = token_of(&header, payload.as_bytes(), &ED, Algorithm::EdDsa);
        assert_eq!(verdict(&honest, &[named(&ED)], &[Algorithm::EdDsa]), Ok(()), "{name}");
    }
}

#[test]
fn id_32_without_kid_every_fitting_key_is_tried_in_full() {
    let header = json!({"alg": "EdDSA"}).to_string();
    let token = token_of(&header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa);
    let all = [Algorithm::EdDsa];
    assert_eq!(verdict(&token, &[named(&ED)], &all), Ok(()));
    assert_eq!(verdict(&token, &[ED.jwk()], &all), Ok(()));
    assert_eq!(verdict(&token, &[OTHER_ED.jwk(), ED.jwk()], &all), Ok(()));
    assert_eq!(verdict(&token, &[OTHER_ED.jwk(), OTHER_ED.jwk()], &all), Err("jws_bad_signature"));
    assert_eq!(verdict(&token, &[RSA.jwk()], &all), Err("jws_key_not_found"));

    let mut keys = vec![OTHER_ED.jwk(); MAX_KEYS_TRIED - 1];
    keys.push(ED.jwk());
    assert_eq!(verdict(&token, &keys, &all), Ok(()));
    keys.push(OTHER_ED.jwk());
    assert_eq!(verdict(&token, &keys, &all), Err("jws_too_many_keys"));
    // A name that no key has is not the same as no name.
    let unnamed = [ED.jwk()];
    assert_eq!(verdict(&signed(&ED, Algorithm::EdDsa), &unnamed, &all), Err("jws_key_not_found"));
}

#[test]
fn f9_a_skipped_key_that_could_have_been_the_one_is_named() {
    let all = [Algorithm::EdDsa];
    let said = |token: &str, keys: &[Value]| {
        let error = validate_with(token, &set_of(keys), &expected()).unwrap_err();
        assert_eq!(error.code() == "jws_key_not_found", error.is_key_not_found());
        (error.code(), error.to_string())
    };
    let token = signed(&ED, Algorithm::EdDsa);
    let broken = with(named(&ED), "x", json!("AAAA"));
    let (code, text) = said(&token, &[RSA.jwk(), broken.clone()]);
    assert_eq!(code, "jws_key_skipped");
    assert_eq!(
        text,
        "the key that the token needs is entry 1 of the set (kid \"k\"), which cannot be used: its member x has a wrong \
         length; the issuer has to correct it"
    );
    // One of another name could not have been the one.
    let other = with(broken.clone(), "kid", json!("other"));
    assert_eq!(said(&token, std::slice::from_ref(&other)).0, "jws_key_not_found");
    // Without a name any could, unless it was never meant for this.
    let unnamed = token_of(r#"{"alg":"EdDSA"}"#, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa);
    assert_eq!(said(&unnamed, std::slice::from_ref(&other)).0, "jws_key_skipped");
    assert_eq!(said(&unnamed, &[with(ED.jwk(), "use", json!("enc"))]).0, "jws_key_not_found");
    // Beside a key that does not agree.
    let (code, text) = said(&token, &[named(&OTHER_ED), broken.clone()]);
    assert_eq!(code, "jws_bad_signature");
    assert!(text.contains("the right key may be entry 1 of the set (kid \"k\"), which cannot be used"), "{text}");
    assert_eq!(verdict(&token, &[named(&ED), broken], &all), Ok(()));
    // A key that shows only now that it is none.
    let off_curve = with(named(&ED), "x", json!(encode(&[[2].as_slice(), &[0; 31]].concat())));
    assert_eq!(said(&token, std::slice::from_ref(&off_curve)).0, "jws_key_skipped");
    assert_eq!(said(&token, &[off_curve.clone(), named(&OTHER_ED)]).0, "jws_bad_signature");
    assert_eq!(verdict(&token, &[off_curve, named(&ED)], &all), Ok(()));
}

#[test]
fn f9_too_many_keys_of_one_name() {
    let keys = vec![named(&OTHER_ED); MAX_KEYS_TRIED + 1];
    let error = validate_with(&signed(&ED, Algorithm::EdDsa), &set_of(&keys), &expected()).unwrap_err();
    assert_eq!(error.to_string(), "more than 16 keys of the issuer's set fit the token's kid and alg");
    assert!(!error.is_key_not_found());
}

#[test]
fn f5_hmac_needs_no_key_set() {
    let key = HmacKey::new(MacAlgorithm::Hs256, &[7; 32]).unwrap();
    let told = expected().algorithms([]).client_secret(key).access_token("access token");
    assert!(!told.relying_party.needs_keys() && expected().relying_party.needs_keys());
    validate_with(&mac_token("HS256", &[7; 32]), &JwkSet::empty(), &told).unwrap();
    let forged = validate_with(&mac_token("HS256", &[8; 32]), &JwkSet::empty(), &told).unwrap_err();
    assert_eq!(forged.code(), "jws_bad_signature");
    let signed = validate_with(&signed(&ED, Algorithm::EdDsa), &JwkSet::empty(), &expected()).unwrap_err();
    assert!(signed.is_key_not_found());
}

#[test]
fn f14_a_jws_may_have_an_empty_payload() {
    let token = token_of(r#"{"alg":"EdDSA"}"#, b"", &ED, Algorithm::EdDsa);
    assert_eq!(Jws::verify(&token, &set(&ED), &[Algorithm::EdDsa]).unwrap().payload(), b"");
    let error = Jws::verify(&token, &set(&OTHER_ED), &[Algorithm::EdDsa]).unwrap_err();
    assert_eq!(error.code(), "jws_bad_signature");
    let error = validate_with(&token, &set(&ED), &expected()).unwrap_err();
    assert!(error.to_string().starts_with("the token's payload is empty, and an object of claims was expected"));
}

#[test]
fn a_key_that_was_not_found_says_so() {
    let error = validate_with(&token(&claims()), &set_of(&[]), &expected()).unwrap_err();
    assert!(error.is_key_not_found());
    assert!(matches!(error, IdTokenError::Signature(SignatureError::KeyNotFound { .. })));
    assert!(!validate(&signed(&OTHER_ED, Algorithm::EdDsa), &expected()).unwrap_err().is_key_not_found());
}

pub(crate) fn mac_token(algorithm: &str, secret: &[u8]) -> String {
    use aws_lc_rs::hmac;
    let function = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let header = json!({"alg": algorithm, "kid": "k"}).to_string();
    let input = format!("{}.{}", encode(header.as_bytes()), encode(claims().to_string().as_bytes()));
    let tag = hmac::sign(&hmac::Key::new(function, secret), input.as_bytes());
    format!("{input}.{}", encode(tag.as_ref()))
}
