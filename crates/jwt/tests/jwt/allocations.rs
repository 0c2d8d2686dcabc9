//! What reading costs, counted in allocations.

use proofkey_jwt::{JwkSet, JwtAccessToken, Required, danger};
use serde_json::json;

use crate::access_token::{access, at_jwt, server};
use crate::support::*;

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn a_token_is_decoded_with_one_allocation() {
    let token = token(&with(claims(), "name", json!("Zoë \"Z\" Example")));
    assert_eq!(allocations(|| assert!(danger::decode_unverified(&token).is_ok())), 1);
}

/// The text of the token, the list of checks, and nothing for a claim: as for an ID token.
#[test]
fn an_access_token_costs_no_more_than_an_id_token() {
    let (keys, client, server) = (set(&ED), expected(), server());
    let (id_token, access_token) = (token(&claims()), at_jwt(&access()));
    let required = Required::new();
    let validate_access = || JwtAccessToken::validate(&access_token, &keys, &server, &required, at(NOW)).is_ok();
    // The key is made ready for the first token.
    assert!(validate_access() && validate_with(&id_token, &keys, &client).is_ok());
    let of_id_token = allocations(|| assert!(validate_with(&id_token, &keys, &client).is_ok()));
    assert!(allocations(|| assert!(validate_access())) <= of_id_token);
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
