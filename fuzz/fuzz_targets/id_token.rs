#![no_main]
//! A valid ID token with anything changed is refused; unchanged it is taken.
use proofkey_fuzz::token::{Change, Vector};
use proofkey_jwt::IdToken;

proofkey_fuzz::target!(|change: Change<'_>| {
    let (vector, changed) = Vector::changed(change);
    let outcome = IdToken::validate(&changed, &vector.keys, &vector.relying_party, &vector.expected, vector.now);
    assert_eq!(outcome.is_ok(), changed == vector.token, "{outcome:?}");
});
