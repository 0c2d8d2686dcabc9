//! ID tokens: OpenID Connect Core section 3.1.3.7.

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, Validation};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet};
use openidconnect::{ClientId, IssuerUrl, Nonce};
use proofkey_jwt::{Algorithm, Expected, IdToken, JwkSet, RelyingParty, danger::decode_unverified};
use serde::Deserialize;
use serde_json::Value;

use crate::Operation;
use crate::fixtures::{Group, group};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = vec![
        decode(),
        validate("rs256", "RS256", 1.10),
        validate("es256", "ES256", 1.04),
        validate("eddsa", "EdDSA", 1.05),
    ];
    all.extend([("keys-2", 2), ("keys-20", 20), ("keys-200", 200)].map(choice));
    all.extend([("jwks-2", 2), ("jwks-20", 20), ("jwks-200", 200)].map(parse));
    all.push(first());
    all
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Borrowed<'a> {
    #[serde(borrow)]
    iss: Option<std::borrow::Cow<'a, str>>,
    sub: Option<std::borrow::Cow<'a, str>>,
    nonce: Option<std::borrow::Cow<'a, str>>,
    aud: Option<Value>,
    exp: Option<f64>,
    iat: Option<f64>,
}

fn decode() -> Operation {
    let Group { token, .. } = group("RS256");
    let (limit, peer, other) = (token.clone(), token.clone(), token.clone());
    Operation::new("decode", "three segments of base64url, header and claims by serde_json, borrowed", 1.0)
        .ahead(1.0)
        .allocations(1)
        .with("ours", move || decode_unverified(&token).is_ok())
        .with("limit", move || {
            let mut segments = limit.split('.');
            let mut next =
                || segments.next().and_then(|segment| URL_SAFE_NO_PAD.decode(segment).ok()).unwrap_or_default();
            let (header, claims, signature) = (next(), next(), next());
            let alg = serde_json::from_slice::<Value>(&header).is_ok();
            (alg, serde_json::from_slice::<Borrowed<'_>>(&claims).is_ok(), signature)
        })
        .with("jsonwebtoken 12", move || jsonwebtoken::dangerous::insecure_decode::<Value>(&peer).is_ok())
        .with("openidconnect 4", move || other.parse::<CoreIdToken>().is_ok())
}

/// The whole validation, with the key in the cache.
fn validate(name: &'static str, algorithm: &'static str, goal: f64) -> Operation {
    let group = group(algorithm);
    let keys = JwkSet::parse(group.jwks.as_bytes()).expect("keys");
    let relying_party = RelyingParty::new(&group.issuer, &group.client_id)
        .algorithms([Algorithm::from_name(algorithm).expect("an algorithm")]);
    let expected = Expected::new().nonce(&group.nonce);
    let (token, now) = (group.token.clone(), group.now);
    let key = parsed(&group.key, algorithm);
    let limit = group.token.clone();
    let operation = Operation::new(name, "the signature by a parsed key, and the claims by serde_json, borrowed", goal)
        .ahead(1.0)
        .with("ours", move || IdToken::validate(&token, &keys, &relying_party, &expected, now).is_ok())
        .with("limit", move || {
            let (signed, signature) = limit.rsplit_once('.').expect("three segments");
            let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
            let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').expect("two segments").1).expect("base64url");
            let good = key.verify_sig(signed.as_bytes(), &signature).is_ok();
            (good, serde_json::from_slice::<Borrowed<'_>>(&claims).is_ok())
        });
    peers(operation, group, algorithm)
}

fn parsed(key: &Value, algorithm: &str) -> ParsedPublicKey {
    let octets = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default()).expect("base64url");
    let key = match algorithm {
        "RS256" => {
            let components = RsaPublicKeyComponents { n: octets("n"), e: octets("e") };
            components.to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256)
        }
        "ES256" => {
            let point = [vec![4], octets("x"), octets("y")].concat();
            ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
        }
        _ => ParsedPublicKey::new(&signature::ED25519, octets("x")),
    };
    key.expect("a key")
}

