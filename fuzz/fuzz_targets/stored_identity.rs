#![no_main]
//! An identity out of a store: its ID token, its tokens and those of a refresh that is not confirmed, a line each. It is
//! read just when each of them is, and has what stood there; an error tells nothing of it.
use proofkey::Identity;
use proofkey_fuzz::stored::{ID_TOKEN, TOKENS, filled, id_token, identity};
use proofkey_jwt::IdToken;
use proofkey_token::TokenSet;

proofkey_fuzz::target!(|input: &str| {
    let mut lines = input.splitn(3, '\n').zip([&ID_TOKEN, &TOKENS, &TOKENS]).map(|(line, own)| filled(line, own));
    let (Some(id), Some(old), new) = (lines.next(), lines.next(), lines.next()) else { return };
    let part = IdToken::from_json(&id).map(|read| id_token(&id, &read));
    let is_good =
        part.is_ok() && [Some(&old), new.as_ref()].into_iter().flatten().all(|json| TokenSet::from_json(json).is_ok());
    let json = serde_json::json!({"version": 1, "id_token": id, "tokens": old, "unconfirmed": new, "deviations": []});
    let read = Identity::from_json(&json.to_string()).map(|read| identity(&json.to_string(), &read));
    assert_eq!(read.map_err(|error| proofkey_fuzz::tells_none(&error, &[&id, &old])).is_ok(), is_good);
});
