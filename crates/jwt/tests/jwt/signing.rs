//! Private keys: loaded, generated, stored, and never shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofkey_jwt::{
    Algorithm, AwsLc, HmacKey, JwkSet, Jws, MacAlgorithm, SigningAlgorithm, SigningKey, SigningKeyError,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ED_SEED, ED_X, P256, P384, decode, encode, with};

/// RFC 7515 appendix A.3.
const A3: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
const A3_INPUT: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvb\
    S9pc19yb290Ijp0cnVlfQ";

/// RFC 8410 section 10.3, and RFC 8037 appendix A.
const RFC8410: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";

fn rsa_jwk() -> Value {
    let vector: Value = serde_json::from_str(include_str!("../vectors/jws_4_1.rsa_v15_signature.json")).unwrap();
    vector["input"]["key"].clone()
}

fn jwk_of(algorithm: SigningAlgorithm) -> Value {
    match algorithm {
        SigningAlgorithm::Es256 => with(P256.jwk(), "d", json!(encode(&P256.private_octets()))),
        SigningAlgorithm::Es384 => with(P384.jwk(), "d", json!(encode(&P384.private_octets()))),
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => rsa_jwk(),
        _ => json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X, "d": ED_SEED}),
    }
}

fn from_jwk(algorithm: SigningAlgorithm, jwk: &Value) -> Result<SigningKey, SigningKeyError> {
    SigningKey::from_jwk(algorithm, jwk.to_string().as_bytes())
}

/// The code of the refusal, after the key as it is was taken.
fn refusal(algorithm: SigningAlgorithm, name: &str, value: impl Into<Option<Value>>) -> &'static str {
    from_jwk(algorithm, &jwk_of(algorithm)).unwrap();
    let bent = with(jwk_of(algorithm), name, value);
    let error = from_jwk(algorithm, &bent).expect_err(&bent.to_string());
    assert!(error.to_string().starts_with("the private key cannot be used: "), "{error}");
    error.code()
}

/// Standard base64 in lines of 64 characters.
fn standard_lines(bytes: &[u8]) -> String {
    let mut text = vec![0; bytes.len().div_ceil(3) * 4];
    let length = STANDARD.encode_slice(bytes, &mut text).unwrap();
    let lines: Vec<_> = text[..length].chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    lines.join("\r\n")
}

