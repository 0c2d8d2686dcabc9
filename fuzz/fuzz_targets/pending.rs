#![no_main]
//! A login out of a session store. What is read is what another JSON reader reads there, of this version, and writes
//! back to the same; tampered with or of a version to come, it is refused, and nothing of it is told.
use proofkey_authorize::{Pending, StoredLoginError};
use proofkey_fuzz::answer::text;
use proofkey_fuzz::{login::OWN, rules, tells_none};
use serde_json::{Map, Value};

proofkey_fuzz::target!(|input: &str| {
    let stored = input.replacen("OWN", &OWN, 1).replacen("INNER", OWN.trim_matches(['{', '}']), 2);
    let document: Map<String, Value> = serde_json::from_str(&stored).unwrap_or_default();
    match Pending::from_json(&stored) {
        Ok(read) => rules::stored(&document, &read),
        Err(error) => {
            assert!(!matches!(error, StoredLoginError::Version { version: 1 }) && stored != *OWN);
            tells_none(&error, &["code_verifier", "state", "nonce"].map(|name| text(&document, name)));
        }
    }
});
