#![no_main]
//! A callback as query, URL or form. What is received has the state of this login, its issuer if any, and one code.
use proofkey_fuzz::{login, rules, tells_none};

proofkey_fuzz::target!(|text: &str| {
    let (pending, now) = (login::pending(), login::now());
    let state = pending.state().expose().to_owned();
    let callback = text.replace("STATE", &state);
    let looked = pending.look(&callback, now);
    match (pending.receive(&callback, now), looked) {
        (Ok(grant), Ok(())) => rules::callback(&callback, &state, grant.code().expose()),
        (Err(error), Ok(())) => assert!(!error.is_unrelated(), "{error}"),
        // Whoever does not show the state hears none of the server's words, which may repeat it.
        (received, Err(looked)) => {
            tells_none(&looked, &[&state]);
            assert_eq!(received.err(), Some(looked));
        }
    }
});
