#![no_main]
//! An access token with any header (the first line) and any claims, signed. What is accepted keeps the rules, as they are
//! read off its JSON, and no error tells a claim.
use proofkey_fuzz::api::{self, EXPECTED, signed};
use proofkey_fuzz::{login::now, tells_none};
use proofkey_jwt::{JwtAccessToken, Required};

proofkey_fuzz::target!(|text: &str| {
    let Some((header, claims)) = text.split_once('\n') else { return };
    let token = signed(header, claims);
    let needed = Required::new().scope("read");
    for (server, rules) in [(&EXPECTED.1, api::access_token as fn(&_, &_)), (&EXPECTED.2, api::lenient_access_token)] {
        match JwtAccessToken::validate(&token, &EXPECTED.0, server, &needed, now()) {
            Ok(_) => rules(&serde_json::from_str(header).expect("JSON"), &serde_json::from_str(claims).expect("JSON")),
            Err(error) => tells_none(&error, &[&token, header, claims]),
        }
    }
});
