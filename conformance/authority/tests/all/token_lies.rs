//! Each lie about the ID token says what it should, and no more than that.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use proofkey_authority::lie::{
    ExtraKey, HmacKey, IdTokenEdit, JsonEdit, KeyEdit, SignatureEdit, Signing, TestKey, TextEdit, When,
};
use proofkey_authority::{Algorithm, Authority, Client, HmacAlgorithm, Lie, Setup};
use serde_json::{Value, json};

use crate::http::get;
use crate::jwt::{claims, header, signature, verifies, verifies_by};
use crate::login::{log_in, refresh, userinfo};

async fn lying(lie: Lie) -> Authority {
    Authority::start(Setup::lying(lie)).await
}

/// The ID token of a login, and the published keys.
async fn told(lie: Lie) -> (String, String) {
    told_by(Setup::lying(lie)).await
}

async fn told_by(setup: Setup) -> (String, String) {
    let authority = Authority::start(setup).await;
    let tokens = log_in(&authority).json();
    (tokens["id_token"].as_str().unwrap().to_owned(), get(&authority.endpoints().jwks).text())
}

fn key(jwks: &str, kid: &str) -> Value {
    let set: Value = serde_json::from_str(jwks).unwrap();
    set["keys"].as_array().unwrap().iter().find(|jwk| jwk["kid"] == kid).cloned().expect("the key")
}

#[tokio::test]
async fn claims_and_headers_are_changed_before_signing() {
    let (token, jwks) =
        told(Lie::claims([JsonEdit::set("aud", json!(["{client_id}", "x"])), JsonEdit::remove("nonce")])).await;
    assert!(verifies(&token, &jwks));
    assert_eq!(claims(&token)["aud"], json!([Client::native().id, "x"]));
    assert_eq!(claims(&token).get("nonce"), None);
    let (token, jwks) = told(Lie::header([JsonEdit::set("typ", "at+jwt"), JsonEdit::set("crit", json!(["x"]))])).await;
    assert!(verifies(&token, &jwks));
    assert_eq!((&header(&token)["typ"], &header(&token)["crit"]), (&json!("at+jwt"), &json!(["x"])));
    let (token, jwks) = told(Lie::header([JsonEdit::remove("kid")])).await;
    assert_eq!(header(&token).get("kid"), None);
    assert!(verifies_by(&token, &key(&jwks, "123"), "RS256"));
    let (token, jwks) = told(Lie::header([JsonEdit::set("alg", "RS512")])).await;
    assert!(verifies_by(&token, &key(&jwks, "123"), "RS256"), "relabelled, yet signed as before");
    let (token, _) =
        told(Lie::header([JsonEdit::set_text("jwk", "{foreign_jwk}"), JsonEdit::set("jku", "{attacker}/jwks")])).await;
    assert_eq!(header(&token)["jwk"]["kty"], "RSA");
    assert!(header(&token)["jku"].as_str().unwrap().ends_with("/attacker/jwks"));
    let (token, _) =
        told(Lie::header([JsonEdit::set_text("x5c", "{foreign_x5c}"), JsonEdit::set_text("jwk", "{foreign_jwk}")]))
            .await;
    let certificate = STANDARD.decode(header(&token)["x5c"][0].as_str().unwrap()).unwrap();
    let modulus = URL_SAFE_NO_PAD.decode(header(&token)["jwk"]["n"].as_str().unwrap()).unwrap();
    assert!(certificate.windows(modulus.len()).any(|window| window == modulus), "a certificate of that key");
    let (token, jwks) = told(Lie::claims([JsonEdit::Text("[1]".into())])).await;
    assert!(verifies(&token, &jwks));
    assert_eq!(claims(&token), json!([1]));
    let (token, _) =
        told(Lie::claims([JsonEdit::set("at_hash", "{at_hash_512}"), JsonEdit::set("c_hash", "{c_hash}")])).await;
    assert_eq!(claims(&token)["at_hash"].as_str().unwrap().len(), 43);
    assert_eq!(claims(&token)["c_hash"].as_str().unwrap().len(), 22);
}

