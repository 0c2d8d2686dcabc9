#![no_main]
//! A JWK set: each entry is a key or was skipped for a reason, and no key can be made out of what it prints.
use proofkey_jwt::JwkSet;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match JwkSet::parse(data) {
        Ok(set) => {
            let document: serde_json::Value = serde_json::from_slice(data).expect("JSON");
            let entries = document["keys"].as_array().expect("keys").len();
            assert_eq!(set.keys().len() + set.skipped().len(), entries);
        }
        Err(error) => proofkey_fuzz::tells_none(&error, &[]),
    }
});
