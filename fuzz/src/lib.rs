//! What the targets have in common: how an execution is run, and the one promise that every error makes.

mod allocation;
pub mod answer;
pub mod api;
pub mod login;
#[cfg(feature = "heavy")]
pub mod peers;
pub mod rules;
#[cfg(feature = "heavy")]
pub mod shim;
pub mod stored;
pub mod token;

use std::fmt::{Debug, Display};

pub use allocation::{bounded, uncounted};

/// A target: what it does with an input of some type. libFuzzer's octets are made into one as `arbitrary` does it, and
/// what the execution allocates is held against their number.
#[macro_export]
macro_rules! target {
    (|$input:ident: $kind:ty| $body:expr) => {
        ::libfuzzer_sys::fuzz_target!(|octets: &[u8]| -> ::libfuzzer_sys::Corpus {
            use ::libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};
            let Ok($input) = <$kind as Arbitrary>::arbitrary_take_rest(Unstructured::new(octets)) else {
                return ::libfuzzer_sys::Corpus::Reject;
            };
            $crate::bounded(octets.len(), || $body);
            ::libfuzzer_sys::Corpus::Keep
        });
    };
}

/// An error tells no secret: none of `secrets` is in what it prints. A shorter one than 32 characters, or one with a
/// blank, may be a part of the error's own words by chance, which a fuzzer finds; and so may one that is a part of
/// another, such as claims that repeat the header's `alg`, which is shown.
pub fn tells_none(error: &(impl Debug + Display), secrets: &[&str]) {
    let printed = format!("{error} {error:?}");
    assert!(printed.len() < 4096, "an error of {} octets", printed.len());
    for secret in secrets.iter().filter(|secret| secret.len() >= 32 && !secret.contains(char::is_whitespace)) {
        let is_part = secrets.iter().any(|other| other.len() > secret.len() && other.contains(secret));
        assert!(is_part || !printed.contains(secret), "a secret in {printed}");
    }
}

/// An error shows words of a server, but none that can be a secret which the server repeats: no word of `texts` that has
/// more than 20 characters and among them a digit or a capital letter. What stands between quotes is a word as well.
pub fn tells_no_secret_of<'a>(error: &(impl Debug + Display), texts: impl IntoIterator<Item = &'a str>) {
    let printed = format!("{error} {error:?}");
    assert!(printed.len() < 4096, "an error of {} octets", printed.len());
    let words = texts.into_iter().flat_map(|text| text.split(|c: char| c.is_whitespace() || c == '"'));
    let words = words.filter(|word| word.chars().count() > 20);
    for word in words.filter(|word| word.contains(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())) {
        assert!(!printed.contains(word), "a word that can be a secret in {printed}");
    }
}