#[tokio::test]
async fn hash_placeholders_are_the_hashes() {
    let names = ["at_hash", "at_hash_256", "c_hash", "c_hash_384"];
    let edits = names.map(|name| JsonEdit::set(&format!("x_{name}"), format!("{{{name}}}")));
    let authority = lying(Lie::claims(edits)).await;
    let tokens = log_in(&authority).json();
    let code = authority.wire().codes_redeemed().remove(0);
    let told = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(told["x_at_hash"], told["at_hash"]);
    assert_eq!(told["x_at_hash_256"], told["at_hash"]);
    use sha2::Digest as _;
    assert_eq!(told["x_c_hash"], URL_SAFE_NO_PAD.encode(&sha2::Sha256::digest(&code)[..16]));
    assert_eq!(told["x_c_hash_384"], URL_SAFE_NO_PAD.encode(&sha2::Sha384::digest(&code)[..24]));
}

#[tokio::test]
async fn a_tampered_token_keeps_its_signature() {
    let (token, jwks) = told(Lie::id_token([IdTokenEdit::Tamper(JsonEdit::set("sub", "admin"))])).await;
    assert_eq!(claims(&token)["sub"], "admin");
    assert!(!verifies(&token, &jwks));
    assert_eq!(signature(&token).len(), 256);
}

#[tokio::test]
async fn the_authoritys_other_algorithms_are_really_signed_and_published() {
    for algorithm in Algorithm::ALL {
        let (token, jwks) = told(Lie::signing(Signing::Own(algorithm))).await;
        assert_eq!(header(&token)["alg"], algorithm.as_str());
        assert!(verifies(&token, &jwks), "{algorithm:?}");
        if header(&token)["kid"] == "123" {
            assert_eq!(key(&jwks, "123")["alg"], "RS256", "the JWK names the usual algorithm");
            assert_eq!(jwks.matches("\"kty\"").count(), 1, "one key, published once");
        }
    }
}

#[tokio::test]
async fn a_foreign_signature_looks_right_and_is_not() {
    for signing in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let setup = Setup { signing, ..Setup::lying(Lie::signing(Signing::Foreign)) };
        let (token, jwks) = told_by(setup).await;
        let set: Value = serde_json::from_str(&jwks).unwrap();
        assert_eq!(header(&token)["kid"], set["keys"][0]["kid"]);
        assert!(!verifies(&token, &jwks));
        let extra = ExtraKey::new(TestKey::Foreign(signing));
        let published = Setup { signing, ..Setup::lying(Lie::keys([KeyEdit::After(extra)])) };
        let (_, with_foreign) = told_by(published).await;
        let foreign: Value = serde_json::from_str(&with_foreign).unwrap();
        assert!(verifies_by(&token, &foreign["keys"][1], signing.as_str()), "{signing:?}: it is a real signature");
    }
}

#[tokio::test]
async fn unsigned_tokens_say_so_in_any_spelling() {
    for word in ["none", "None", "NONE", "nOnE"] {
        let (token, _) = told(Lie::signing(Signing::None(word.into()))).await;
        assert_eq!(header(&token)["alg"], word);
        assert!(token.ends_with('.'));
        let (token, _) = told(Lie::signing(Signing::NoneWithSignature(word.into()))).await;
        assert_eq!((header(&token)["alg"].as_str(), signature(&token).len()), (Some(word), 256));
    }
}

#[tokio::test]
async fn an_hmac_is_keyed_with_what_it_says() {
    let authority = Authority::honest().await;
    let jwk = key(&authority.jwks_json(), "123");
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    // SPKI of an RSA key of 2048 bits: a fixed beginning, the modulus, the exponent.
    let mut der = vec![
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
        0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00,
    ];
    der.extend(&modulus);
    der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
    let text = base64::engine::general_purpose::STANDARD.encode(&der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    let cases = [
        (HmacKey::Modulus, modulus),
        (HmacKey::Der, der),
        (HmacKey::Pem, pem.clone().into_bytes()),
        (HmacKey::PemTrimmed, pem.trim_end().into()),
        (HmacKey::PemAfterBlank, format!("\n{pem}").into_bytes()),
        (HmacKey::Jwk, jwk.to_string().into_bytes()),
        (HmacKey::ClientSecret, Vec::new()),
        (HmacKey::Empty, Vec::new()),
        (HmacKey::Text("k".into()), b"k".to_vec()),
    ];
    for (named, octets) in cases {
        let (token, _) = told(Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, named.clone()))).await;
        assert_eq!(header(&token)["alg"], "HS256");
        assert!(hmac_verifies(hmac::HMAC_SHA256, &octets, &token), "{named:?}");
    }
    for (algorithm, check) in [(HmacAlgorithm::Hs384, hmac::HMAC_SHA384), (HmacAlgorithm::Hs512, hmac::HMAC_SHA512)] {
        let (token, _) = told(Lie::signing(Signing::Hmac(algorithm, HmacKey::Empty))).await;
        assert!(header(&token)["alg"] == algorithm.as_str() && hmac_verifies(check, &[], &token));
    }
}

