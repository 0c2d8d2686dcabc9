//! The token of the README, signed again: Ed25519 signatures are always the same.

use proofkey_jwt::Algorithm;

use crate::support::*;

pub(crate) fn token() -> String {
    let payload = r#"{"iss":"https://as.example","sub":"user-17","aud":"client-id","exp":1800003600,"iat":1800000000,"nonce":"n-0S6_WzA2Mj","email":"user@example.com"}"#;
    token_of(r#"{"alg":"EdDSA","kid":"2026"}"#, payload.as_bytes(), &ED, Algorithm::EdDsa)
}

#[test]
fn the_readme_shows_a_token_made_with_the_published_key() {
    let readme = include_str!("../../README.md");
    let shown: String = readme
        .lines()
        .skip_while(|line| !line.starts_with("let token = concat!("))
        .skip(1)
        .take_while(|line| *line != ");")
        .map(|line| line.trim().trim_end_matches(',').trim_matches('"'))
        .collect();
    assert_eq!(shown, token());
}
