//! Verifier, state and nonce: 256 random bits each, unless a switch changes them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::base64url;
use crate::defects::Defects;

/// 32 octets from the system. A client that gets none must not go on with zeros.
fn octets() -> [u8; 32] {
    let mut octets = [0; 32];
    aws_lc_rs::rand::fill(&mut octets).expect("the system hands out random octets");
    octets
}

/// 43 random characters of base64url.
pub(crate) fn text() -> String {
    base64url::encode(octets())
}

/// 32 octets for a verifier.
pub(crate) fn verifier_octets(defects: &Defects) -> [u8; 32] {
    static ONCE: OnceLock<[u8; 32]> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(1);
    if defects.has("verifier-constant") {
        [0x5a; 32]
    } else if defects.has("verifier-once") {
        *ONCE.get_or_init(octets)
    } else if defects.has("verifier-weak") {
        seeded_with_the_second(1)
    } else if defects.has("verifier-counter") {
        counted(&COUNT)
    } else if defects.has("verifier-64-bits") {
        mostly_zero()
    } else {
        octets()
    }
}

/// The verifier's text: 43 characters of base64url.
pub(crate) fn verifier(octets: &[u8; 32], defects: &Defects) -> String {
    let text = base64url::encode(octets);
    if defects.has("verifier-short") {
        text.chars().take(42).collect()
    } else if defects.has("verifier-long") {
        text.chars().cycle().take(129).collect()
    } else if defects.has("verifier-alphabet") {
        // Both characters are there, so that the fault shows in each login.
        format!("{}+/", base64url::encode_standard(octets).chars().take(41).collect::<String>())
    } else if defects.has("verifier-padded") {
        format!("{text}=")
    } else if defects.has("verifier-short-alphabet") {
        sixteen_characters(octets, 43)
    } else if defects.has("verifier-repeated") {
        repeated(&text)
    } else {
        text
    }
}

/// A fresh state.
pub(crate) fn state(defects: &Defects) -> String {
    static ONCE: OnceLock<[u8; 32]> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(1);
    if defects.has("state-constant") {
        "random_security_token".to_owned()
    } else if defects.has("state-once") {
        base64url::encode(ONCE.get_or_init(octets))
    } else if defects.has("state-weak") {
        base64url::encode(seeded_with_the_second(2))
    } else if defects.has("state-counter") {
        base64url::encode(counted(&COUNT))
    } else if defects.has("state-64-bits") {
        base64url::encode(mostly_zero())
    } else if defects.has("state-short-alphabet") {
        sixteen_characters(&octets(), 22)
    } else if defects.has("state-repeated") {
        repeated(&base64url::encode(octets()))
    } else {
        base64url::encode(octets())
    }
}

/// A fresh nonce.
pub(crate) fn nonce(defects: &Defects) -> String {
    static ONCE: OnceLock<[u8; 32]> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(1);
    if defects.has("nonce-constant") {
        "n-0S6_WzA2Mj".to_owned()
    } else if defects.has("nonce-once") {
        base64url::encode(ONCE.get_or_init(octets))
    } else if defects.has("nonce-weak") {
        base64url::encode(seeded_with_the_second(3))
    } else if defects.has("nonce-counter") {
        base64url::encode(counted(&COUNT))
    } else if defects.has("nonce-64-bits") {
        base64url::encode(mostly_zero())
    } else if defects.has("nonce-short-alphabet") {
        sixteen_characters(&octets(), 22)
    } else if defects.has("nonce-repeated") {
        repeated(&base64url::encode(octets()))
    } else {
        base64url::encode(octets())
    }
}

/// The first eight characters over and over, as long as the text.
fn repeated(text: &str) -> String {
    text.chars().take(8).cycle().take(text.len()).collect()
}

fn counted(count: &AtomicU64) -> [u8; 32] {
    let mut octets = [0x5a; 32];
    octets[24..].copy_from_slice(&count.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    octets
}

fn mostly_zero() -> [u8; 32] {
    let mut octets = octets();
    octets[8..].fill(0);
    octets
}

/// What `srand(time(NULL))` gives: a good-looking value that everybody can make.
fn seeded_with_the_second(salt: u64) -> [u8; 32] {
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut word = second ^ (salt << 56);
    let mut octets = [0; 32];
    for octet in &mut octets {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *octet = (word >> 33) as u8;
    }
    octets
}

fn sixteen_characters(octets: &[u8; 32], length: usize) -> String {
    let digits = octets.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    digits.take(length).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(switch: &str) -> Defects {
        Defects::named([switch]).unwrap()
    }

    #[test]
    fn fresh_and_long() {
        let none = Defects::none();
        let verifier = || verifier(&verifier_octets(&none), &none);
        let values = [verifier(), verifier(), state(&none), state(&none), nonce(&none), nonce(&none)];
        for (at, value) in values.iter().enumerate() {
            assert_eq!(value.len(), 43);
            assert!(!values[at + 1..].contains(value));
        }
    }

    #[test]
    fn each_way_to_be_weak() {
        let verifier = |defects: &Defects| verifier(&verifier_octets(defects), defects);
        for (of, make) in [("verifier", &verifier as &dyn Fn(&Defects) -> String), ("state", &state), ("nonce", &nonce)]
        {
            for how in ["constant", "once"] {
                let defects = with(&format!("{of}-{how}"));
                assert_eq!(make(&defects), make(&defects), "{of}-{how}");
            }
            for how in ["counter", "64-bits", "short-alphabet"] {
                let defects = with(&format!("{of}-{how}"));
                assert_ne!(make(&defects), make(&defects), "{of}-{how}");
            }
            let counter = with(&format!("{of}-counter"));
            assert_eq!(make(&counter)[..36], make(&counter)[..36]);
            assert!(make(&with(&format!("{of}-64-bits"))).ends_with(&"A".repeat(30)));
            assert!(make(&with(&format!("{of}-short-alphabet"))).chars().all(|c| c.is_ascii_hexdigit()));
            // Two values of one second are the same, and of three calls two are in one second.
            let weak = with(&format!("{of}-weak"));
            let three = [make(&weak), make(&weak), make(&weak)];
            assert!(three[0] == three[1] || three[1] == three[2]);
        }
    }
}