fn hmac_verifies(algorithm: hmac::Algorithm, key: &[u8], token: &str) -> bool {
    let (message, _) = token.rsplit_once('.').unwrap();
    hmac::verify(&hmac::Key::new(algorithm, key), message.as_bytes(), &signature(token)).is_ok()
}

#[tokio::test]
async fn a_secret_of_a_confidential_client_keys_its_hmac() {
    let web = Client::web_post();
    let authority = lying(Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::ClientSecret))).await;
    let code = crate::login::code(&authority, &[("client_id", Some(&web.id))]);
    let secret = web.auth.secret();
    let answer = crate::login::exchange(&authority, &code, &[("client_id", Some(&web.id)), ("client_secret", secret)]);
    let token = answer.json()["id_token"].as_str().unwrap().to_owned();
    assert!(hmac_verifies(hmac::HMAC_SHA256, secret.unwrap().as_bytes(), &token));
}

#[tokio::test]
async fn weak_keys_sign_or_are_forged_for() {
    let with = |signing: Signing, key: TestKey| {
        Lie::Together(vec![Lie::signing(signing), Lie::keys([KeyEdit::After(ExtraKey::new(key))])])
    };
    let (token, jwks) = told(with(Signing::SmallRsa, TestKey::SmallRsa)).await;
    assert!(verifies(&token, &jwks), "a real signature of 1024 bits");
    assert_eq!(signature(&token).len(), 128);
    let (token, jwks) = told(with(Signing::Secp256k1, TestKey::Secp256k1)).await;
    assert!(verifies(&token, &jwks), "a real signature on another curve");
    let (token, jwks) = told(with(Signing::SmallOrder, TestKey::SmallOrder)).await;
    assert_eq!(key(&jwks, "small-order")["x"], URL_SAFE_NO_PAD.encode([[1_u8].as_slice(), &[0; 31]].concat()));
    assert_eq!(signature(&token), [[1_u8].as_slice(), &[0; 63]].concat());
    let (token, jwks) = told(with(Signing::ExponentOne, TestKey::ExponentOne)).await;
    let forged = signature(&token);
    assert_eq!(forged.len(), URL_SAFE_NO_PAD.decode(key(&jwks, "exponent-one")["n"].as_str().unwrap()).unwrap().len());
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(token.rsplit_once('.').unwrap().0);
    assert!(forged.starts_with(&[0, 1, 0xff]) && forged.ends_with(&digest), "the padded hash itself");
    let published = hmac_key_published().await;
    assert!(published, "the symmetric key that is published keys the HMAC");
}

async fn hmac_key_published() -> bool {
    let lie = Lie::Together(vec![
        Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::Published)),
        Lie::keys([KeyEdit::After(ExtraKey::new(TestKey::Symmetric))]),
    ]);
    let (token, jwks) = told(lie).await;
    let octets =
        URL_SAFE_NO_PAD.decode(key(&jwks, header(&token)["kid"].as_str().unwrap())["k"].as_str().unwrap()).unwrap();
    octets.len() == 32 && hmac_verifies(hmac::HMAC_SHA256, &octets, &token)
}

#[tokio::test]
async fn signatures_are_spoiled_as_they_say() {
    let spoiled = |edit: SignatureEdit| async move {
        let (token, jwks) = told(Lie::signature(edit)).await;
        assert!(!verifies(&token, &jwks));
        signature(&token)
    };
    assert_eq!(spoiled(SignatureEdit::FlipBit(0)).await.len(), 256);
    assert_eq!(spoiled(SignatureEdit::FlipBit(9999)).await.len(), 256);
    assert_eq!(spoiled(SignatureEdit::Truncate(1)).await.len(), 255);
    assert_eq!(spoiled(SignatureEdit::Append(vec![0, 7])).await[256..], [0, 7]);
    assert!(spoiled(SignatureEdit::Empty).await.is_empty());
    assert_eq!(spoiled(SignatureEdit::Octets(vec![1, 2])).await, [1, 2]);
    assert_eq!(spoiled(SignatureEdit::Zero).await, [0; 256]);
    assert_eq!(spoiled(SignatureEdit::OfAnotherToken).await.len(), 256);
}

