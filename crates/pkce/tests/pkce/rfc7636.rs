//! The vectors of RFC 7636 and the rules of its sections 4.1 to 4.6, one test a rule.

use proofkey_pkce::danger::PlainChallenge;
use proofkey_pkce::server::{CheckError, StoredChallenge};
use proofkey_pkce::{ChallengeError, CodeChallenge, CodeVerifier, EntropyError, VerifierError};

const ENTROPY: [u8; 32] = [
    116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240,
    91, 88, 5, 88, 83, 132, 141, 121,
];
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn stored() -> StoredChallenge {
    StoredChallenge::from_request(Some(CHALLENGE), Some("S256")).unwrap()
}

#[test]
fn appendix_b_forwards() {
    let verifier = CodeVerifier::from_entropy(&ENTROPY).unwrap();
    assert_eq!(verifier.expose(), VERIFIER);
    assert_eq!(verifier.challenge().encode().as_str(), CHALLENGE);
    assert_eq!(verifier.challenge().to_string(), CHALLENGE);
}

#[test]
fn appendix_a_alphabet() {
    let mut entropy = [0; 32];
    entropy[..5].copy_from_slice(&[3, 236, 255, 224, 193]);
    // Five bytes end in the middle of a group of three, so only their whole sextets are compared.
    assert!(CodeVerifier::from_entropy(&entropy).unwrap().expose().starts_with("A-z_4M"));
}

#[test]
fn pk_01_lengths_of_a_verifier() {
    for (bytes, characters) in [(32, 43), (33, 44), (64, 86), (96, 128)] {
        assert_eq!(CodeVerifier::from_entropy(&vec![7; bytes]).unwrap().expose().len(), characters);
    }
    assert_eq!(CodeVerifier::from_entropy(&[7; 31]).unwrap_err(), EntropyError::TooShort { length: 31 });
    assert_eq!(CodeVerifier::from_entropy(&[]).unwrap_err(), EntropyError::TooShort { length: 0 });
    assert_eq!(CodeVerifier::from_entropy(&[7; 97]).unwrap_err(), EntropyError::TooLong { length: 97 });
    assert_eq!(CodeVerifier::from_entropy(&vec![7; 1 << 20]).unwrap_err().code(), "entropy_too_long");

    for good in [43, 44, 127, 128] {
        assert_eq!("a".repeat(good).parse::<CodeVerifier>().unwrap().expose().len(), good);
    }
    for (bad, error) in [
        (0, VerifierError::TooShort { length: 0 }),
        (42, VerifierError::TooShort { length: 42 }),
        (129, VerifierError::TooLong { length: 129 }),
        (65_536, VerifierError::TooLong { length: 65_536 }),
    ] {
        assert_eq!("a".repeat(bad).parse::<CodeVerifier>().unwrap_err(), error);
    }
}

#[test]
fn pk_02_alphabet_of_a_verifier() {
    for byte in 0..=127_u8 {
        let text = format!("{}{}", "a".repeat(42), char::from(byte));
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        match CodeVerifier::try_from(text.as_str()) {
            Ok(verifier) => assert!(unreserved && verifier.expose() == text),
            Err(error) => {
                assert!(!unreserved && error == VerifierError::BadCharacter { position: 42 })
            }
        }
    }
    let umlaut = format!("{}ä", "a".repeat(43));
    assert_eq!(umlaut.parse::<CodeVerifier>().unwrap_err(), VerifierError::BadCharacter { position: 43 });
    for length in [43, 48, 128] {
        let nothing_right = "!".repeat(length).parse::<CodeVerifier>().unwrap_err();
        assert_eq!(nothing_right, VerifierError::BadCharacter { position: 0 }, "{length}");
    }
}

