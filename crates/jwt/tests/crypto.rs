//! A cryptography backend of the caller, with the feature `aws-lc-rs` and without it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use proofkey_jwt::{
    Algorithm, BadSignature, Crypto, Digest, Expected, Hash, HmacKey, IdToken, JwkSet, Jws, KeyRefused, MacAlgorithm,
    PublicKey, RelyingParty, VerifyingKey, danger,
};

/// Accepts the one signature of 64 times the byte 7, and counts what it is asked.
#[derive(Debug, Default)]
struct Sevens {
    parsed: AtomicUsize,
}

#[derive(Debug)]
struct SevensKey;

impl Crypto for Sevens {
    fn public_key(&self, _: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyRefused> {
        self.parsed.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(SevensKey))
    }

    fn verify_mac(&self, _: MacAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        Err(BadSignature)
    }

    fn mac(&self, _: MacAlgorithm, _: &[u8], _: &[u8]) -> Digest {
        Digest::new(&[])
    }

    fn digest(&self, hash: Hash, _: &[u8]) -> Digest {
        Digest::new(&[7; 64][..hash.length()])
    }
}

impl VerifyingKey for SevensKey {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let is_right = algorithm == Algorithm::EdDsa && message == TOKEN.rsplit_once('.').unwrap().0.as_bytes();
        if is_right && signature == [7; 64] { Ok(()) } else { Err(BadSignature) }
    }
}

/// Accepts everything.
#[derive(Debug)]
struct Credulous;

impl Crypto for Credulous {
    fn public_key(&self, _: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyRefused> {
        Ok(Box::new(Self))
    }

    fn verify_mac(&self, _: MacAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        Ok(())
    }

    fn mac(&self, _: MacAlgorithm, _: &[u8], _: &[u8]) -> Digest {
        Digest::new(&[])
    }

    fn digest(&self, _: Hash, _: &[u8]) -> Digest {
        Digest::new(&[])
    }
}

impl VerifyingKey for Credulous {
    fn verify(&self, _: Algorithm, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        Ok(())
    }
}

/// `{"alg":"EdDSA"}` and `{"iss":"i","sub":"s","aud":"c","exp":2,"iat":1}`.
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJpIiwic3ViIjoicyIsImF1ZCI6ImMiLCJleHAiOjIsImlhdCI6MX0.\
    BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw";
const KEYS: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

#[test]
fn a_key_is_parsed_once_for_all_its_tokens() {
    let crypto = Arc::new(Sevens::default());
    let keys = JwkSet::parse_with(KEYS, Arc::clone(&crypto) as Arc<dyn Crypto>).unwrap();
    assert_eq!(crypto.parsed.load(Ordering::Relaxed), 0, "not before a token needs it");
    let relying_party = RelyingParty::new("i", "c").algorithms([Algorithm::EdDsa]);
    let expected = Expected::default();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    for _ in 0..100 {
        IdToken::validate(TOKEN, &keys, &relying_party, &expected, now).unwrap();
    }
    assert_eq!(crypto.parsed.load(Ordering::Relaxed), 1);
    let bent = TOKEN.replace("BwcHBw", "BwcHBA");
    let error = IdToken::validate(&bent, &keys, &relying_party, &expected, now).unwrap_err();
    assert_eq!(error.code(), "jws_bad_signature");
}

#[test]
fn the_length_of_a_signature_is_checked_before_any_library_sees_it() {
    let keys = JwkSet::parse_with(KEYS, Arc::new(Credulous)).unwrap();
    let input = TOKEN.rsplit_once('.').unwrap().0;
    let all = [Algorithm::EdDsa];
    Jws::verify(&format!("{input}.{}", "A".repeat(86)), &keys, &all).unwrap();
    for length in [0, 2, 84, 88, 171] {
        let token = format!("{input}.{}", "A".repeat(length));
        assert_eq!(Jws::verify(&token, &keys, &all).unwrap_err().code(), "jws_bad_signature", "{length}");
    }
    let key = HmacKey::new_with(MacAlgorithm::Hs256, &[1; 32], Arc::new(Credulous)).unwrap();
    // `{"alg":"HS256"}`
    let input = "eyJhbGciOiJIUzI1NiJ9.e30";
    Jws::verify_mac(&format!("{input}.{}", "A".repeat(43)), &key).unwrap();
    for length in [0, 22, 42, 44, 86] {
        let token = format!("{input}.{}", "A".repeat(length));
        assert_eq!(Jws::verify_mac(&token, &key).unwrap_err().code(), "jws_bad_signature", "{length}");
    }
}

#[test]
fn decoding_needs_no_cryptography() {
    assert_eq!(danger::decode_unverified(TOKEN).unwrap().unverified_claims().subject(), Some("s"));
}

#[test]
fn without_the_feature_only_json_and_base64_come_along() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--no-default-features", "-e", "normal", "--prefix", "none", "--format", "{lib}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let mut crates: Vec<_> = tree.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    crates.sort_unstable();
    crates.dedup();
    assert_eq!(crates, ["base64", "proofkey_jwt", "serde_core"]);
}
