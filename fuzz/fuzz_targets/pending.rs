#![no_main]
//! A login out of a session store. What is read is what another JSON reader reads there, of this version, and writes
//! back to the same; tampered with or of a version to come, it is refused, and nothing of it is told.
use proofkey_authorize::{Pending, StoredLoginError};
use proofkey_fuzz::answer::text;
use proofkey_fuzz::stored::{LOGIN, filled, login};
use serde_json::{Map, Value};

proofkey_fuzz::target!(|input: &str| {
    let stored = filled(input, &LOGIN);
    let document: Map<String, Value> = serde_json::from_str(&stored).unwrap_or_default();
    match Pending::from_json(&stored) {
        Ok(read) => login(&document, &read),
        Err(error) => {
            assert!(!matches!(error, StoredLoginError::Version { version: 1, .. }) && stored != *LOGIN);
            proofkey_fuzz::tells_none(&error, &["code_verifier", "state", "nonce"].map(|name| text(&document, name)));
        }
    }
});