/// One bit, at the place that is named, and nothing else.
#[tokio::test]
async fn a_flipped_bit_can_be_flipped_back() {
    let authority = Authority::honest().await;
    let content = json!({"sub": "x"});
    let honest = authority.sign_id_token(&content);
    for place in [0, 100, 255] {
        let flipped = authority.sign_with(&content, &[IdTokenEdit::Signature(SignatureEdit::FlipBit(place))]);
        let mut octets = signature(&flipped);
        octets[place] ^= 1;
        assert_eq!(octets, signature(&honest), "RS256 signs the same text alike");
    }
}

#[tokio::test]
async fn ecdsa_and_eddsa_signatures_are_spoiled_in_their_own_ways() {
    let by = |signing: Algorithm, edit: SignatureEdit| async move {
        let (token, jwks) = told_by(Setup { signing, ..Setup::lying(Lie::signature(edit)) }).await;
        assert!(!verifies(&token, &jwks));
        (token, jwks)
    };
    let (token, _) = by(Algorithm::Es256, SignatureEdit::ZeroR).await;
    assert_eq!(signature(&token)[..32], [0; 32]);
    let (token, _) = by(Algorithm::Es256, SignatureEdit::ZeroS).await;
    assert_eq!(signature(&token)[32..], [0; 32]);
    let (token, _) = by(Algorithm::Es256, SignatureEdit::LargeR).await;
    assert_eq!(signature(&token)[..4], [0xff; 4]);
    let (token, jwks) = by(Algorithm::Es256, SignatureEdit::Der).await;
    let set: Value = serde_json::from_str(&jwks).unwrap();
    let point = [
        vec![4],
        crate::jwt::decode(set["keys"][0]["x"].as_str().unwrap()),
        crate::jwt::decode(set["keys"][0]["y"].as_str().unwrap()),
    ]
    .concat();
    let (message, _) = token.rsplit_once('.').unwrap();
    let der = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1, point);
    assert!(der.verify(message.as_bytes(), &signature(&token)).is_ok(), "valid, but for its encoding");
    let (token, _) = by(Algorithm::Es512, SignatureEdit::Der).await;
    assert_eq!(signature(&token)[..2], [0x30, 0x81], "a long form of the length");
    let (token, _) = by(Algorithm::EdDsa, SignatureEdit::LargeS).await;
    let spoiled = signature(&token);
    assert!(spoiled[63] & 0xf0 != 0, "not below the order of the group");
}

#[tokio::test]
async fn spoiled_segments_are_covered_by_the_signature() {
    let text = |edit: TextEdit| async move { told(Lie::text(edit)).await };
    for segment in [0, 1] {
        let (token, jwks) = text(TextEdit::Pad(segment)).await;
        assert!(token.split('.').nth(segment).unwrap().ends_with('='));
        let (message, last) = token.rsplit_once('.').unwrap();
        assert!(rsa_verifies(message, last, &jwks), "only a strict decoder objects");
        let (token, jwks) = text(TextEdit::SpareBits(segment)).await;
        let spoiled = token.split('.').nth(segment).unwrap();
        assert!(URL_SAFE_NO_PAD.decode(spoiled).is_err(), "spare bits are set");
        let lenient = base64::engine::GeneralPurpose::new(
            &base64::alphabet::URL_SAFE,
            base64::engine::general_purpose::NO_PAD.with_decode_allow_trailing_bits(true),
        );
        let octets = lenient.decode(spoiled).unwrap();
        assert!(serde_json::from_slice::<Value>(&octets).is_ok(), "a lenient decoder reads the same JSON");
        let (message, last) = token.rsplit_once('.').unwrap();
        assert!(rsa_verifies(message, last, &jwks));
    }
    let (token, _) = text(TextEdit::Insert(1, 3, " ".into())).await;
    assert_eq!(token.split('.').nth(1).unwrap().find(' '), Some(3));
    let (token, jwks) = text(TextEdit::SegmentOctets(1, b"{\"sub\":\"\xff\"}".to_vec())).await;
    let (message, last) = token.rsplit_once('.').unwrap();
    assert!(rsa_verifies(message, last, &jwks));
    let (token, _) = text(TextEdit::Segment(0, "e30".into())).await;
    assert!(token.starts_with("e30."));
}

fn rsa_verifies(message: &str, last: &str, jwks: &str) -> bool {
    verifies_by(&format!("{message}.{last}"), &key(jwks, "123"), "RS256")
}

