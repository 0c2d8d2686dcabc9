//! What reading costs, counted in allocations.

use proofkey_jwt::{JwkSet, danger};
use serde_json::json;

use crate::support::*;

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn a_token_is_decoded_with_one_allocation() {
    let token = token(&with(claims(), "name", json!("Zoë \"Z\" Example")));
    assert_eq!(allocations(|| assert!(danger::decode_unverified(&token).is_ok())), 1);
}

/// The buffer, the list, and for each key its `kid` and its numbers: no key is made ready.
#[test]
fn a_key_set_is_read_without_making_keys_ready() {
    let named = |key: &Key| with(key.jwk(), "kid", json!("k"));
    let document = json!({"keys": [named(&RSA), named(&P256), named(&ED)]}).to_string();
    let mut keys = None;
    assert!(allocations(|| keys = JwkSet::parse(document.as_bytes()).ok()) <= 12);
    assert_eq!(keys.unwrap().keys().len(), 3);
}
