//! The tokens of the README, signed again: Ed25519 signatures are always the same.

use proofkey_jwt::Algorithm;

use crate::support::*;

pub(crate) fn token() -> String {
    let payload = r#"{"iss":"https://as.example","sub":"user-17","aud":"client-id","exp":1800003600,"iat":1800000000,"nonce":"n-0S6_WzA2Mj","email":"user@example.com"}"#;
    token_of(r#"{"alg":"EdDSA","kid":"2026"}"#, payload.as_bytes(), &ED, Algorithm::EdDsa)
}

fn access_token() -> String {
    let payload = r#"{"aud":"https://api.example","client_id":"client-id","exp":1800003600,"iat":1800000000,"iss":"https://as.example","jti":"at-1","scope":"orders:read","sub":"user-17"}"#;
    token_of(r#"{"typ":"at+jwt","alg":"EdDSA","kid":"2026"}"#, payload.as_bytes(), &ED, Algorithm::EdDsa)
}

#[test]
fn the_readme_shows_tokens_made_with_the_published_key() {
    let readme = include_str!("../../README.md");
    let shown = readme.split("\nlet token = concat!(\n").skip(1).map(|after| {
        let lines = after.lines().take_while(|line| *line != ");");
        lines.map(|line| line.trim().trim_end_matches(',').trim_matches('"')).collect::<String>()
    });
    assert_eq!(shown.collect::<Vec<_>>(), [token(), access_token()]);
}
