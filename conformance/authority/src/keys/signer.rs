//! Real signatures by aws-lc-rs.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use serde_json::{Map, Value};

use crate::algorithm::{Algorithm, HmacAlgorithm};
use crate::encoding::from_base64url;

/// A parsed private key.
pub(crate) enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    /// A key with which aws-lc-rs cannot sign: RSA of 1024 bits, X25519.
    None,
}

impl Signer {
    pub(crate) fn new(jwk: &Map<String, Value>) -> Self {
        let member = |name| octets(jwk, name);
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let ecdsa = |algorithm| {
            let mut point = vec![4];
            point.extend(member("x"));
            point.extend(member("y"));
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, &member("d"), &point)
                .map_or(Self::None, Self::Ecdsa)
        };
        match (text("kty"), text("crv")) {
            (Some("RSA"), _) => RsaKeyPair::from_components(&KeyPairComponents {
                public_key: PublicKeyComponents { n: member("n"), e: member("e") },
                d: member("d"),
                p: member("p"),
                q: member("q"),
                dP: member("dp"),
                dQ: member("dq"),
                qInv: member("qi"),
            })
            .map_or(Self::None, |pair| Self::Rsa(Box::new(pair))),
            (_, Some("P-256")) => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            (_, Some("P-384")) => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            (_, Some("P-521")) => ecdsa(&ECDSA_P521_SHA512_FIXED_SIGNING),
            (_, Some("secp256k1")) => ecdsa(&ECDSA_P256K1_SHA256_FIXED_SIGNING),
            (_, Some("Ed25519")) => {
                Ed25519KeyPair::from_seed_and_public_key(&member("d"), &member("x")).map_or(Self::None, Self::Ed25519)
            }
            _ => Self::None,
        }
    }

    /// The signature of `message`. `algorithm` chooses hash and padding of an RSA key; the other keys
    /// have one way to sign.
    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let padding: &'static dyn signature::RsaEncoding = match algorithm {
                    Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
                    Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
                    Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
                    Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                match pair.sign(padding, &random, message, &mut signature) {
                    Ok(()) => signature,
                    Err(_) => Vec::new(),
                }
            }
            Self::Ecdsa(pair) => pair.sign(&random, message).map_or_else(|_| Vec::new(), |done| done.as_ref().to_vec()),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::None => Vec::new(),
        }
    }

    /// The private key of an RSA pair as PKCS #8 in DER; nothing for the others.
    pub(crate) fn pkcs8(&self) -> Vec<u8> {
        let der = |pair: &RsaKeyPair| AsDer::<Pkcs8V1Der<'static>>::as_der(pair).map(|der| der.as_ref().to_vec());
        match self {
            Self::Rsa(pair) => der(pair).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// The public key as SPKI in DER.
    pub(crate) fn spki(&self) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => pair.public_key().as_der().map_or_else(|_| Vec::new(), |der| der.as_ref().to_vec()),
            Self::Ecdsa(pair) => pair.public_key().as_der().map_or_else(|_| Vec::new(), |der| der.as_ref().to_vec()),
            Self::Ed25519(pair) => pair.public_key().as_der().map_or_else(|_| Vec::new(), |der| der.as_ref().to_vec()),
            Self::None => Vec::new(),
        }
    }
}

/// An HMAC of `message`.
pub(crate) fn hmac(algorithm: HmacAlgorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    use aws_lc_rs::hmac::{HMAC_SHA256, HMAC_SHA384, HMAC_SHA512, Key, sign};
    let algorithm = match algorithm {
        HmacAlgorithm::Hs256 => HMAC_SHA256,
        HmacAlgorithm::Hs384 => HMAC_SHA384,
        HmacAlgorithm::Hs512 => HMAC_SHA512,
    };
    sign(&Key::new(algorithm, key), message).as_ref().to_vec()
}

/// A member of a JWK, decoded; empty when there is none.
pub(super) fn octets(jwk: &Map<String, Value>, name: &str) -> Vec<u8> {
    from_base64url(jwk.get(name).and_then(Value::as_str).unwrap_or_default()).unwrap_or_default()
}
