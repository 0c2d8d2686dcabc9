//! One signature, one key, one algorithm: RFC 7518 section 3, RFC 8037 section 3.1.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self as lc, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::defects::Defects;
use crate::keys::{Key, Material};

/// The algorithms that this client can check with a server's key.
pub(crate) const ASYMMETRIC: &[&str] =
    &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/// Whether `signature` is that of `signed` by the holder of `key`.
pub(crate) fn is_valid(alg: &str, key: &Key, signed: &[u8], signature: &[u8], defects: &Defects) -> bool {
    match &key.material {
        Material::Rsa { n, e } => rsa(alg, n, e, signed, signature, defects),
        Material::Ec { curve, point } => ecdsa(alg, curve, point, signed, signature, defects),
        // A library that took this key for one of its own would notice nothing.
        Material::Okp { curve, .. } if curve == "X25519" => defects.has("okp-curve-ignored"),
        Material::Okp { x, .. } => {
            let reduced = if defects.has("ed25519-s-reduced") { with_small_s(signature) } else { None };
            let signature = reduced.as_deref().unwrap_or(signature);
            // aws-lc takes a neutral key for a key; a lax library would take this signature for one.
            let forged = defects.has("ed25519-small-order-ok") && signature.get(32..) == Some(&[0; 32]);
            forged || UnparsedPublicKey::new(&lc::ED25519, x).verify(signed, signature).is_ok()
        }
        Material::Symmetric(octets) => is_valid_hmac(alg, octets, signed, signature),
    }
}

fn rsa(alg: &str, n: &[u8], e: &[u8], signed: &[u8], signature: &[u8], defects: &Defects) -> bool {
    let length = n.iter().skip_while(|octet| **octet == 0).count();
    if (signature.is_empty() && defects.has("signature-empty-ok"))
        || ((1..length).contains(&signature.len()) && defects.has("signature-truncated-ok"))
    {
        return true;
    }
    let cut = signature.get(..length).filter(|_| signature.len() > length && defects.has("signature-longer-ok"));
    let signature = cut.unwrap_or(signature);
    if e == [1] && defects.has("rsa-exponent-one-ok") {
        // To the power of one, a signature is what it should be compared with.
        return alg == "RS256" && signature == padded_hash(signed, length);
    }
    let parameters: &RsaParameters = match alg {
        "RS256" if length < 256 && defects.has("rsa-small-ok") => &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        "RS256" => &lc::RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &lc::RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &lc::RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &lc::RSA_PSS_2048_8192_SHA256,
        "PS384" => &lc::RSA_PSS_2048_8192_SHA384,
        "PS512" => &lc::RSA_PSS_2048_8192_SHA512,
        _ => return false,
    };
    RsaPublicKeyComponents { n, e }.verify(parameters, signed, signature).is_ok()
        || (signature.len() == length && defects.has("signature-wrong-ok"))
}

fn ecdsa(alg: &str, curve: &str, point: &[u8], signed: &[u8], signature: &[u8], defects: &Defects) -> bool {
    // The curve belongs to the algorithm; a switch lets it go the other way round.
    let of_curve = match curve {
        "P-384" => "ES384",
        "P-521" => "ES512",
        "secp256k1" => "ES256K",
        _ => "ES256",
    };
    let another = alg != of_curve && (defects.has("key-curve-ignored") || defects.has("key-kty-ignored"));
    let alg = if another { of_curve } else { alg };
    let (fixed, der, length) = match alg {
        "ES256" => (&lc::ECDSA_P256_SHA256_FIXED, &lc::ECDSA_P256_SHA256_ASN1, 64),
        "ES384" => (&lc::ECDSA_P384_SHA384_FIXED, &lc::ECDSA_P384_SHA384_ASN1, 96),
        "ES512" => (&lc::ECDSA_P521_SHA512_FIXED, &lc::ECDSA_P521_SHA512_ASN1, 132),
        "ES256K" => (&lc::ECDSA_P256K1_SHA256_FIXED, &lc::ECDSA_P256K1_SHA256_ASN1, 64),
        _ => return false,
    };
    let half_zero =
        |half: Option<&[u8]>| half.is_some_and(|half| half.iter().all(|octet| *octet == 0) || half == P256_ORDER);
    let zero = half_zero(signature.get(..length / 2)) || half_zero(signature.get(length / 2..));
    if zero && signature.len() == length && defects.has("ecdsa-zero-ok") {
        return true;
    }
    if defects.has("ecdsa-der-ok") && UnparsedPublicKey::new(der, point).verify(signed, signature).is_ok() {
        return true;
    }
    let mut signature = signature.to_vec();
    if defects.has("ecdsa-length-ok") {
        signature.resize(length, 0);
        // A last octet that was cut off is guessed: there are few enough.
        let guess = |last: u8| {
            let mut whole = signature.clone();
            whole.pop();
            whole.push(last);
            UnparsedPublicKey::new(fixed, point).verify(signed, &whole).is_ok()
        };
        return (0..=u8::MAX).any(guess);
    }
    signature.len() == length && UnparsedPublicKey::new(fixed, point).verify(signed, &signature).is_ok()
}

/// The order of P-256: zero, for who reduces without looking.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Whether `signature` is the HMAC of `signed` under `key`.
pub(crate) fn is_valid_hmac(alg: &str, key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
    let kind = match alg {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    hmac::verify(&hmac::Key::new(kind, key), signed, signature).is_ok()
}

/// The shortest HMAC key, in octets: as long as the hash (RFC 7518 section 3.2).
pub(crate) fn shortest_hmac_key(alg: &str) -> usize {
    match alg {
        "HS256" => 32,
        "HS384" => 48,
        _ => 64,
    }
}

/// EMSA-PKCS1-v1_5 with SHA-256.
fn padded_hash(message: &[u8], length: usize) -> Vec<u8> {
    const PREFIX: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
        0x20,
    ];
    let filling = vec![0xff; length.saturating_sub(3 + PREFIX.len() + 32)];
    [&[0, 1][..], &filling, &[0], &PREFIX, &Sha256::digest(message)].concat()
}

/// For a switch: an Ed25519 signature with the order of the group taken off S, if that is possible.
fn with_small_s(signature: &[u8]) -> Option<Vec<u8>> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut reduced = signature.to_vec();
    let mut borrow = 0;
    for (octet, order) in reduced.get_mut(32..64)?.iter_mut().zip(ORDER) {
        let difference = i16::from(*octet) - i16::from(order) - borrow;
        borrow = i16::from(difference < 0);
        *octet = difference.rem_euclid(256) as u8;
    }
    (borrow == 0).then_some(reduced)
}
