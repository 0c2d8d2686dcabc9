//! The client's own keys, and the JWTs that it signs with them.

use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::base64url;

/// A private key for ES256.
pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    kid: Option<String>,
}

impl SigningKey {
    /// A key from a JWK; `None` for one of another kind.
    pub(crate) fn read(jwk: &Value) -> Option<Self> {
        let member = |name: &str| base64url::decode(jwk[name].as_str()?);
        if jwk["crv"] != "P-256" || jwk["alg"].as_str().is_some_and(|alg| alg != "ES256") {
            return None;
        }
        let point = [vec![4], member("x")?, member("y")?].concat();
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &member("d")?, &point);
        Some(Self { pair: pair.ok()?, kid: jwk["kid"].as_str().map(str::to_owned) })
    }

    /// A new one. A client that gets none must not go on.
    pub(crate) fn generate() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a new key");
        Self { pair, kid: None }
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The members that an EC key requires.
    pub(crate) fn public_jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let half = |range| base64url::encode(point.get(range).unwrap_or_default());
        json!({"crv": "P-256", "kty": "EC", "x": half(1..33), "y": half(33..65)})
    }

    /// For a switch: the private member.
    pub(crate) fn private_member(&self) -> String {
        let key = self.pair.private_key().as_be_bytes();
        key.map(|key| base64url::encode(key.as_ref())).unwrap_or_default()
    }

    /// RFC 7638: the members stand in the order of the alphabet.
    pub(crate) fn thumbprint(&self) -> String {
        base64url::encode(Sha256::digest(self.public_jwk().to_string()))
    }

    /// The octets of the public key, for a switch that takes them for a secret.
    pub(crate) fn public_octets(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        jwt(header, claims, |signed| {
            self.pair.sign(&SystemRandom::new(), signed).map(|done| done.as_ref().to_vec()).unwrap_or_default()
        })
    }
}

/// A JWT with a MAC by HS256.
pub(crate) fn sign_with_secret(secret: &[u8], header: &Value, claims: &Value) -> String {
    jwt(header, claims, |signed| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed).as_ref().to_vec())
}

/// For switches: a JWT without a signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    jwt(header, claims, |_| Vec::new())
}

fn jwt(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(claims.to_string()));
    let signature = base64url::encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_the_order_of_the_alphabet() {
        let key = SigningKey::generate();
        let text = key.public_jwk().to_string();
        let at = |name: &str| text.find(&format!("\"{name}\":")).unwrap();
        assert!(at("crv") < at("kty") && at("kty") < at("x") && at("x") < at("y"), "{text}");
        assert_eq!(key.thumbprint().len(), 43);
    }
}
