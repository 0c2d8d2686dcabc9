#![no_main]
//! A valid ID token with anything changed is refused; unchanged it is taken.
use proofkey_fuzz::Vector;
use proofkey_jwt::IdToken;
use std::sync::LazyLock;

static VECTORS: LazyLock<Vec<Vector>> = LazyLock::new(Vector::valid);

libfuzzer_sys::fuzz_target!(|change: (u8, u16, u8, &str)| {
    let (which, at, mask, inserted) = change;
    let vector = &VECTORS[usize::from(which) % VECTORS.len()];
    let at = usize::from(at) % vector.token.len();
    let mut octets = vector.token.clone().into_bytes();
    octets[at] ^= mask & 0x7f;
    octets.splice(at..at, inserted.bytes());
    let Ok(changed) = String::from_utf8(octets) else { return };
    let outcome = IdToken::validate_at(&changed, &vector.keys, &vector.expected, vector.now);
    assert_eq!(outcome.is_ok(), changed == vector.token, "{outcome:?}");
});
