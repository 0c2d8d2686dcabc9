//! What cannot be guessed: `code_verifier`, `state` and `nonce` over many logins of one process.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::case::{Case, Check, Expect, Profile, Step};
use crate::transcript::Transcript;

/// With fewer bits than these to be seen, a value counts as guessable.
const GUESSABLE: f64 = 60.0;

/// How many logins the statistics are made over.
const FLOWS: usize = 64;

pub(super) fn cases() -> Vec<Case> {
    let spread = |id, rows, stage, about, mutants, check: Check| {
        Case::new(id, rows, stage, about, Expect::Accept(check), mutants)
            .profile(Profile::OpenId)
            .steps([Step::Begins(FLOWS), Step::Deliver("f1", Vec::new())])
            .should()
    };
    // The same logins as above, and so the same plays.
    let not_guessable = |id, rows, about, mutants, check: Check| {
        Case::new(id, rows, "authorize", about, Expect::Accept(check), mutants)
            .profile(Profile::OpenId)
            .steps([Step::Begins(FLOWS), Step::Deliver("f1", Vec::new())])
    };
    vec![
        spread(
            "PK-03/verifier-entropy",
            &["PK-03", "PK-04", "PK-17"],
            "token",
            "Over 64 logins, the verifiers use their whole alphabet at each position.",
            &["verifier-64-bits", "verifier-counter", "verifier-short-alphabet", "verifier-weak", "verifier-repeated"],
            |seen| unguessable("code_verifier", &verifiers(seen), 200.0),
        )
        .profile(Profile::OAuth)
        .steps([Step::Many(FLOWS)]),
        spread(
            "OA-17/state-entropy",
            &["OA-17"],
            "authorize",
            "Over 64 logins, the states use their whole alphabet at each position.",
            &[
                "state-64-bits",
                "state-counter",
                "state-short-alphabet",
                "state-weak",
                "state-constant",
                "state-once",
                "state-repeated",
            ],
            |seen| unguessable("state", &requested(seen, "state"), 96.0),
        ),
        spread(
            "ID-02/nonce-entropy",
            &["ID-02", "BP-13"],
            "authorize",
            "Over 64 logins, the nonces use their whole alphabet at each position.",
            &[
                "nonce-64-bits",
                "nonce-counter",
                "nonce-short-alphabet",
                "nonce-weak",
                "nonce-constant",
                "nonce-once",
                "nonce-repeated",
            ],
            |seen| unguessable("nonce", &requested(seen, "nonce"), 96.0),
        ),
        not_guessable(
            "PK-03/verifier-not-guessable",
            &["PK-03", "PK-04", "PK-17"],
            "The verifier is random: no counter, no clock, no repeating pattern.",
            &["verifier-counter", "verifier-weak", "verifier-constant", "verifier-repeated"],
            |seen| unguessable("code_verifier", &verifiers(seen), GUESSABLE),
        )
        .profile(Profile::OAuth)
        .steps([Step::Many(FLOWS)]),
        not_guessable(
            "OA-17/state-not-guessable",
            &["OA-17"],
            "The state is random (RFC 6749 section 10.12: non-guessable): no counter, no clock.",
            &["state-counter", "state-weak", "state-constant", "state-once", "state-repeated"],
            |seen| unguessable("state", &requested(seen, "state"), GUESSABLE),
        ),
        not_guessable(
            "ID-02/nonce-not-guessable",
            &["ID-02", "BP-13"],
            "The nonce is random (Core section 3.1.2.1: sufficient entropy): no counter, no clock.",
            &["nonce-counter", "nonce-weak", "nonce-constant", "nonce-once", "nonce-repeated"],
            |seen| unguessable("nonce", &requested(seen, "nonce"), GUESSABLE),
        ),
        Case::new(
            "PK-04/two-starts",
            &["PK-04", "OA-17", "ID-02", "BP-13"],
            "token",
            "The program is started twice: verifier, state and nonce of the second start are not those of the first.",
            Expect::Accept(|seen| {
                let (states, nonces) = (requested(seen, "state"), requested(seen, "nonce"));
                for (name, values) in [("code_verifier", verifiers(seen)), ("state", states), ("nonce", nonces)] {
                    if let [first, second] = values.as_slice()
                        && first == second
                    {
                        return Err(format!("expected: another {name} after another start; seen: the same"));
                    }
                }
                Ok(())
            }),
            &["verifier-constant", "state-constant", "nonce-constant"],
        )
        .profile(Profile::OpenId)
        .then(Step::Restart)
        .then(Step::Deliver("f1", Vec::new())),
        Case::new(
            "PK-18/verifier-in-disguise",
            &["PK-18", "AK-15"],
            "authorize",
            "The authorization request does not contain the verifier, in base64, in hexadecimal, reversed or in the \
              state.",
            Expect::Accept(|seen| {
                let requests = seen.wire.authorization_requests();
                let values = requests.iter().flat_map(|request| &request.query).map(|(_, value)| value.as_str());
                let texts: Vec<String> = values.flat_map(|value| [value.to_owned(), unpacked(value)]).collect();
                match seen.wire.leaks_in(&texts.join(" ")).first() {
                    Some(leak) => Err(format!("expected: no secret in the request; seen: {}", leak.kind.as_str())),
                    None => Ok(()),
                }
            }),
            &["verifier-in-state", "verifier-in-url-base64", "verifier-in-url-reversed"],
        ),
        Case::new(
            "PK-18/verifier-in-disguise-in-the-output",
            &["PK-18"],
            "authorize",
            "The output does not contain the verifier or a part of it, in plain text, base64 or hexadecimal.",
            Expect::Accept(|_| Ok(())),
            &["verifier-base64-in-stderr", "verifier-hex-in-stderr", "verifier-part-in-stderr"],
        ),
        Case::new(
            "ID-02/nonce-sent",
            &["ID-02"],
            "authorize",
            "A login that requests openid sends a nonce.",
            Expect::Accept(|seen| super::without_faults(seen, &["nonce_missing"])),
            &["nonce-missing"],
        )
        .profile(Profile::OpenId)
        .should(),
        Case::new(
            "OA-17/state-sent",
            &["OA-17", "BP-06"],
            "authorize",
            "The authorization request has a state.",
            Expect::Accept(|seen| super::without_faults(seen, &["state_missing"])),
            &["state-missing"],
        )
        .should(),
        Case::new(
            "AK-15/three-independent-values",
            &["AK-15", "PK-18"],
            "authorize",
            "Verifier, state and nonce: none equals another, a hash of another, or a part of another.",
            Expect::Accept(independent),
            &[
                "state-is-verifier",
                "state-is-challenge",
                "nonce-is-state",
                "nonce-is-challenge",
                "nonce-is-hash-of-state",
                "state-begins-nonce",
                "nonce-ends-state",
            ],
        )
        .profile(Profile::OpenId),
    ]
}

