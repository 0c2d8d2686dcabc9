#![no_main]
//! Tokens out of a store. What is read is what another JSON reader reads there, of this version, and writes back to the
//! same; an error tells no token.
use proofkey_fuzz::answer::{members, text};
use proofkey_fuzz::stored::{TOKENS, filled, tokens};
use proofkey_token::{StoredTokensError, TokenSet};

proofkey_fuzz::target!(|input: &str| {
    let stored = filled(input, &TOKENS);
    let document = members(stored.as_bytes());
    match TokenSet::from_json(&stored) {
        Ok(read) => tokens(&document, &read),
        Err(error) => {
            assert!(!matches!(error, StoredTokensError::Version { version: 1 }) && stored != *TOKENS);
            let told = ["access_token", "refresh_token", "id_token"].map(|name| text(&document, name));
            proofkey_fuzz::tells_none(&error, &told);
        }
    }
});
