//! RFC 7636: a challenge from a verifier, and a server's check of one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use proofkey_pkce::{CodeVerifier, server::StoredChallenge};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Operation;
use crate::fixtures::{CHALLENGE, VERIFIER};

pub(super) fn operations() -> Vec<Operation> {
    vec![challenge(), check()]
}

fn challenge() -> Operation {
    let verifier = CodeVerifier::try_from(VERIFIER).expect("a verifier");
    let theirs = PkceCodeVerifier::new(VERIFIER.to_owned());
    Operation::new("challenge", "SHA-256 of 43 characters, base64url into 43 characters on the stack", 1.15)
        .with("ours", move || verifier.challenge().encode())
        .with("limit", || {
            let mut text = [0; 43];
            URL_SAFE_NO_PAD.encode_slice(Sha256::digest(std::hint::black_box(VERIFIER)), &mut text).map(|_| text)
        })
        .with("oauth2 5", move || PkceCodeChallenge::from_code_verifier_sha256(&theirs))
        .with("pkce 0.2", || pkce::code_challenge(VERIFIER.as_bytes()))
}

fn check() -> Operation {
    let stored = StoredChallenge::from_request(Some(CHALLENGE), Some("S256")).expect("a challenge");
    let raw = URL_SAFE_NO_PAD.decode(CHALLENGE).expect("base64url");
    let allowed: [bool; 256] = std::array::from_fn(|at| {
        let octet = at as u8;
        octet.is_ascii_alphanumeric() || b"-._~".contains(&octet)
    });
    Operation::new("check", "length, alphabet by a table, SHA-256, 32 octets compared in constant time", 1.3)
        .with("ours", move || stored.check(Some(std::hint::black_box(VERIFIER))).is_ok())
        .with("limit", move || {
            let text = std::hint::black_box(VERIFIER).as_bytes();
            (43..=128).contains(&text.len())
                && text.iter().all(|octet| allowed[usize::from(*octet)])
                && bool::from(Sha256::digest(text).as_slice().ct_eq(&raw))
        })
        .with("oauth2 5, then ==", || {
            let verifier = PkceCodeVerifier::new(VERIFIER.to_owned());
            PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str() == CHALLENGE
        })
        .with("pkce 0.2, then ==", || pkce::code_challenge(VERIFIER.as_bytes()) == CHALLENGE)
}
