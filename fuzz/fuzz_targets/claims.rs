#![no_main]
//! An ID token with any header (the first line) and any claims, signed. What is accepted keeps the rules, as they are read off its JSON.
use proofkey_fuzz::login::now;
use proofkey_fuzz::rules;
use proofkey_fuzz::token::{EXPECTED, NONCE, signed};
use proofkey_jwt::IdToken;

proofkey_fuzz::target!(|text: &str| {
    let Some((header, claims)) = text.split_once('\n') else { return };
    let token = signed(header, claims);
    match IdToken::validate(&token, &EXPECTED.0, &EXPECTED.1, &EXPECTED.2, now()) {
        Ok(accepted) => {
            let [header, claims] = [header, claims].map(|json| serde_json::from_str(json).expect("JSON"));
            rules::id_token(&header, &claims, NONCE);
            assert_eq!(claims["sub"], accepted.subject());
        }
        Err(error) => proofkey_fuzz::tells_none(&error, &[&token, header, claims]),
    }
});