fn public_set(key: &SigningKey) -> JwkSet {
    JwkSet::parse(format!(r#"{{"keys":[{}]}}"#, key.public_jwk()).as_bytes()).unwrap()
}

fn signed(key: &SigningKey) -> String {
    let header = json!({"alg": key.algorithm().name()}).to_string();
    let input = format!("{}.{}", encode(header.as_bytes()), encode(b"payload"));
    let signature = encode(&key.sign(input.as_bytes()).unwrap());
    format!("{input}.{signature}")
}

#[test]
fn a_public_key_is_registered_with_its_name_and_its_algorithm() {
    for &algorithm in SigningAlgorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let without_name: Value = serde_json::from_str(&key.public_jwk()).unwrap();
        assert_eq!((&without_name["alg"], &without_name["use"]), (&json!(algorithm.name()), &json!("sig")));
        assert_eq!(without_name.get("kid"), None);
        let mut named: Value = serde_json::from_str(&key.with_key_id("2026 \"\\ 11").public_jwk()).unwrap();
        assert_eq!(named.as_object_mut().unwrap().remove("kid"), Some(json!("2026 \"\\ 11")));
        assert_eq!(named, without_name);
    }
}

#[test]
fn what_each_algorithm_signs_is_verified_with_its_public_key_and_with_no_other() {
    for &algorithm in SigningAlgorithm::ALL {
        let (key, other) = (SigningKey::generate(algorithm).unwrap(), SigningKey::generate(algorithm).unwrap());
        let (token, accepted) = (signed(&key), [algorithm.verified_by()]);
        assert_eq!(Jws::verify(&token, &public_set(&key), &accepted).unwrap().payload(), b"payload", "{algorithm}");
        let error = Jws::verify(&token, &public_set(&other), &accepted).unwrap_err();
        assert_eq!(error.code(), "jws_bad_signature", "{algorithm}");
        assert_eq!(key.thumbprint(), public_set(&key).keys()[0].thumbprint(&AwsLc));
        assert_eq!(SigningAlgorithm::from_name(algorithm.name()), Some(algorithm));
    }
    for name in ["none", "HS256", "es256", "RS512", ""] {
        assert_eq!(SigningAlgorithm::from_name(name), None, "{name}");
    }
}

#[test]
fn a_key_written_for_a_store_is_read_back_in_der_and_in_pem() {
    for &algorithm in SigningAlgorithm::ALL {
        let key = from_jwk(algorithm, &jwk_of(algorithm)).unwrap();
        let der = key.to_pkcs8_der().unwrap();
        let pem = format!(
            "Bag Attributes\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\r\n\
            -----BEGIN PRIVATE KEY-----\r\n{}\r\n-----END PRIVATE KEY-----\r\n",
            standard_lines(der.expose())
        );
        for again in [
            SigningKey::from_pkcs8_der(algorithm, der.expose()).unwrap(),
            SigningKey::from_pem(algorithm, &pem).unwrap(),
        ] {
            assert_eq!(again.public_key(), key.public_key(), "{algorithm}");
            Jws::verify(&signed(&again), &public_set(&key), &[algorithm.verified_by()]).unwrap();
        }
        for &other in SigningAlgorithm::ALL {
            let is_of_the_kind = SigningKey::from_pkcs8_der(other, der.expose()).is_ok();
            assert_eq!(is_of_the_kind, from_jwk(other, &jwk_of(algorithm)).is_ok(), "{algorithm} as {other}");
        }
    }
}

#[test]
fn rfc_7515_a3_rfc_8037_a_rfc_8410_and_the_cookbook_4_1() {
    let key = SigningKey::from_jwk(SigningAlgorithm::Es256, A3.as_bytes()).unwrap();
    let published = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let own = encode(&key.sign(A3_INPUT.as_bytes()).unwrap());
    for signature in [published, &own] {
        Jws::verify(&format!("{A3_INPUT}.{signature}"), &public_set(&key), &[Algorithm::Es256]).unwrap();
    }

    let key = from_jwk(SigningAlgorithm::EdDsa, &jwk_of(SigningAlgorithm::EdDsa)).unwrap();
    let signature = key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc").unwrap();
    let published = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(encode(&signature), published);
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");

    let key = SigningKey::from_pem(SigningAlgorithm::Ed25519, RFC8410).unwrap();
    let x = decode(serde_json::from_str::<Value>(&key.public_jwk()).unwrap()["x"].as_str().unwrap());
    assert_eq!(x[..8], [0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe]);

    let vector: Value = serde_json::from_str(include_str!("../vectors/jws_4_1.rsa_v15_signature.json")).unwrap();
    let key = from_jwk(SigningAlgorithm::Rs256, &rsa_jwk()).unwrap();
    assert_eq!(key.key_id(), Some("bilbo.baggins@hobbiton.example"));
    let (input, published) = vector["output"]["compact"].as_str().unwrap().rsplit_once('.').unwrap();
    assert_eq!(encode(&key.sign(input.as_bytes()).unwrap()), published);
}

#[test]
fn rfc_7515_a1_an_hmac_is_made_as_well() {
    let secret = decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    let key = HmacKey::new(MacAlgorithm::Hs256, &secret).unwrap();
    let input = A3_INPUT.replace("eyJhbGciOiJFUzI1NiJ9", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9");
    let signature = encode(&key.sign(input.as_bytes()));
    assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    Jws::verify_mac(&format!("{input}.{signature}"), &key).unwrap();
}

#[test]
fn a_jwk_says_what_it_may_be_used_for() {
    use SigningAlgorithm::{Ed25519, EdDsa, Es256, Ps256, Rs256};
    assert_eq!(refusal(Es256, "use", json!("enc")), "signing_key_jwk_not_for_signing");
    assert_eq!(refusal(Es256, "key_ops", json!(["verify"])), "signing_key_jwk_not_for_signing");
    assert_eq!(refusal(Es256, "key_ops", json!("sign")), "jwk_wrong_type");
    assert_eq!(refusal(Es256, "alg", json!("ES384")), "signing_key_jwk_algorithm");
    assert_eq!(refusal(Es256, "alg", json!("none")), "signing_key_jwk_algorithm");
    assert_eq!(refusal(EdDsa, "alg", json!("Ed25519")), "signing_key_jwk_algorithm");
    assert_eq!(refusal(Rs256, "alg", json!("PS256")), "signing_key_jwk_algorithm");
    for (algorithm, jwk) in [(Rs256, jwk_of(Es256)), (Es256, jwk_of(EdDsa)), (Es256, jwk_of(SigningAlgorithm::Es384))] {
        assert_eq!(from_jwk(algorithm, &jwk).unwrap_err().code(), "signing_key_jwk_algorithm");
    }
    for (algorithm, name, value) in [
        (Es256, "use", json!("sig")),
        (Es256, "key_ops", json!(["sign"])),
        (Es256, "key_ops", json!(null)),
        (Es256, "alg", json!("ES256")),
        (Ps256, "alg", json!("PS256")),
        (Ed25519, "alg", json!("EdDSA")),
        (Ed25519, "alg", json!("Ed25519")),
    ] {
        from_jwk(algorithm, &with(jwk_of(algorithm), name, value)).unwrap();
    }
    let named = from_jwk(Es256, &with(jwk_of(Es256), "kid", json!("k1"))).unwrap();
    assert_eq!(named.key_id(), Some("k1"));
    assert_eq!(named.with_key_id("k2").key_id(), Some("k2"));
}

#[test]
fn a_jwk_whose_numbers_are_no_pair_is_refused_by_name() {
    use SigningAlgorithm::{EdDsa, Es256, Rs256};
    assert_eq!(refusal(Es256, "d", None), "signing_key_jwk_public");
    assert_eq!(refusal(Es256, "d", json!(7)), "jwk_wrong_type");
    assert_eq!(refusal(Es256, "d", json!("a+b/")), "jwk_bad_base64url");
    assert_eq!(refusal(Es256, "d", json!(encode(&[7; 31]))), "jwk_bad_length");
    assert_eq!(refusal(EdDsa, "d", json!(encode(&[7; 33]))), "jwk_bad_length");
    assert_eq!(refusal(Es256, "y", None), "jwk_missing_member");
    assert_eq!(refusal(Es256, "kty", json!("oct")), "jwk_symmetric_key");
    assert_eq!(refusal(EdDsa, "crv", json!("X25519")), "jwk_unsupported_curve");
    for d in [[0; 32], [0xff; 32], [7; 32]] {
        assert_eq!(refusal(Es256, "d", json!(encode(&d))), "signing_key_refused");
    }
    assert_eq!(refusal(EdDsa, "d", json!(encode(&[7; 32]))), "signing_key_refused");
    for name in ["p", "q", "dp", "dq", "qi"] {
        assert_eq!(refusal(Rs256, name, None), "jwk_missing_member", "{name}");
    }
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        assert_eq!(refusal(Rs256, name, json!("AQAB")), "signing_key_refused", "{name}");
    }
    assert_eq!(refusal(Rs256, "oth", json!([{}])), "signing_key_refused");
    assert_eq!(refusal(Rs256, "n", json!(encode(&[0xff; 128]))), "jwk_weak_rsa_modulus");
    let twice = jwk_of(Es256).to_string().replacen('{', r#"{"d":"AAAA","#, 1);
    assert_eq!(SigningKey::from_jwk(Es256, twice.as_bytes()).unwrap_err().code(), "jwk_duplicate_member");
}

#[test]
fn keys_of_other_formats_are_named_with_what_to_do() {
    for label in ["EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        let text = RFC8410.replace("PRIVATE KEY", label);
        let error = SigningKey::from_pem(SigningAlgorithm::EdDsa, &text).unwrap_err();
        assert_eq!(error.code(), "signing_key_pem_label");
        assert!(error.to_string().contains(label) && error.to_string().contains("openssl pkcs8"), "{error}");
    }
    let code = |text: &str| SigningKey::from_pem(SigningAlgorithm::EdDsa, text).unwrap_err().code();
    assert_eq!(code(&RFC8410.replace("-----END", "----- END")), "signing_key_pem_malformed");
    assert_eq!(code(&RFC8410.replace("MC4C", "MC4*")), "signing_key_pem_malformed");
    assert_eq!(code(&RFC8410.replace("BEGIN PRIVATE KEY-----", "BEGIN PRIVATE KEY")), "signing_key_pem_missing");
    assert_eq!(code(&RFC8410.replace("BEGIN PRIVATE", "BEGIN PUBLIC")), "signing_key_pem_missing");
    assert_eq!(code(&format!("{RFC8410}{RFC8410}")), "signing_key_pem_several");
    assert_eq!(code(&RFC8410.replace("MC4CAQAw", "MC4CAQkw")), "signing_key_der", "another version");
}

#[test]
fn nothing_shows_a_private_key() {
    for &algorithm in SigningAlgorithm::ALL {
        let jwk = jwk_of(algorithm);
        let key = from_jwk(algorithm, &jwk).unwrap();
        let der = key.to_pkcs8_der().unwrap();
        let shown = format!("{key:?} {key:#?} {der:?}");
        for name in ["d", "p", "q", "dp", "dq", "qi"] {
            let Some(text) = jwk[name].as_str() else { continue };
            assert!(!shown.contains(&text[..12]), "{shown}");
            let listed = format!("{:?}", decode(text));
            assert!(!shown.contains(&listed[1..20]), "{shown}");
        }
        assert!(shown.contains(&key.thumbprint()), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for &algorithm in SigningAlgorithm::ALL {
            prop_assert!(SigningKey::from_pkcs8_der(algorithm, &bytes).is_err());
            prop_assert!(SigningKey::from_jwk(algorithm, &bytes).is_err());
            prop_assert!(SigningKey::from_pem(algorithm, &String::from_utf8_lossy(&bytes)).is_err());
        }
    }

    #[test]
    fn a_refused_private_key_is_not_in_its_error(at in any::<prop::sample::Index>(), put in "[\"{}:,A-Za-z0-9]{0,3}") {
        let jwk = json!({"kty": "EC", "d": "Sentinel0Sentinel1Sentinel2Sentinel3", "kid": "Sentinel"}).to_string();
        let at = at.index(jwk.len());
        let edited = format!("{}{put}{}", &jwk[..at], &jwk[at..]);
        let error = SigningKey::from_jwk(SigningAlgorithm::Es256, edited.as_bytes()).unwrap_err();
        let shown = format!("{error} {error:?}");
        prop_assert!(!shown.contains("Sentinel"));
        let pem = format!("-----BEGIN {put}PRIVATE KEY-----\n{edited}\n-----END {put}PRIVATE KEY-----");
        let error = SigningKey::from_pem(SigningAlgorithm::Es256, &pem).unwrap_err();
        let shown = format!("{error} {error:?}");
        prop_assert!(!shown.contains("Sentinel"));
    }
}
