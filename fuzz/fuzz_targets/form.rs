#![no_main]
//! Our form decoding beside `form_urlencoded`. The differences, and there are no others: a `%` without two hexadecimal
//! digits is let through there and an error here; octets that are not UTF-8 are U+FFFD there and an error here.
use proofkey_authorize::form::{FormError, decode, raw_pairs};
use proofkey_fuzz::rules::{self, broken_escape};

proofkey_fuzz::target!(|text: &str| {
    let ours: Vec<_> = raw_pairs(text).flat_map(|(name, value)| [name, value]).collect();
    let theirs: Vec<_> = form_urlencoded::parse(text.as_bytes()).flat_map(|(name, value)| [name, value]).collect();
    assert_eq!(ours.len(), theirs.len());
    for (raw, their) in ours.into_iter().zip(theirs) {
        match decode(raw) {
            Ok(ours) => assert_eq!((ours, None), (their, broken_escape(raw))),
            Err(FormError::BrokenEscape { position }) => assert_eq!(Some(position), broken_escape(raw)),
            Err(_) => assert!(broken_escape(raw).is_none() && their.contains('\u{fffd}'), "{raw}"),
        }
    }
    rules::encoded(text);
});
