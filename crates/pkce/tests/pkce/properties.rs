//! What holds for every input.

use proofkey_pkce::danger::PlainChallenge;
use proofkey_pkce::server::StoredChallenge;
use proofkey_pkce::{CodeChallenge, CodeVerifier};
use proptest::prelude::*;

/// A text that no message of this crate contains by chance.
const SENTINEL: &str = "S3NT1NEL-8f2b";

proptest! {
    #[test]
    fn entropy_becomes_a_verifier_that_its_own_parser_takes(entropy in prop::collection::vec(any::<u8>(), 32..=96)) {
        let verifier = CodeVerifier::from_entropy(&entropy).unwrap();
        let again: CodeVerifier = verifier.expose().parse().unwrap();
        prop_assert_eq!(again.expose(), verifier.expose());
        let stored = StoredChallenge::from(verifier.challenge());
        prop_assert!(stored.check(Some(verifier.expose())).is_ok());
    }

    #[test]
    fn a_challenge_survives_the_wire(verifier in "[A-Za-z0-9._~-]{43,128}") {
        let challenge = CodeVerifier::try_from(verifier.as_str()).unwrap().challenge();
        let encoded = challenge.encode();
        prop_assert_eq!(encoded.as_str().parse::<CodeChallenge>().unwrap(), challenge);
    }

    #[test]
    fn any_text_is_taken_exactly_or_refused(text in "\\PC{0,140}") {
        let fits = (43..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        match CodeVerifier::try_from(text.as_str()) {
            Ok(verifier) => prop_assert!(fits && verifier.expose() == text),
            Err(_) => prop_assert!(!fits),
        }
        if let Ok(challenge) = text.parse::<CodeChallenge>() {
            prop_assert_eq!(challenge.to_string(), text);
        }
    }

    #[test]
    fn no_secret_is_shown(before in "[A-Za-z0-9._~-]{0,90}", after in "\\PC{0,40}") {
        let secret = format!("{before}{SENTINEL}{after}");
        let mut shown = String::new();
        match CodeVerifier::try_from(secret.as_str()) {
            Ok(verifier) => shown.push_str(&format!("{verifier:?} {:?}", PlainChallenge::new(verifier.expose()).unwrap())),
            Err(error) => shown.push_str(&format!("{error} {error:?}")),
        }
        let stored = StoredChallenge::from_request(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), Some("S256")).unwrap();
        let error = stored.check(Some(&secret)).unwrap_err();
        shown.push_str(&format!("{error} {error:?}"));
        for request in [StoredChallenge::from_request(Some(&secret), Some("S256")), StoredChallenge::from_request(Some("x"), Some(&secret))] {
            let error = request.unwrap_err();
            shown.push_str(&format!("{error} {error:?}"));
        }
        prop_assert!(!shown.contains(SENTINEL), "{}", shown);
    }
}