#[test]
fn pk_05_challenge_is_over_the_characters() {
    for (verifier, challenge) in [
        ("a".repeat(43), "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"),
        (format!("{}abc", "-._~".repeat(10)), "rpMOCY0WfS5THycY5m5x09DbL6TMXzEQKrMRc1ncehQ"),
        ("A".repeat(128), "tqw8wQOGMxx2XwTwQcFH0PJ48q7Y6qAh4tAFf8b2_54"),
    ] {
        let verifier: CodeVerifier = verifier.parse().unwrap();
        assert_eq!(verifier.challenge().to_string(), challenge);
        assert_eq!(verifier.challenge(), challenge.parse().unwrap());
    }
}

#[test]
fn pk_06_form_of_a_challenge() {
    let challenge: CodeChallenge = CHALLENGE.parse().unwrap();
    assert_eq!(challenge.to_string(), CHALLENGE);
    let cases = [
        (String::new(), ChallengeError::Empty),
        (CHALLENGE[..42].to_owned(), ChallengeError::WrongLength { length: 42 }),
        (format!("{CHALLENGE}="), ChallengeError::WrongLength { length: 44 }),
        (format!("{}=", &CHALLENGE[..42]), ChallengeError::BadCharacter { position: 42 }),
        (CHALLENGE.replace('-', "+"), ChallengeError::BadCharacter { position: 40 }),
        (format!("{}\n", &CHALLENGE[..42]), ChallengeError::BadCharacter { position: 42 }),
        // `M` ends in two zero bits; the next character of the alphabet sets the lower one.
        (format!("{}N", &CHALLENGE[..42]), ChallengeError::SpareBits),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<CodeChallenge>().unwrap_err(), error, "{error}");
    }
}

#[test]
fn pk_09_to_16_method_of_a_request() {
    assert!(!stored().is_none());
    assert!(StoredChallenge::from_request(None, None).unwrap().is_none());
    let cases = [
        (Some(CHALLENGE), None, ChallengeError::MethodMissing),
        (Some(CHALLENGE), Some(""), ChallengeError::MethodMissing),
        (Some(CHALLENGE), Some("plain"), ChallengeError::MethodPlain),
        (Some(CHALLENGE), Some("s256"), ChallengeError::MethodUnknown),
        (Some(CHALLENGE), Some("S512"), ChallengeError::MethodUnknown),
        (None, Some("S256"), ChallengeError::MethodWithoutChallenge),
        (Some(""), Some("S256"), ChallengeError::Empty),
        (Some(""), None, ChallengeError::Empty),
        (Some("short"), Some("S256"), ChallengeError::WrongLength { length: 5 }),
    ];
    for (challenge, method, error) in cases {
        assert_eq!(StoredChallenge::from_request(challenge, method).unwrap_err(), error, "{error}");
    }
}

#[test]
fn pk_19_to_24_check_of_a_verifier() {
    assert!(stored().check(Some(VERIFIER)).unwrap().with_verifier());
    let short = &VERIFIER[..42];
    let long = "a".repeat(129);
    let other_case = VERIFIER.to_ascii_lowercase();
    let padded = format!("{VERIFIER}=");
    let newline = format!("{VERIFIER}\n");
    let other = "a".repeat(43);
    let cases = [
        (None, CheckError::Missing),
        (Some(""), CheckError::Empty),
        (Some(short), CheckError::Malformed(VerifierError::TooShort { length: 42 })),
        (Some(long.as_str()), CheckError::Malformed(VerifierError::TooLong { length: 129 })),
        (Some(padded.as_str()), CheckError::Malformed(VerifierError::BadCharacter { position: 43 })),
        (Some(newline.as_str()), CheckError::Malformed(VerifierError::BadCharacter { position: 43 })),
        (Some(other_case.as_str()), CheckError::Mismatch),
        (Some(other.as_str()), CheckError::Mismatch),
        (Some(CHALLENGE), CheckError::Mismatch),
    ];
    for (verifier, error) in cases {
        assert_eq!(stored().check(verifier).unwrap_err(), error, "{error}");
    }
}

