#![no_main]
//! What a server stores of an authorization request: 43 characters of base64url with S256, and nothing else.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_pkce::{CodeChallenge, server::StoredChallenge};

proofkey_fuzz::target!(|request: (Option<&str>, Option<&str>, Option<&str>)| {
    let (challenge, method, verifier) = request;
    let is_hash = |text: &str| URL_SAFE_NO_PAD.decode(text).is_ok_and(|octets| octets.len() == 32);
    if let Some(Ok(read)) = challenge.map(CodeChallenge::try_from) {
        assert_eq!(Some(read.to_string().as_str()), challenge);
    }
    let stored = StoredChallenge::from_request(challenge, method);
    let Ok(stored) = stored.map_err(|error| proofkey_fuzz::tells_none(&error, &[])) else { return };
    assert!(challenge.is_none_or(|text| is_hash(text) && method == Some("S256")));
    assert_eq!(stored.is_none(), challenge.is_none());
    // Nobody finds a verifier for a challenge by chance, and without a challenge none may come.
    assert!(stored.check(verifier).is_err() || (stored.is_none() && verifier.is_none()));
});
