//! The published keys, and signatures that are the same each time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, UnparsedPublicKey,
};
use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn Error>>;

pub(crate) struct Keys {
    jwks: Vec<Value>,
    rsa: RsaKeyPair,
    ecdsa: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
    /// Signatures that were made before, by what they are said to sign.
    before: RefCell<HashMap<String, Vec<Vec<u8>>>>,
}

impl Keys {
    /// Reads the private keys, and `before`: a file made earlier, or nothing.
    pub(crate) fn read(keys: &str, before: &str) -> Outcome<Self> {
        let document: Value = serde_json::from_str(keys)?;
        let jwks = document["keys"].as_array().ok_or("no keys")?.clone();
        let find = |kty: &str| jwks.iter().find(|jwk| jwk["kty"] == kty).ok_or("a key is missing");
        let (rsa, ec, okp) = (find("RSA")?, find("EC")?, find("OKP")?);
        let member = |jwk: &Value, name: &str| base64url_decode(jwk[name].as_str().unwrap_or_default());
        let point = [vec![4], member(ec, "x")?, member(ec, "y")?].concat();
        Ok(Self {
            rsa: RsaKeyPair::from_components(&KeyPairComponents {
                public_key: PublicKeyComponents { n: member(rsa, "n")?, e: member(rsa, "e")? },
                d: member(rsa, "d")?,
                p: member(rsa, "p")?,
                q: member(rsa, "q")?,
                dP: member(rsa, "dp")?,
                dQ: member(rsa, "dq")?,
                qInv: member(rsa, "qi")?,
            })?,
            ecdsa: EcdsaKeyPair::from_private_key_and_public_key(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &member(ec, "d")?,
                &point,
            )?,
            ed25519: Ed25519KeyPair::from_seed_and_public_key(&member(okp, "d")?, &member(okp, "x")?)?,
            before: RefCell::new(signatures(before)),
            jwks,
        })
    }

    /// The public half, as the JWK that an issuer would publish for `algorithm`.
    pub(crate) fn public(&self, algorithm: &str) -> Vec<(&'static str, String)> {
        let (kty, names): (_, &[&'static str]) = match algorithm {
            "ES256" => ("EC", &["crv", "x", "y"]),
            "EdDSA" => ("OKP", &["crv", "x"]),
            _ => ("RSA", &["n", "e"]),
        };
        let jwk = self.jwks.iter().find(|jwk| jwk["kty"] == kty);
        let own =
            names.iter().map(|name| (*name, jwk.and_then(|jwk| jwk[*name].as_str()).unwrap_or_default().to_owned()));
        let mut members = vec![
            ("kty", kty.to_owned()),
            ("use", "sig".to_owned()),
            ("alg", algorithm.to_owned()),
            ("kid", key_id(algorithm)),
        ];
        members.extend(own);
        members
    }

    /// RSA with PKCS #1 v1.5 and Ed25519 have one signature for a message. Of ECDSA's many, the first one made stays.
    pub(crate) fn sign(&self, algorithm: &str, input: &str) -> Outcome<Vec<u8>> {
        let padding: &'static dyn RsaEncoding = match algorithm {
            "EdDSA" => return Ok(self.ed25519.sign(input.as_bytes()).as_ref().to_vec()),
            "ES256" => return self.sign_ecdsa(input),
            "RS512" => &RSA_PKCS1_SHA512,
            "RS384" => &RSA_PKCS1_SHA384,
            _ => &RSA_PKCS1_SHA256,
        };
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(padding, &SystemRandom::new(), input.as_bytes(), &mut signature)?;
        Ok(signature)
    }

    fn sign_ecdsa(&self, input: &str) -> Outcome<Vec<u8>> {
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.ecdsa.public_key().as_ref());
        let mut before = self.before.borrow_mut();
        let known = before.entry(input.to_owned()).or_default();
        if let Some(signature) = known.iter().find(|signature| public.verify(input.as_bytes(), signature).is_ok()) {
            return Ok(signature.clone());
        }
        let signature = self.ecdsa.sign(&SystemRandom::new(), input.as_bytes())?.as_ref().to_vec();
        known.push(signature.clone());
        Ok(signature)
    }
}

/// The name of the key that signs with `algorithm`: one key, one algorithm (RFC 8725 section 3.1), as far as a verifier
/// can see.
pub(crate) fn key_id(algorithm: &str) -> String {
    format!("published-test-key-{algorithm}")
}

/// `at_hash` or `c_hash` of `value` by the hash named `hash` (OpenID Connect Core section 3.1.3.6).
pub(crate) fn left_half(hash: &'static digest::Algorithm, value: &str) -> String {
    let octets = digest::digest(hash, value.as_bytes());
    base64url(octets.as_ref().split_at(hash.output_len() / 2).0)
}

/// The signatures of an earlier file by their signing input; none, when it is no such file.
fn signatures(before: &str) -> HashMap<String, Vec<Vec<u8>>> {
    let document: Value = serde_json::from_str(before).unwrap_or_default();
    let groups = document["testGroups"].as_array().into_iter().flatten();
    let tests = groups.flat_map(|group| group["tests"].as_array().into_iter().flatten());
    let mut found: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    for (input, signature) in tests.filter_map(|test| test["jws"].as_str()?.rsplit_once('.')) {
        found.entry(input.to_owned()).or_default().extend(base64url_decode(signature));
    }
    found
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url without padding (RFC 7515 section 2).
pub(crate) fn base64url(octets: &[u8]) -> String {
    let mut out = String::new();
    for chunk in octets.chunks(3) {
        let bits = chunk.iter().fold(0, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    out
}

fn base64url_decode(text: &str) -> Outcome<Vec<u8>> {
    let mut out = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for character in chunk {
            let value = ALPHABET.iter().position(|known| known == character).ok_or("not base64url")?;
            bits = bits << 6 | value;
        }
        bits <<= 6 * (4 - chunk.len());
        out.extend((1..chunk.len()).map(|place| (bits >> (24 - 8 * place)) as u8));
    }
    Ok(out)
}