#[tokio::test]
async fn the_signatures_segment_is_spoiled_alone() {
    let (token, jwks) = told(Lie::text(TextEdit::Pad(2))).await;
    let (message, last) = token.rsplit_once('.').unwrap();
    assert!(last.ends_with("=="));
    let octets = URL_SAFE.decode(last).unwrap();
    assert!(rsa_verifies(message, &URL_SAFE_NO_PAD.encode(octets), &jwks), "the same signature, padded");
    let (token, _) = told(Lie::text(TextEdit::StandardAlphabet(2))).await;
    let last = token.rsplit_once('.').unwrap().1;
    assert!(last.contains(['+', '/']) && !last.contains(['-', '_']));
    let (token, _) = told(Lie::text(TextEdit::SpareBits(2))).await;
    assert!(URL_SAFE_NO_PAD.decode(token.rsplit_once('.').unwrap().1).is_err());
    let setup = Setup { signing: Algorithm::Es384, ..Setup::lying(Lie::text(TextEdit::SpareBits(2))) };
    let (token, jwks) = told_by(setup).await;
    assert!(verifies(&token, &jwks), "96 octets leave no bits to spare");
}

#[tokio::test]
async fn the_whole_text_may_be_anything() {
    let text = |edit: TextEdit| async move { told(Lie::text(edit)).await.0 };
    for (edit, dots) in [
        (TextEdit::RemoveSegment(2), 1),
        (TextEdit::RemoveSegment(9), 2),
        (TextEdit::AppendSegment("e30".into()), 3),
        (TextEdit::Encrypted, 4),
        (TextEdit::Whole("{id_token}".into()), 2),
        (TextEdit::Whole("\n{id_token} ".into()), 2),
        (TextEdit::Whole(String::new()), 0),
    ] {
        assert_eq!(text(edit.clone()).await.matches('.').count(), dots, "{edit:?}");
    }
    let flattened: Value = serde_json::from_str(&text(TextEdit::Flattened).await).unwrap();
    let general: Value = serde_json::from_str(&text(TextEdit::General).await).unwrap();
    assert!(
        flattened["protected"].is_string() && flattened["payload"].is_string() && flattened["signature"].is_string()
    );
    assert!(general["payload"].is_string() && general["signatures"][0]["signature"].is_string());
}

#[tokio::test]
async fn the_refreshed_token_may_be_the_one_that_lies() {
    let authority = lying(Lie::claims([JsonEdit::set("sub", "auth0|mallory")]).only(When::AfterFirst)).await;
    let tokens = log_in(&authority).json();
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["sub"], "auth0|john");
    let tokens = refresh(&authority, tokens["refresh_token"].as_str().unwrap(), &[]).json();
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["sub"], "auth0|mallory");
}

#[tokio::test]
async fn signed_userinfo_is_honest_but_for_its_lie() {
    let signed = |lie: Option<Lie>| async move {
        let authority = Authority::start(Setup { userinfo_signed: true, lie, ..Setup::honest() }).await;
        let tokens = log_in(&authority).json();
        let id_token = claims(tokens["id_token"].as_str().unwrap());
        let answer = userinfo(&authority, tokens["access_token"].as_str().unwrap());
        assert_eq!(answer.header("content-type"), Some("application/jwt"));
        let text = answer.text();
        let jwks = get(&authority.endpoints().jwks).text();
        assert_eq!((&id_token["sub"], claims(&text)["iss"].as_str()), (&"auth0|john".into(), Some(authority.issuer())));
        assert!(authority.wire().faults().is_empty());
        (claims(&text)["sub"].clone(), claims(&text)["aud"].clone(), verifies(&text, &jwks))
    };
    let (john, client) = (Value::from("auth0|john"), Value::from(Client::native().id));
    assert_eq!(signed(None).await, (john.clone(), client.clone(), true));
    let claim = |name, value| Some(Lie::SignedUserInfo(vec![IdTokenEdit::Claim(JsonEdit::set(name, value))]));
    assert_eq!(signed(claim("sub", "auth0|mallory")).await, ("auth0|mallory".into(), client.clone(), true));
    assert_eq!(signed(claim("aud", "another")).await, (john.clone(), "another".into(), true));
    let foreign = Lie::SignedUserInfo(vec![IdTokenEdit::Sign(Signing::Foreign)]);
    assert_eq!(signed(Some(foreign)).await, (john, client, false));
}
