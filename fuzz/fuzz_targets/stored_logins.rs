#![no_main]
//! The logins of a browser session, out of its store: each is read as it would be alone, and all are written back to the
//! same, or none is read.
use proofkey_authorize::{PendingLogins, StoredLoginError};
use proofkey_fuzz::stored::{LOGIN, LOGINS, filled, logins};
use serde_json::{Map, Value};

proofkey_fuzz::target!(|input: &str| {
    let stored = filled(&input.replacen("LOGIN", &LOGIN, 4), &LOGINS);
    let document: Map<String, Value> = serde_json::from_str(&stored).unwrap_or_default();
    match PendingLogins::from_json(&stored) {
        Ok(read) => logins(&document, &read),
        Err(error) => {
            assert!(!matches!(error, StoredLoginError::Version { version: 1, .. }) && stored != *LOGINS);
            proofkey_fuzz::tells_none(&error, &[&stored]);
        }
    }
});
