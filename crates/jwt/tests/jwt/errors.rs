//! Each public error has a code of its own, and each code is provoked by a test of this crate.

use std::collections::BTreeSet;

/// What the tests say, each read as text.
const TESTS: [&str; 9] = [
    include_str!("cache.rs"),
    include_str!("decode.rs"),
    include_str!("hashes.rs"),
    include_str!("id_token.rs"),
    include_str!("keys.rs"),
    include_str!("properties.rs"),
    include_str!("refresh.rs"),
    include_str!("signatures.rs"),
    include_str!("vectors.rs"),
];

fn codes_in(source: &str) -> BTreeSet<&str> {
    // The documentation of a variant begins with its code.
    source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/// `")?.split_once("`:"))
        .map(|(code, _)| code)
        .filter(|code| code.chars().all(|letter| letter.is_ascii_lowercase() || "_0123456789".contains(letter)))
        .collect()
}

#[test]
fn every_documented_code_is_provoked() {
    let mut missing = Vec::new();
    for source in [
        include_str!("../../src/decode_error.rs"),
        include_str!("../../src/signature_error.rs"),
        include_str!("../../src/jwk_set.rs"),
        include_str!("../../src/hmac_key.rs"),
    ] {
        let codes = codes_in(source);
        assert!(!codes.is_empty());
        for code in codes {
            assert!(source.contains(&format!("\"{code}\"")), "{code} is documented and given");
            if !TESTS.iter().any(|test| test.contains(&format!("\"{code}\""))) {
                missing.push(code);
            }
        }
    }
    for fault in codes_in(include_str!("../../src/id_token_error.rs")) {
        let is_provoked =
            |test: &&'static str| test.contains(&format!("_{fault}\"")) || test.contains(&format!("\"{fault}\""));
        if !TESTS.iter().any(is_provoked) {
            missing.push(fault);
        }
    }
    assert!(missing.is_empty(), "no test provokes {missing:?}");
}

#[test]
fn every_skip_reason_is_provoked() {
    let keys = include_str!("keys.rs");
    let source = include_str!("../../src/jwk.rs");
    let (_, list) = source.split_once("pub enum SkipReason {").unwrap();
    let list = list.split_once("\n}").unwrap().0;
    let mut count = 0;
    for line in list.lines().map(str::trim).filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase())) {
        let name = line.split(['(', ',']).next().unwrap();
        assert!(keys.contains(&format!("SkipReason::{name}")), "no test provokes {name}");
        count += 1;
    }
    assert_eq!(count, codes_in(list).len());
}

#[test]
fn the_single_errors_have_codes_and_words() {
    assert_eq!(proofkey_jwt::BadSignature.code(), "bad_signature");
    assert_eq!(proofkey_jwt::KeyRefused.code(), "key_refused");
    assert!(!proofkey_jwt::BadSignature.to_string().is_empty());
    assert!(!proofkey_jwt::KeyRefused.to_string().is_empty());
    assert_eq!(proofkey_jwt::SkipReason::WeakRsaModulus.code(), "weak_rsa_modulus");
}
