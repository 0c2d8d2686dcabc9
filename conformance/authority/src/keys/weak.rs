//! Signatures by keys that no library should accept, and with which aws-lc-rs does not sign.

use sha2::{Digest, Sha256};

use super::key::{key_of, named};
use crate::algorithm::{Algorithm, KeySet};

/// The neutral point of Ed25519: a public key of order 1.
pub(crate) const IDENTITY: [u8; 32] = {
    let mut point = [0; 32];
    point[0] = 1;
    point
};

/// A signature that the verification equation accepts for every message under [`IDENTITY`]: the
/// neutral point for `R`, and zero for `S`.
pub(crate) fn small_order_signature() -> Vec<u8> {
    let mut signature = IDENTITY.to_vec();
    signature.extend([0; 32]);
    signature
}

/// An RS256 signature for a key whose public exponent is 1: the padded hash is its own signature.
pub(crate) fn exponent_one_signature(message: &[u8]) -> Vec<u8> {
    padded_hash(message, key_of(KeySet::Foreign, Algorithm::Rs256).octets("n").len())
}

/// An RS256 signature by the RSA key of 1024 bits.
pub(crate) fn small_rsa_signature(message: &[u8]) -> Vec<u8> {
    let key = named("small RSA");
    let modulus = key.octets("n");
    power(&padded_hash(message, modulus.len()), &key.octets("d"), &modulus)
}

/// EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 9.2).
fn padded_hash(message: &[u8], length: usize) -> Vec<u8> {
    const DIGEST_INFO: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
        0x20,
    ];
    let mut padded = vec![0, 1];
    padded.resize(length - DIGEST_INFO.len() - 32 - 1, 0xff);
    padded.push(0);
    padded.extend(DIGEST_INFO);
    padded.extend(Sha256::digest(message));
    padded
}

/// `base` to the power of `exponent` modulo `modulus`, big-endian octets, `base < modulus`, `modulus`
/// odd: by Montgomery's multiplication, not in constant time, for one key that everybody knows.
fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let modulus = limbs(modulus);
    // With R = 2^32 to the number of limbs: R squared modulo the modulus, by doubling 1.
    let mut square = limbs(&[0, 0, 0, 1]);
    square.resize(modulus.len(), 0);
    let one = square.clone();
    for _ in 0..modulus.len() * 64 {
        square = double(&square, &modulus);
    }
    let base = product(&limbs(base), &square, &modulus);
    let mut result = product(&one, &square, &modulus);
    for bit in exponent.iter().flat_map(|octet| (0..8).rev().map(move |place| octet >> place & 1)) {
        result = product(&result, &result, &modulus);
        if bit == 1 {
            result = product(&result, &base, &modulus);
        }
    }
    let result = product(&result, &one, &modulus);
    result.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}

/// Little-endian limbs of big-endian octets.
fn limbs(octets: &[u8]) -> Vec<u32> {
    octets.rchunks(4).map(|chunk| chunk.iter().fold(0, |limb, octet| limb << 8 | u32::from(*octet))).collect()
}

/// `left * right / R` modulo the modulus, by interleaved reduction.
fn product(left: &[u32], right: &[u32], modulus: &[u32]) -> Vec<u32> {
    let size = modulus.len();
    // The inverse of the lowest limb modulo 2^32, negated, by Newton's iteration.
    let mut inverse = modulus[0];
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(modulus[0].wrapping_mul(inverse)));
    }
    let inverse = inverse.wrapping_neg();
    let mut sum = vec![0_u32; size + 2];
    for limb in left {
        add_multiple(&mut sum, right, *limb);
        let factor = sum[0].wrapping_mul(inverse);
        add_multiple(&mut sum, modulus, factor);
        sum.remove(0);
        sum.push(0);
    }
    sum.truncate(size + 1);
    reduce(sum, modulus)
}

/// Adds `limb * number` to `sum`.
fn add_multiple(sum: &mut [u32], number: &[u32], limb: u32) {
    let mut carry = 0_u64;
    for (place, slot) in sum.iter_mut().enumerate() {
        let part = number.get(place).map_or(0, |part| u64::from(*part) * u64::from(limb));
        let total = u64::from(*slot) + part + carry;
        *slot = total as u32;
        carry = total >> 32;
    }
}

fn double(number: &[u32], modulus: &[u32]) -> Vec<u32> {
    let mut sum = vec![0; number.len() + 1];
    add_multiple(&mut sum, number, 2);
    reduce(sum, modulus)
}

/// A number below twice the modulus, brought below the modulus.
fn reduce(number: Vec<u32>, modulus: &[u32]) -> Vec<u32> {
    let mut borrow = 0_i64;
    let mut difference: Vec<u32> = number
        .iter()
        .enumerate()
        .map(|(place, limb)| {
            let total = i64::from(*limb) - modulus.get(place).map_or(0, |limb| i64::from(*limb)) - borrow;
            borrow = i64::from(total < 0);
            total as u32
        })
        .collect();
    if borrow == 1 {
        difference = number;
    }
    difference.truncate(modulus.len());
    difference
}
