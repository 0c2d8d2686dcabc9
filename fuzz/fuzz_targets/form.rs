#![no_main]
//! Our form decoding beside `form_urlencoded`. They differ in one way: what is no percent-encoding, or not UTF-8, is an
//! error here and is let through or replaced there.
use proofkey_authorize::form::{append_pair, decode, raw_pairs};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut theirs = form_urlencoded::parse(text.as_bytes());
    for (name, value) in raw_pairs(text) {
        let (their_name, their_value) = theirs.next().expect("as many pairs");
        for (raw, their) in [(name, their_name), (value, their_value)] {
            match decode(raw) {
                Ok(ours) => assert_eq!(ours, their),
                Err(error) => assert!(raw.contains('%'), "{error}"),
            }
        }
    }
    assert!(theirs.next().is_none());
    let mut encoded = String::new();
    append_pair(&mut encoded, text, text);
    assert_eq!(form_urlencoded::parse(encoded.as_bytes()).next(), Some((text.into(), text.into())));
});