fn peers(operation: Operation, group: Group, algorithm: &'static str) -> Operation {
    let jwk = serde_json::from_value(group.key.clone()).expect("a key");
    let key = DecodingKey::from_jwk(&jwk).expect("a key");
    let validation = their_validation(&group, algorithm);
    let token = group.token.clone();
    let operation =
        operation.with("jsonwebtoken 12", move || jsonwebtoken::decode::<Value>(&token, &key, &validation).is_ok());
    let keys: CoreJsonWebKeySet = serde_json::from_str(&group.jwks).expect("keys");
    let now = group.now;
    let issuer = IssuerUrl::new(group.issuer).expect("a URL");
    let mut verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(group.client_id), issuer, keys);
    let algorithms = serde_json::from_value(serde_json::json!([algorithm])).expect("an algorithm");
    let algorithms: Vec<openidconnect::core::CoreJwsSigningAlgorithm> = algorithms;
    verifier = verifier.set_allowed_algs(algorithms).set_time_fn(move || now.into());
    let (nonce, token) = (Nonce::new(group.nonce), group.token);
    operation.with("openidconnect 4", move || {
        token.parse::<CoreIdToken>().is_ok_and(|token| token.claims(&verifier, &nonce).is_ok())
    })
}

fn their_validation(group: &Group, algorithm: &str) -> Validation {
    let mut validation = Validation::new(algorithm.parse().expect("an algorithm"));
    validation.set_audience(&[&group.client_id]);
    validation.set_issuer(&[&group.issuer]);
    // The vectors stand still in time, and this library's clock does not.
    validation.validate_exp = false;
    validation
}

/// A key set with so many keys, of which the last is the group's own.
fn set_of(group: &Group, number: usize) -> Vec<u8> {
    let others = (1..number).map(|at| {
        let mut other = group.key.clone();
        other["kid"] = format!("another-{at}").into();
        other
    });
    let keys: Vec<Value> = others.chain([group.key.clone()]).collect();
    serde_json::json!({ "keys": keys }).to_string().into_bytes()
}

/// The right key among so many: by what a validation takes, which must not grow with the set.
fn choice((name, number): (&'static str, usize)) -> Operation {
    let group = group("EdDSA");
    let keys = JwkSet::parse(&set_of(&group, number)).expect("keys");
    let one = JwkSet::parse(group.jwks.as_bytes()).expect("keys");
    let client = RelyingParty::new(&group.issuer, &group.client_id).algorithms([Algorithm::EdDsa]);
    let limit_client = client.clone();
    let expected = || Expected::new().nonce(&group.nonce);
    let (ours, limit) = (expected(), expected());
    let (token, same, now) = (group.token.clone(), group.token.clone(), group.now);
    Operation::new(name, "the same validation with one key in the set", 1.05)
        .with("ours", move || IdToken::validate(&token, &keys, &client, &ours, now).is_ok())
        .with("limit", move || IdToken::validate(&same, &one, &limit_client, &limit, now).is_ok())
}

/// A whole set read. Ten times as many keys may take ten times as long.
fn parse((name, number): (&'static str, usize)) -> Operation {
    let group = group("RS256");
    let document = set_of(&group, number);
    let tenth = set_of(&group, number / 10);
    let [theirs, others] = [(); 2].map(|()| document.clone());
    let about = "RSA keys, none made ready for use, as by the peers; the limit: ten sets of a tenth";
    let operation = Operation::new(name, about, 1.1).ahead(1.2).with("ours", move || JwkSet::parse(&document).is_ok());
    let operation = if number < 10 {
        operation
    } else {
        operation.with("limit", move || (0..10).all(|_| JwkSet::parse(&tenth).is_ok()))
    };
    operation
        .with("jsonwebtoken 12", move || {
            let set: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(&theirs).ok()?;
            set.keys.iter().map(DecodingKey::from_jwk).collect::<Result<Vec<_>, _>>().ok()
        })
        .with("openidconnect 4", move || serde_json::from_slice::<CoreJsonWebKeySet>(&others).is_ok())
}

/// A set read and the first token validated with its key, which is made ready on the way.
fn first() -> Operation {
    let group = group("RS256");
    let document = set_of(&group, 1);
    let relying_party = RelyingParty::new(&group.issuer, &group.client_id).algorithms([Algorithm::Rs256]);
    let expected = Expected::new().nonce(&group.nonce);
    let (token, now, theirs) = (group.token.clone(), group.now, document.clone());
    let validation = their_validation(&group, "RS256");
    Operation::new("first", "a key set read, and a token validated with the key that is made ready for it", 1.0)
        .ahead(1.0)
        .with("ours", move || {
            let keys = JwkSet::parse(&document).expect("keys");
            IdToken::validate(&token, &keys, &relying_party, &expected, now).is_ok()
        })
        .with("jsonwebtoken 12", move || {
            let set: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(&theirs).expect("keys");
            let key = DecodingKey::from_jwk(&set.keys[0]).expect("a key");
            jsonwebtoken::decode::<Value>(&group.token, &key, &validation).is_ok()
        })
}
