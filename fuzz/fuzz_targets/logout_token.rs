#![no_main]
//! A logout token with any header (the first line) and any claims, signed. What is accepted keeps the rules, as they are
//! read off its JSON, and is accepted once.
use proofkey_fuzz::api::{self, EXPECTED, signed};
use proofkey_fuzz::{login::now, tells_none};
use proofkey_jwt::{LogoutToken, ReplayWindow};

proofkey_fuzz::target!(|text: &str| {
    let Some((header, claims)) = text.split_once('\n') else { return };
    let token = signed(header, claims);
    let logout = LogoutToken::validate(&token, &EXPECTED.0, &EXPECTED.3, now());
    let Ok(logout) = logout.map_err(|error| tells_none(&error, &[&token, header, claims])) else { return };
    let [header, claims] = [header, claims].map(|json| serde_json::from_str(json).expect("JSON"));
    api::logout_token(&header, &claims);
    let mut seen = ReplayWindow::new(2);
    assert!(seen.accept_logout(&logout, now()).is_ok() && seen.accept_logout(&logout, now()).is_err());
});
