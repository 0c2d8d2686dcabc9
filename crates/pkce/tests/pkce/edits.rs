//! Every single edit of what was right is refused, by the name of what is wrong with it.

use proofkey_pkce::danger::PlainChallenge;
use proofkey_pkce::server::StoredChallenge;
use proofkey_pkce::{CodeChallenge, CodeVerifier};
use proptest::prelude::*;

/// Each text that is one edit away: a character replaced, put in, taken out, changed with its neighbour, or in the other
/// case. Each crate has this once, for it is tested where it is copied alone.
fn edits(text: &str, with: &str) -> Vec<String> {
    let edit = |at: usize, out: usize, put: &str| format!("{}{put}{}", &text[..at], &text[at + out..]);
    let mut all = vec![edit(text.len(), 0, with)];
    for at in 0..text.len() {
        let own = &text[at..=at];
        let other_case =
            if own == own.to_ascii_lowercase() { own.to_ascii_uppercase() } else { own.to_ascii_lowercase() };
        all.extend([edit(at, 1, with), edit(at, 0, with), edit(at, 1, ""), edit(at, 1, &other_case)]);
        if at > 0 {
            all.push(edit(at - 1, 2, &format!("{own}{}", &text[at - 1..at])));
        }
    }
    all.retain(|edited| edited != text);
    all
}

/// Letters, and what stands around them in ASCII.
fn any_character() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9._~-]", "[ -~]"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn pk_19_pk_24_every_edit_of_a_verifier(verifier in "[A-Za-z0-9._~-]{43,128}", with in any_character()) {
        let stored = StoredChallenge::from(CodeVerifier::try_from(verifier.as_str()).unwrap().challenge());
        let plain = PlainChallenge::new(&verifier).unwrap();
        prop_assert!(stored.check(Some(&verifier)).is_ok() && plain.check(Some(&verifier)).is_ok());
        for edited in edits(&verifier, &with) {
            let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            let code = match edited.len() {
                ..43 => "verifier_too_short",
                129.. => "verifier_too_long",
                _ if !edited.bytes().all(is_unreserved) => "verifier_bad_character",
                _ => "verifier_mismatch",
            };
            prop_assert_eq!(stored.check(Some(&edited)).map_err(|error| error.code()), Err(code), "{}", edited);
            prop_assert_eq!(plain.check(Some(&edited)).map_err(|error| error.code()), Err(code), "{}", edited);
        }
    }

    #[test]
    fn pk_06_pk_22_every_edit_of_a_challenge(verifier in "[A-Za-z0-9._~-]{43,128}", with in any_character()) {
        let challenge = CodeVerifier::try_from(verifier.as_str()).unwrap().challenge().to_string();
        let stored = |text: &str| StoredChallenge::from_request(Some(text), Some("S256"));
        prop_assert!(stored(&challenge).unwrap().check(Some(&verifier)).is_ok());
        for edited in edits(&challenge, &with) {
            let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            // The last of 43 characters carries four bits: it is one in four of the alphabet.
            let is_last = |byte: &u8| b"AEIMQUYcgkosw048".contains(byte);
            let code = if edited.len() != CodeChallenge::LEN {
                Err("challenge_wrong_length")
            } else if !edited.bytes().all(is_base64url) {
                Err("challenge_bad_character")
            } else if !edited.as_bytes().last().is_some_and(is_last) {
                Err("challenge_spare_bits")
            } else {
                Ok("verifier_mismatch")
            };
            let outcome = stored(&edited).map(|stored| stored.check(Some(&verifier)).unwrap_err().code());
            prop_assert_eq!(outcome.map_err(|error| error.code()), code, "{}", edited);
        }
    }

    #[test]
    fn pk_16_every_edit_of_the_method(with in any_character()) {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let with_method = |method: &str| StoredChallenge::from_request(Some(challenge), Some(method));
        prop_assert!(with_method(CodeChallenge::METHOD).is_ok());
        for edited in edits(CodeChallenge::METHOD, &with) {
            prop_assert_eq!(with_method(&edited).unwrap_err().code(), "method_unknown", "{}", edited);
        }
    }
}
