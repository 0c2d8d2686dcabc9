//! Every variant of every public error, provoked. Each table says a code and what brings it about; the list of what
//! there is comes from the source, so that a variant without a row fails, and so does an error without a table.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::path::Path;

use proofkey_pkce::server::{CheckError, StoredChallenge};
use proofkey_pkce::{ChallengeError, CodeVerifier, EntropyError, VerifierError};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A code and what provokes it.
type Row<E> = (&'static str, fn() -> E);

#[test]
fn every_entropy_error() {
    let rows: [Row<EntropyError>; 2] = [
        ("entropy_too_short", || CodeVerifier::from_entropy(&[7; 31]).unwrap_err()),
        ("entropy_too_long", || CodeVerifier::from_entropy(&[7; 97]).unwrap_err()),
    ];
    check("EntropyError", &rows, EntropyError::code);
    assert!([32, 96].iter().all(|length| CodeVerifier::from_entropy(&vec![7; *length]).is_ok()));
}

#[test]
fn every_verifier_error() {
    let rows: [Row<VerifierError>; 3] = [
        ("verifier_too_short", || CodeVerifier::try_from(&VERIFIER[1..]).unwrap_err()),
        ("verifier_too_long", || CodeVerifier::try_from("a".repeat(129).as_str()).unwrap_err()),
        ("verifier_bad_character", || CodeVerifier::try_from(VERIFIER.replace('-', "+").as_str()).unwrap_err()),
    ];
    check("VerifierError", &rows, VerifierError::code);
    assert!([VERIFIER, &"a".repeat(128)].iter().all(|text| CodeVerifier::try_from(*text).is_ok()));
}

#[test]
fn every_challenge_error() {
    let rows: [Row<ChallengeError>; 8] = [
        ("challenge_empty", || refused(Some(""), Some("S256"))),
        ("challenge_wrong_length", || refused(Some(&CHALLENGE[1..]), Some("S256"))),
        ("challenge_bad_character", || refused(Some(&CHALLENGE.replace('-', "+")), Some("S256"))),
        ("challenge_spare_bits", || refused(Some(&CHALLENGE.replace("cM", "cN")), Some("S256"))),
        ("method_missing", || refused(Some(CHALLENGE), None)),
        ("method_plain", || refused(Some(CHALLENGE), Some("plain"))),
        ("method_unknown", || refused(Some(CHALLENGE), Some("s256"))),
        ("method_without_challenge", || refused(None, Some("S256"))),
    ];
    check("ChallengeError", &rows, ChallengeError::code);
    stored();
}

#[test]
fn every_check_error() {
    let rows: [Row<CheckError>; 7] = [
        ("verifier_missing", || stored().check(None).unwrap_err()),
        ("verifier_empty", || stored().check(Some("")).unwrap_err()),
        ("verifier_too_short", || stored().check(Some(&VERIFIER[1..])).unwrap_err()),
        ("verifier_too_long", || stored().check(Some(&"a".repeat(129))).unwrap_err()),
        ("verifier_bad_character", || stored().check(Some(&VERIFIER.replace('-', "="))).unwrap_err()),
        ("verifier_mismatch", || stored().check(Some(&VERIFIER.replace('-', "_"))).unwrap_err()),
        ("verifier_unexpected", || StoredChallenge::none().check(Some(VERIFIER)).unwrap_err()),
    ];
    check("CheckError", &rows, CheckError::code);
    assert!(stored().check(Some(VERIFIER)).unwrap().with_verifier());
}

#[test]
fn every_error_has_a_table() {
    let source = sources();
    let implemented = source.lines().filter_map(|line| {
        let (implemented, name) = line.strip_prefix("impl ")?.split_once(" for ")?;
        (implemented.rsplit("::").next() == Some("Error")).then(|| name.trim_end_matches(" {}"))
    });
    let named = source.lines().filter_map(|line| line.strip_prefix("pub enum ")?.split(' ').next());
    let known: BTreeSet<_> = implemented.chain(named.filter(|name| name.ends_with("Error"))).collect();
    // No test can take the random source from the operating system: a unit test beside the type makes its error.
    let tables = ["ChallengeError", "CheckError", "EntropyError", "GenerateError", "VerifierError"];
    assert_eq!(known, tables.into());
    assert!(source.contains("    fn a_system_without_random_bytes_is_named() {\n"));
}

fn refused(challenge: Option<&str>, method: Option<&str>) -> ChallengeError {
    StoredChallenge::from_request(challenge, method).unwrap_err()
}

fn stored() -> StoredChallenge {
    StoredChallenge::from_request(Some(CHALLENGE), Some("S256")).unwrap()
}

/// Provokes each, and holds what came against the row and the list of variants.
fn check<E: Debug + Display>(name: &str, rows: &[Row<E>], code: fn(&E) -> &'static str) {
    let (mut provoked, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for (expected, provoke) in rows {
        let error = provoke();
        assert_eq!(code(&error), *expected, "{name}: {error:?}");
        assert!(codes.insert(*expected), "{name}: {expected} has two rows");
        assert!(!error.to_string().is_empty());
        // `Debug` begins with the variant's name.
        let debug = format!("{error:?}");
        provoked.insert(debug.chars().take_while(char::is_ascii_alphanumeric).collect::<String>());
    }
    assert_eq!(provoked, variants(name), "{name}: the first are provoked here, the second exist");
}

/// The variants of the public enum `name`, as the source has them: from outside they cannot be listed.
fn variants(name: &str) -> BTreeSet<String> {
    let source = sources();
    let (_, body) = source.split_once(&format!("\npub enum {name} {{\n")).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    // Four blanks: a variant. Eight: a field of one.
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let variants = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    variants.map(|line| line.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap().to_owned()).collect()
}

/// Every source file of the crate, one after the other.
fn sources() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| std::fs::read_to_string(path).unwrap() + "\n").collect()
}
