#![no_main]
//! A valid ID token with anything changed is refused; unchanged it is taken.
use proofkey_fuzz::{Change, Vector};
use proofkey_jwt::IdToken;
use std::sync::LazyLock;

static VECTORS: LazyLock<Vec<Vector>> = LazyLock::new(Vector::valid);

libfuzzer_sys::fuzz_target!(|change: Change<'_>| {
    let (vector, changed) = Vector::changed(&VECTORS, change);
    let outcome = IdToken::validate_at(&changed, &vector.keys, &vector.expected, vector.now);
    assert_eq!(outcome.is_ok(), changed == vector.token, "{outcome:?}");
});