/// What a value holds when it is base64url, such as JSON in a state, or a JWT; empty otherwise.
fn unpacked(value: &str) -> String {
    let parts = value.split('.').filter_map(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
    parts.map(|part| String::from_utf8_lossy(&part).into_owned()).collect::<Vec<_>>().join(" ")
}

fn verifiers(seen: &Transcript) -> Vec<String> {
    seen.wire.code_requests().iter().filter_map(|request| request.form("code_verifier")).map(str::to_owned).collect()
}

fn requested(seen: &Transcript, name: &str) -> Vec<String> {
    let requests = seen.wire.authorization_requests();
    requests.iter().filter_map(|request| request.query(name)).map(str::to_owned).collect()
}

/// All values differ, and what their positions show makes at least so many `bits`.
///
/// A position that takes `n` different characters over the logins is credited with log2(n) bits, which is what an
/// honest one can show at most. 64 draws from 64 characters show 40.6 different ones on average: the 43 positions of a
/// verifier of 256 bits are credited with 230 bits on average, the 22 of a value of 128 bits with 117, and 32
/// hexadecimal digits, with 15.7 of 16 characters each, with 127. By Chernoff's bound over the exact distribution of
/// `n` any of them falls below its threshold with a probability under 10^-200.
///
/// What falls short: 64 random bits that are not spread over the whole value are credited with few; a value that is the
/// same eight characters over and over would be credited for each of them, and is looked for by itself; a counter or a second of the clock
/// moves few positions; a verifier of 43 characters from an alphabet of 16 is credited with 172.
fn unguessable(name: &str, values: &[String], bits: f64) -> Result<(), String> {
    // A value that is not sent at all is another case's matter.
    if values.is_empty() {
        return Ok(());
    }
    let different: HashSet<&String> = values.iter().collect();
    if values.len() != FLOWS || different.len() != FLOWS {
        return Err(format!("expected: {FLOWS} values of {name}; seen: {} of {}", different.len(), values.len()));
    }
    if let Some(period) = values.iter().find_map(|value| period(value)) {
        return Err(format!("expected: a random {name}; seen: one that repeats itself after {period} characters"));
    }
    let longest = values.iter().map(String::len).max().unwrap_or(0);
    let credited: f64 = (0..longest)
        .map(|at| {
            let characters: HashSet<Option<&u8>> = values.iter().map(|text| text.as_bytes().get(at)).collect();
            (characters.len() as f64).log2()
        })
        .sum();
    if credited >= bits {
        Ok(())
    } else {
        Err(format!("expected: at least {bits} bits in {name}; seen: at most {credited:.0} over {FLOWS} logins"))
    }
}

/// After how many characters a value repeats itself, when it does so twice at least.
fn period(value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    // Fewer than 16 characters that happen to agree prove nothing.
    (1..=bytes.len() / 2).find(|period| bytes.len() - period >= 16 && bytes[*period..] == bytes[..bytes.len() - period])
}

/// Whether two values have a stretch of 16 characters in common, at any place.
fn share(one: &str, other: &str) -> bool {
    one.as_bytes().windows(16).any(|part| other.as_bytes().windows(16).any(|own| own == part))
}

fn independent(seen: &Transcript) -> Result<(), String> {
    let verifier = verifiers(seen).pop().unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let state = requested(seen, "state").pop().unwrap_or_default();
    let nonce = requested(seen, "nonce").pop().unwrap_or_default();
    let values = [("code_verifier", &verifier), ("code_challenge", &challenge), ("state", &state), ("nonce", &nonce)];
    for (one, value) in values {
        for (other, of) in values.iter().filter(|(other, _)| *other != one) {
            let hash = Sha256::digest(of.as_bytes());
            let hexadecimal: String = hash.iter().map(|octet| format!("{octet:02x}")).collect();
            let hashed = (one, *other) != ("code_challenge", "code_verifier")
                && (*value == URL_SAFE_NO_PAD.encode(hash) || value.eq_ignore_ascii_case(&hexadecimal));
            if !value.is_empty() && (of.contains(value.as_str()) || hashed || share(value, of)) {
                return Err(format!("expected: values that are independent; seen: {one} follows from {other}"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_repeats_itself_is_found() {
        assert_eq!(period(&"q8Zk-_31".repeat(5)), Some(8));
        assert_eq!(period("aaaaaaaaaaaaaaaaaaaaaa"), Some(1));
        assert_eq!(period("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), None);
        assert_eq!(period("xyxy"), None, "too short to tell");
    }

    #[test]
    fn a_stretch_in_common_is_found_at_any_place() {
        assert!(share("AAAAdBjftJeZ4CVP-mB9", "dBjftJeZ4CVP-mB9BBBB"));
        assert!(!share("dBjftJeZ4CVP-mB", "dBjftJeZ4CVP-mB"), "15 characters");
    }

    #[test]
    fn what_is_packed_into_a_state_is_seen() {
        let state = URL_SAFE_NO_PAD.encode("{\"v\":\"secret\"}");
        assert!(unpacked(&state).contains("secret"));
        assert!(unpacked(&format!("header.{state}.signature")).contains("secret"));
    }
}
