#![no_main]
//! An ID token with any header and any claims, signed, beside jsonwebtoken and openidconnect, in both directions: but
//! for the differences that are known, they take it just when we do.
use proofkey_fuzz::login::now;
use proofkey_fuzz::peers::{is_known, jsonwebtoken, openidconnect};
use proofkey_fuzz::token::{EXPECTED, signed};
use proofkey_jwt::IdToken;

proofkey_fuzz::target!(|text: &str| {
    let Some((header, claims)) = text.split_once('\n') else { return };
    let token = signed(header, claims);
    let ours = IdToken::validate(&token, &EXPECTED.0, &EXPECTED.1, &EXPECTED.2, now()).map_err(|error| error.code());
    for (name, theirs) in [("jsonwebtoken", jsonwebtoken(&token)), ("openidconnect", openidconnect(&token))] {
        match &ours {
            Ok(_) => assert_eq!(theirs, Ok(()), "we take it"),
            Err(code) => assert!(theirs.is_err() || is_known(name, code), "{name} takes it: {code}"),
        }
    }
});