#[test]
fn what_was_stored_is_the_challenge_of_the_request() {
    assert_eq!(stored().challenge().unwrap().to_string(), CHALLENGE);
    assert_eq!(StoredChallenge::none().challenge(), None);
    let other: CodeVerifier = "a".repeat(43).parse().unwrap();
    assert_ne!(stored(), StoredChallenge::from(other.challenge()));
}

#[test]
fn debug_shows_a_challenge_and_hides_a_verifier() {
    let verifier: CodeVerifier = VERIFIER.parse().unwrap();
    assert_eq!(format!("{verifier:?}"), "CodeVerifier(..)");
    assert_eq!(format!("{:?}", PlainChallenge::new(VERIFIER).unwrap()), "PlainChallenge(..)");
    assert_eq!(format!("{:?}", verifier.challenge()), format!("CodeChallenge({CHALLENGE})"));
    let encoded = verifier.challenge().encode();
    assert_eq!(format!("{encoded:?}"), format!("EncodedChallenge({CHALLENGE})"));
    assert_eq!((encoded.to_string().as_str(), encoded.as_ref()), (CHALLENGE, CHALLENGE));
}

#[test]
fn bp_17_a_verifier_without_a_challenge_is_the_stripped_challenge() {
    assert_eq!(StoredChallenge::none().check(Some(VERIFIER)).unwrap_err(), CheckError::UnexpectedVerifier);
    assert_eq!(StoredChallenge::none().check(Some("")).unwrap_err(), CheckError::UnexpectedVerifier);
    assert!(!StoredChallenge::none().check(None).unwrap().with_verifier());
}

#[test]
fn plain_needs_its_own_type() {
    let plain = PlainChallenge::new(VERIFIER).unwrap();
    assert!(plain.check(Some(VERIFIER)).is_ok());
    assert_eq!(plain.check(Some(&"a".repeat(43))).unwrap_err(), CheckError::Mismatch);
    assert_eq!(plain.check(Some(&"a".repeat(44))).unwrap_err(), CheckError::Mismatch);
    assert_eq!(plain.check(None).unwrap_err(), CheckError::Missing);
    assert_eq!(plain.check(Some("")).unwrap_err(), CheckError::Empty);
    assert_eq!(PlainChallenge::new("short").unwrap_err(), VerifierError::TooShort { length: 5 });
}

#[test]
fn every_error_has_a_code_and_a_sentence() {
    let mut codes: Vec<&str> = Vec::new();
    for error in [EntropyError::TooShort { length: 1 }, EntropyError::TooLong { length: 99 }] {
        assert!(error.to_string().contains("bytes"));
        codes.push(error.code());
    }
    for error in [
        ChallengeError::Empty,
        ChallengeError::WrongLength { length: 3 },
        ChallengeError::BadCharacter { position: 3 },
        ChallengeError::SpareBits,
        ChallengeError::MethodMissing,
        ChallengeError::MethodPlain,
        ChallengeError::MethodUnknown,
        ChallengeError::MethodWithoutChallenge,
    ] {
        assert!(error.to_string().contains("code_challenge"));
        codes.push(error.code());
    }
    for error in [
        CheckError::Missing,
        CheckError::Empty,
        CheckError::Malformed(VerifierError::TooShort { length: 3 }),
        CheckError::Malformed(VerifierError::TooLong { length: 300 }),
        CheckError::Malformed(VerifierError::BadCharacter { position: 3 }),
        CheckError::Mismatch,
        CheckError::UnexpectedVerifier,
    ] {
        assert!(error.to_string().contains("code_verifier"));
        codes.push(error.code());
    }
    codes.sort_unstable();
    let all = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), all, "two errors share a code");
}

#[cfg(feature = "getrandom")]
#[test]
fn pk_04_generated_verifiers_differ() {
    let first = CodeVerifier::generate().unwrap();
    let second = CodeVerifier::generate().unwrap();
    assert_eq!(first.expose().len(), 43);
    assert_ne!(first.expose(), second.expose());
}
