//! A client that authenticates with a key: the two legs joined.

use proofkey::authorize::form;
use proofkey::jwt::{HmacKey, JwkSet, Jws, MacAlgorithm, SigningAlgorithm, SigningKey};
use proofkey::token::{ClientAuthentication, Signer};
use proofkey::{KeySigner, fresh};
use serde_json::Value;

use crate::desk::*;

fn assertion(body: &str) -> String {
    let mut pairs = form::raw_pairs(body).filter(|(name, _)| *name == "client_assertion");
    pairs.next().unwrap().1.to_owned()
}

#[tokio::test]
async fn ca_01_ca_02_ca_05_each_request_of_a_login_has_an_assertion_that_its_public_key_verifies() {
    for algorithm in
        [SigningAlgorithm::Es256, SigningAlgorithm::Es384, SigningAlgorithm::Ed25519, SigningAlgorithm::Ps256]
    {
        let key = SigningKey::generate(algorithm).unwrap().with_key_id("k1");
        let keys = JwkSet::parse(format!(r#"{{"keys":[{}]}}"#, key.public_jwk()).as_bytes()).unwrap();
        let signer = KeySigner::new(key).unwrap();
        assert_eq!(signer.header().thumbprint().unwrap().len(), 43);

        let desk = Desk::open();
        let login = desk.login().with_client_authentication(ClientAuthentication::private_key_jwt(signer, fresh));
        desk.members.lock().unwrap()["refresh_token"] = "refresh-1".into();
        let mut identity = login.finish(&desk.http(), desk.grant(&login, login.request())).await.unwrap();
        *desk.claims.lock().unwrap() = None;
        login.refresh(&desk.http(), &mut identity).await.unwrap();
        login.revoke(&desk.http(), identity.tokens().access_token().unwrap()).await.unwrap();
        let mut seen = Vec::new();
        for body in desk.bodies().iter().filter(|body| body.contains("client_assertion=")) {
            let text = assertion(body);
            let jws = Jws::verify(&text, &keys, &[algorithm.verified_by()]).unwrap();
            assert_eq!(jws.token_type(), Some("client-authentication+jwt"));
            let claims: Value = serde_json::from_slice(jws.payload()).unwrap();
            assert_eq!(
                (&claims["aud"], &claims["iss"], &claims["sub"]),
                (&ISSUER.into(), &CLIENT.into(), &CLIENT.into())
            );
            assert!(!seen.contains(&claims["jti"]));
            seen.push(claims["jti"].clone());
        }
        assert_eq!(seen.len(), 3);
    }
}

#[test]
fn an_assertion_of_a_secret_is_an_hmac() {
    let key = HmacKey::new(MacAlgorithm::Hs256, &[7; 32]).unwrap();
    let desk = Desk::open();
    let signer = KeySigner::hmac(key.clone()).unwrap();
    let login = desk.login().with_client_authentication(ClientAuthentication::client_secret_jwt(signer, fresh));
    let grant = desk.grant(&login, login.request());
    login.finish_blocking(&desk.blocking(), grant).unwrap();
    let bodies = desk.bodies();
    Jws::verify_mac(&assertion(bodies.last().unwrap()), &key).unwrap();
}

#[test]
fn a_signer_does_not_show_its_key() {
    let hmac = KeySigner::hmac(HmacKey::new(MacAlgorithm::Hs256, b"Sentinel0Sentinel1Sentinel2Sentinel3").unwrap());
    assert!(!format!("{hmac:?}").contains("Sentinel"));
    let (one, other) = (fresh().unwrap(), fresh().unwrap());
    assert_ne!(one.entropy, other.entropy);
}
