#![no_main]
//! A callback as query, URL or form. What is received has the state of this login, its issuer if any, and one code.
use proofkey_fuzz::{login, rules, tells_none};

proofkey_fuzz::target!(|text: &str| {
    let (pending, now) = (login::pending(), login::now());
    let state = pending.state().expose().to_owned();
    let callback = text.replace("STATE", &state);
    let checked = pending.check(&callback, now);
    match (pending.receive(&callback, now), checked) {
        (Ok(grant), Ok(())) => rules::callback(&callback, &state, grant.code().expose()),
        (Err(error), Ok(())) => assert!(!error.is_unrelated(), "{error}"),
        // A callback without the state gets none of the server's words, which may repeat it.
        (received, Err(checked)) => {
            tells_none(&checked, &[&state]);
            assert_eq!(received.err(), Some(checked));
        }
    }
});
