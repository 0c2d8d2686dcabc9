//! Client assertions, and tokens that are bound to a key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authority::{Authority, Client, DpopMode, Rule, Setup, client_key};
use serde_json::{Value, json};

use crate::http::{Response, get, post, request};
use crate::jwt::decode;

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn public(key: &Value) -> Value {
    json!({"kty": "EC", "crv": "P-256", "x": key["x"], "y": key["y"]})
}

/// A JWT by the client's key.
fn signed(header: &Value, claims: &Value) -> String {
    let key = client_key();
    let member = |name: &str| decode(key[name].as_str().unwrap());
    let point = [vec![4], member("x"), member("y")].concat();
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &member("d"), &point).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The value, with a member changed.
fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

fn rules(authority: &Authority) -> Vec<Rule> {
    authority.wire().faults().into_iter().map(|fault| fault.rule).collect()
}

#[tokio::test]
async fn ca_01_to_ca_07_an_assertion_is_checked() {
    let honest = || Setup { clients: vec![Client::with_key()], machine: true, ..Setup::honest() };
    let authority = Authority::start(honest()).await;
    let metadata = get(&format!("{}/.well-known/openid-configuration", authority.base())).json();
    assert!(metadata["token_endpoint_auth_methods_supported"].to_string().contains("private_key_jwt"));
    assert!(metadata["token_endpoint_auth_signing_alg_values_supported"].to_string().contains("ES256"));
    let id = Client::with_key().id;
    let header = json!({"alg": "ES256", "typ": "client-authentication+jwt"});
    let exp = authority.clock().unix() + 60;
    let claims = |jti: &str| json!({"iss": id, "sub": id, "aud": authority.issuer(), "exp": exp, "jti": jti});
    let send = |assertion: &str| {
        let pairs =
            [("grant_type", "client_credentials"), ("client_assertion_type", KIND), ("client_assertion", assertion)];
        post(&authority.endpoints().token, &[], &pairs)
    };
    assert_eq!(send(&signed(&header, &claims("a"))).status, 200);
    // One element of a list is a sole value as well.
    assert_eq!(send(&signed(&header, &with(claims("b"), "aud", json!([authority.issuer()])))).status, 200);
    assert!(rules(&authority).is_empty());

    let token = authority.endpoints().token;
    let refused = [
        (signed(&header, &claims("a")), Rule::AssertionReplayed),
        (signed(&header, &with(claims("c"), "aud", json!(token))), Rule::AssertionAudience),
        (signed(&header, &with(claims("d"), "aud", json!([authority.issuer(), token]))), Rule::AssertionAudience),
        (signed(&header, &with(claims("e"), "sub", json!("another"))), Rule::ClientUnknown),
        (signed(&header, &with(claims("f"), "iss", json!("another"))), Rule::AssertionClaims),
        (signed(&header, &with(claims("g"), "exp", json!(exp - 61))), Rule::AssertionClaims),
        (signed(&header, &with(claims("h"), "exp", Value::Null)), Rule::AssertionClaims),
        (signed(&header, &claims("")), Rule::AssertionClaims),
        (signed(&with(header.clone(), "alg", json!("none")), &claims("i")), Rule::AssertionSignature),
        (signed(&with(header.clone(), "alg", json!("HS256")), &claims("j")), Rule::AssertionSignature),
        (format!("{}A", signed(&header, &claims("k"))), Rule::AssertionSignature),
        ("no JWT".to_owned(), Rule::ClientUnknown),
    ];
    for (assertion, rule) in refused {
        assert_eq!(send(&assertion).error().as_deref(), Some("invalid_client"), "{rule:?}");
        assert_eq!(rules(&authority).pop(), Some(rule));
    }
    assert_eq!(send(&signed(&with(header.clone(), "typ", json!("JWT")), &claims("l"))).status, 200, "SHOULD");
    assert_eq!(rules(&authority).pop(), Some(Rule::AssertionType));
}

/// What a proof is for.
struct Target<'a> {
    method: &'a str,
    url: String,
    now: i64,
}

impl Target<'_> {
    fn claims(&self, jti: &str) -> Value {
        json!({"jti": jti, "htm": self.method, "htu": self.url, "iat": self.now})
    }
}

fn proof_header() -> Value {
    json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": public(&client_key())})
}

async fn binding(dpop: DpopMode) -> Authority {
    Authority::start(Setup { dpop, machine: true, ..Setup::honest() }).await
}

fn token_with(authority: &Authority, proofs: &[&str]) -> Response {
    let basic = crate::login::basic(&Client::web());
    let mut headers = vec![("authorization", basic.as_str())];
    headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
    post(&authority.endpoints().token, &headers, &[("grant_type", "client_credentials"), ("scope", "openid")])
}

