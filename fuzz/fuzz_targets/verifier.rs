#![no_main]
//! A verifier is accepted just when RFC 7636 section 4.1 allows it, and its challenge is the one anybody can compute.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_fuzz::rules::{is_of_verifier, is_verifier};
use proofkey_pkce::{CodeVerifier, server::StoredChallenge};
use sha2::{Digest as _, Sha256};

proofkey_fuzz::target!(|text: &str| {
    let (own, allowed) = (URL_SAFE_NO_PAD.encode(Sha256::digest(text)), is_verifier(text));
    let stored = StoredChallenge::from_request(Some(&own), Some("S256")).expect("a challenge");
    assert_eq!(stored.check(Some(text)).is_ok(), allowed);
    // An error knows the shape of what it refuses, and nothing else of it.
    let shape: String = text.bytes().map(|octet| if is_of_verifier(octet) { 'a' } else { '!' }).collect();
    match CodeVerifier::try_from(text) {
        Ok(verifier) => assert_eq!((verifier.challenge().to_string(), verifier.expose(), allowed), (own, text, true)),
        Err(error) => assert_eq!((Err(error), allowed), (CodeVerifier::try_from(shape.as_str()).map(drop), false)),
    }
});
