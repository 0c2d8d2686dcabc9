//! Uses each part of proofkey-pkce without std.
#![no_std]
#![no_main]

#[cfg(feature = "std")]
extern crate std;

use core::panic::PanicInfo;

use proofkey_pkce::CodeVerifier;
use proofkey_pkce::server::StoredChallenge;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// The prebuilt `core` names it; with `panic = "abort"` nothing calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Ends with 0 when a verifier made here passes the check made here.
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    let entropy = core::hint::black_box([7; 32]);
    let Ok(verifier) = CodeVerifier::from_entropy(&entropy) else { return 1 };
    let encoded = verifier.challenge().encode();
    let Ok(stored) = StoredChallenge::from_request(Some(encoded.as_str()), Some("S256")) else { return 2 };
    match stored.check(Some(verifier.expose())) {
        Ok(checked) if checked.with_verifier() => 0,
        _ => 3,
    }
}
