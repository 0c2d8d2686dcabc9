//! What memcheck knows of a secret: bits that it takes for uninitialised, and reports every branch and address made of.

use std::ffi::{c_int, c_ulong, c_void};
use std::hint::black_box;

unsafe extern "C" {
    fn memcheck_watches() -> c_int;
    fn memcheck_reports() -> c_ulong;
    fn memcheck_hide(at: *const c_void, bits: *const u8, octets: usize);
    fn memcheck_hidden(at: *const c_void, bits: *mut u8, octets: usize);
}

/// Whether this process runs under valgrind. Without it nothing is seen.
pub(crate) fn watches() -> bool {
    // SAFETY: takes nothing, and only asks.
    unsafe { memcheck_watches() != 0 }
}

/// How many branches and addresses were made of secrets so far.
pub(crate) fn reports() -> u64 {
    // SAFETY: takes nothing, and only asks.
    unsafe { memcheck_reports() }
}

/// Makes each octet a secret.
pub(crate) fn hide(octets: &[u8]) {
    mark(octets, 0xff);
}

/// Makes each character a secret, less its highest bit: that it is ASCII anybody knows.
pub(crate) fn hide_ascii(text: &[u8]) {
    mark(text, 0x7f);
}

/// Whether the octets were made of a secret; from here on they are public.
pub(crate) fn reveal(octets: &[u8]) -> bool {
    let mut bits = vec![0; octets.len()];
    // SAFETY: both are as long as is said, and only memcheck's notes about the first are read.
    unsafe { memcheck_hidden(octets.as_ptr().cast(), bits.as_mut_ptr(), octets.len()) };
    mark(octets, 0);
    bits.iter().any(|&hidden| hidden != 0)
}

/// What a value is made of. For types without padding: nobody reads what was never written.
pub(crate) fn octets<T>(value: &T) -> &[u8] {
    // SAFETY: as long as the value, and borrowed from it.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

fn mark(octets: &[u8], bits: u8) {
    let bits = vec![bits; octets.len()];
    // Nobody may go on with a copy that was read before.
    let octets = black_box(octets);
    // SAFETY: both are as long as is said, and only memcheck's notes about the first are written.
    unsafe { memcheck_hide(octets.as_ptr().cast(), bits.as_ptr(), octets.len()) };
    black_box(octets);
}