#[tokio::test]
async fn dp_01_to_dp_07_a_proof_is_checked() {
    let authority = binding(DpopMode::Offered).await;
    let target = Target { method: "POST", url: authority.endpoints().token, now: authority.clock().unix() };
    let (header, send) = (proof_header(), |proof: String| token_with(&authority, &[&proof]));
    let answer = send(signed(&header, &target.claims("a")));
    assert_eq!((answer.status, answer.json()["token_type"].as_str()), (200, Some("DPoP")));
    assert!(rules(&authority).is_empty());

    let refused = [
        (signed(&header, &target.claims("a")), Rule::ProofReplayed),
        (signed(&header, &with(target.claims("b"), "htm", json!("GET"))), Rule::ProofTarget),
        (signed(&header, &with(target.claims("c"), "htu", json!(format!("{}?x", target.url)))), Rule::ProofTarget),
        (signed(&header, &with(target.claims("d"), "iat", json!(target.now - 3600))), Rule::ProofTime),
        (signed(&header, &with(target.claims("e"), "iat", json!(target.now + 3600))), Rule::ProofTime),
        (signed(&header, &with(target.claims("f"), "jti", Value::Null)), Rule::ProofMalformed),
        (signed(&with(header.clone(), "typ", json!("JWT")), &target.claims("g")), Rule::ProofMalformed),
        (signed(&with(header.clone(), "alg", json!("none")), &target.claims("h")), Rule::ProofMalformed),
        (signed(&with(header.clone(), "jwk", client_key()), &target.claims("i")), Rule::ProofMalformed),
        ("no JWT".to_owned(), Rule::ProofMalformed),
    ];
    for (proof, rule) in refused {
        assert_eq!(send(proof).error().as_deref(), Some("invalid_dpop_proof"), "{rule:?}");
        assert_eq!(rules(&authority).pop(), Some(rule));
    }
    for proofs in [&[][..], &["a", "b"]] {
        assert_eq!(token_with(&authority, proofs).error().as_deref(), Some("invalid_dpop_proof"));
        assert_eq!(rules(&authority).pop(), Some(Rule::ProofMissing));
    }
    // A server that binds nothing looks at no proof.
    let plain = binding(DpopMode::Absent).await;
    assert_eq!(token_with(&plain, &["no JWT"]).json()["token_type"], "Bearer");
}

#[tokio::test]
async fn dp_10_to_dp_14_a_bound_token_needs_its_proof_and_the_nonce_of_the_api() {
    use sha2::{Digest as _, Sha256};
    let authority = binding(DpopMode::Nonces).await;
    let now = authority.clock().unix();
    let (token, header) = (Target { method: "POST", url: authority.endpoints().token, now }, proof_header());
    let challenged = token_with(&authority, &[&signed(&header, &token.claims("a"))]);
    assert_eq!((challenged.status, challenged.error().as_deref()), (400, Some("use_dpop_nonce")));
    let nonce = challenged.header("dpop-nonce").unwrap();
    assert!(rules(&authority).is_empty(), "the first nonce cannot be known beforehand");
    let answer = token_with(&authority, &[&signed(&header, &with(token.claims("b"), "nonce", json!(nonce)))]);
    let access_token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_ne!(answer.header("dpop-nonce"), Some(nonce), "a success brings a new one");

    let api = Target { method: "GET", url: authority.endpoints().userinfo, now };
    let ath = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(&access_token)));
    let ask = |scheme: &str, claims: &Value| {
        let (authorization, proof) = (format!("{scheme} {access_token}"), signed(&header, claims));
        request("GET", &api.url, &[("authorization", &authorization), ("dpop", &proof)], "")
    };
    let whole = |jti: &str| with(api.claims(jti), "ath", ath.clone());
    let other = answer.header("dpop-nonce").unwrap();
    let challenged = ask("DPoP", &with(whole("c"), "nonce", json!(other)));
    assert_eq!((challenged.status, challenged.error().as_deref()), (401, Some("use_dpop_nonce")));
    assert_eq!(rules(&authority).pop(), Some(Rule::ProofNonce), "that nonce is the authorization server's");
    let challenged = ask("DPoP", &whole("d"));
    assert!(challenged.header("www-authenticate").unwrap().starts_with("DPoP error=\"use_dpop_nonce\""));
    let with_nonce = |jti: &str, answer: &Response| with(whole(jti), "nonce", json!(answer.header("dpop-nonce")));
    let answer = ask("DPoP", &with_nonce("e", &challenged));
    assert_eq!(answer.status, 200, "{}", answer.text());

    for (scheme, claims) in [
        ("Bearer", with_nonce("f", &answer)),
        ("DPoP", with(with_nonce("g", &answer), "ath", Value::Null)),
        ("DPoP", with(with_nonce("h", &answer), "ath", json!("of another token"))),
    ] {
        let refused = ask(scheme, &claims);
        assert_eq!((refused.status, refused.error().as_deref()), (401, Some("invalid_token")), "{claims}");
        assert_eq!(rules(&authority).pop(), Some(Rule::ProofToken));
    }
}
