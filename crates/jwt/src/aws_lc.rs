//! Signatures, HMAC and hashes by aws-lc-rs.

use std::sync::OnceLock;

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
};
use aws_lc_rs::{digest, hmac};

use crate::algorithm::{Algorithm, Hash, MacAlgorithm};
use crate::signature::{BadSignature, Crypto, Curve, Digest, KeyRefused, PublicKey, VerifyingKey};

/// The backend of aws-lc-rs, which rustls and reqwest use as well. Needs a C compiler to build.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsLc;

impl Crypto for AwsLc {
    fn public_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyRefused> {
        Ok(match key {
            PublicKey::Rsa { n, e } => Box::new(RsaKey::new(n, e)?),
            PublicKey::Ec { curve, x, y } => {
                let (algorithm, parameters) = match curve {
                    Curve::P256 => (Algorithm::Es256, &ECDSA_P256_SHA256_FIXED),
                    Curve::P384 => (Algorithm::Es384, &ECDSA_P384_SHA384_FIXED),
                    Curve::P521 => (Algorithm::Es512, &ECDSA_P521_SHA512_FIXED),
                };
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                let key = ParsedPublicKey::new(parameters, point).map_err(|_| KeyRefused)?;
                Box::new(OneUse { algorithm, key })
            }
            PublicKey::Ed25519 { x } => {
                let key = ParsedPublicKey::new(&ED25519, x).map_err(|_| KeyRefused)?;
                Box::new(OneUse { algorithm: Algorithm::EdDsa, key })
            }
        })
    }

    fn verify_mac(&self, algorithm: MacAlgorithm, key: &[u8], message: &[u8], tag: &[u8]) -> Result<(), BadSignature> {
        hmac::verify(&mac_key(algorithm, key), message, tag).map_err(|_| BadSignature)
    }

    fn mac(&self, algorithm: MacAlgorithm, key: &[u8], message: &[u8]) -> Digest {
        Digest::new(hmac::sign(&mac_key(algorithm, key), message).as_ref())
    }

    fn digest(&self, hash: Hash, message: &[u8]) -> Digest {
        let algorithm = match hash {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        };
        Digest::new(digest::digest(algorithm, message).as_ref())
    }
}

fn mac_key(algorithm: MacAlgorithm, key: &[u8]) -> hmac::Key {
    let algorithm = match algorithm {
        MacAlgorithm::Hs256 => hmac::HMAC_SHA256,
        MacAlgorithm::Hs384 => hmac::HMAC_SHA384,
        MacAlgorithm::Hs512 => hmac::HMAC_SHA512,
    };
    hmac::Key::new(algorithm, key)
}

/// A key that has one algorithm by its curve.
#[derive(Debug)]
struct OneUse {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl VerifyingKey for OneUse {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        if algorithm != self.algorithm {
            return Err(BadSignature);
        }
        self.key.verify_sig(message, signature).map_err(|_| BadSignature)
    }
}

/// An RSA key fits six algorithms, and aws-lc-rs parses it for one at a time: RS256 at once, which
/// also proves the key good, each other one when it is first asked for.
#[derive(Debug)]
struct RsaKey {
    components: PublicKeyComponents<Vec<u8>>,
    parsed: [OnceLock<ParsedPublicKey>; 6],
}

impl RsaKey {
    fn new(n: &[u8], e: &[u8]) -> Result<Self, KeyRefused> {
        let key = Self { components: PublicKeyComponents { n: n.to_vec(), e: e.to_vec() }, parsed: Default::default() };
        key.parsed_for(Algorithm::Rs256).ok_or(KeyRefused)?;
        Ok(key)
    }

    fn parsed_for(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        let (slot, parameters): (usize, &'static RsaParameters) = match algorithm {
            Algorithm::Rs256 => (0, &RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Rs384 => (1, &RSA_PKCS1_2048_8192_SHA384),
            Algorithm::Rs512 => (2, &RSA_PKCS1_2048_8192_SHA512),
            Algorithm::Ps256 => (3, &RSA_PSS_2048_8192_SHA256),
            Algorithm::Ps384 => (4, &RSA_PSS_2048_8192_SHA384),
            Algorithm::Ps512 => (5, &RSA_PSS_2048_8192_SHA512),
            _ => return None,
        };
        let slot = self.parsed.get(slot)?;
        if let Some(parsed) = slot.get() {
            return Some(parsed);
        }
        let parsed = self.components.to_parsed_public_key(parameters).ok()?;
        Some(slot.get_or_init(|| parsed))
    }
}

impl VerifyingKey for RsaKey {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.parsed_for(algorithm).and_then(|key| key.verify_sig(message, signature).ok()).ok_or(BadSignature)
    }
}
