//! RFC 7636: a challenge from a verifier, and a server's check of one.

use std::hint::black_box;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use oxide_auth::code_grant::extensions::Pkce;
use proofkey_pkce::{CodeVerifier, server::StoredChallenge};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Operation;
use crate::fixtures::{CHALLENGE, VERIFIER};

pub(super) fn operations() -> Vec<Operation> {
    vec![challenge(), check(), check_text()]
}

fn challenge() -> Operation {
    let verifier = CodeVerifier::try_from(VERIFIER).expect("a verifier");
    let theirs = PkceCodeVerifier::new(VERIFIER.to_owned());
    Operation::new("challenge", "SHA-256 of 43 characters, base64url into 43 characters on the stack", 1.15)
        .ahead(1.0)
        .allocations(0)
        .with("ours", move || black_box(&verifier).challenge().encode())
        .with("limit", || {
            let mut text = [0; 43];
            URL_SAFE_NO_PAD.encode_slice(Sha256::digest(black_box(VERIFIER)), &mut text).map(|_| text)
        })
        .with("oauth2 5", move || PkceCodeChallenge::from_code_verifier_sha256(&theirs))
        .with("pkce 0.2", || pkce::code_challenge(VERIFIER.as_bytes()))
}

fn check() -> Operation {
    let stored = StoredChallenge::from_request(Some(CHALLENGE), Some("S256")).expect("a challenge");
    let raw = digest_of(CHALLENGE);
    let operation = Operation::new(
        "check",
        "the challenge kept as 32 bytes; length, alphabet by a table, SHA-256, four words compared in constant time",
        1.15,
    );
    peers(
        operation
            .ahead(1.0)
            .allocations(0)
            .with("ours", move || stored.check(Some(black_box(VERIFIER))).is_ok())
            .with("limit", move || is_verifier_of(black_box(VERIFIER), black_box(&raw))),
    )
}

fn check_text() -> Operation {
    let operation = Operation::new("check-text", "the same, with the challenge kept as text and decoded first", 1.15);
    peers(
        operation
            .ahead(1.0)
            .allocations(0)
            .with("ours", || {
                let stored = StoredChallenge::from_request(Some(black_box(CHALLENGE)), Some("S256"));
                stored.is_ok_and(|stored| stored.check(Some(black_box(VERIFIER))).is_ok())
            })
            .with("limit", || is_verifier_of(black_box(VERIFIER), &digest_of(black_box(CHALLENGE)))),
    )
}

fn digest_of(challenge: &str) -> [u8; 32] {
    let mut digest = [0; 32];
    URL_SAFE_NO_PAD.decode_slice(challenge, &mut digest).expect("base64url");
    digest
}

/// The octets that a verifier may have, and that a URL has no need to escape.
pub(super) static IS_UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        let text = octet as u8;
        table[octet] = text.is_ascii_alphanumeric() || matches!(text, b'-' | b'.' | b'_' | b'~');
        octet += 1;
    }
    table
};

fn is_verifier_of(text: &str, digest: &[u8; 32]) -> bool {
    let words = |octets: &[u8]| -> [u64; 4] {
        let (words, _) = octets.as_chunks();
        std::array::from_fn(|at| u64::from_ne_bytes(words[at]))
    };
    (43..=128).contains(&text.len())
        && text.bytes().all(|octet| IS_UNRESERVED[usize::from(octet)])
        && bool::from(words(&Sha256::digest(text)).ct_eq(&words(digest)))
}

/// What a server does with each of the others. They keep the challenge as text, and only oxide-auth compares in
/// constant time.
fn peers(operation: Operation) -> Operation {
    let extension = Pkce::required();
    let kept = extension.challenge(Some("S256".into()), Some(CHALLENGE.into())).expect("a challenge");
    operation
        .with_each("oxide-auth 0.6", move || kept.clone(), move |kept| extension.verify(kept, Some(VERIFIER.into())))
        .with("oauth2 5, then ==", || {
            let verifier = PkceCodeVerifier::new(VERIFIER.to_owned());
            PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str() == CHALLENGE
        })
        .with("pkce 0.2, then ==", || pkce::code_challenge(VERIFIER.as_bytes()) == CHALLENGE)
}
