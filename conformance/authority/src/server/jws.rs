//! A signed JWT that a client sends: an assertion, or a proof.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self as lc, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Map, Value, json};

use crate::encoding::{from_base64url, s256};

/// Nothing of it is believed yet.
pub(super) struct Jws {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    signed: String,
    signature: Vec<u8>,
}

impl Jws {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| serde_json::from_slice(&from_base64url(part)?).ok();
        let (header, claims) = (object(header)?, object(claims)?);
        Some(Self { header, claims, signed: signed.into(), signature: from_base64url(signature)? })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A claim that is a time.
    pub(super) fn time(&self, name: &str) -> Option<i64> {
        self.claims.get(name).and_then(Value::as_i64)
    }

    /// Whether it is signed by the holder of a public key.
    pub(super) fn is_signed_by(&self, jwk: &Map<String, Value>) -> bool {
        let member = |name: &str| from_base64url(jwk.get(name).and_then(Value::as_str).unwrap_or_default());
        let curve = jwk.get("crv").and_then(Value::as_str).unwrap_or_default();
        let (signed, signature) = (self.signed.as_bytes(), self.signature.as_slice());
        let rsa = |parameters: &RsaParameters| {
            let (Some(n), Some(e)) = (member("n"), member("e")) else { return false };
            RsaPublicKeyComponents { n, e }.verify(parameters, signed, signature).is_ok()
        };
        let plain = |algorithm: &'static dyn lc::VerificationAlgorithm, key: Vec<u8>| {
            UnparsedPublicKey::new(algorithm, key).verify(signed, signature).is_ok()
        };
        let point = || [vec![4], member("x").unwrap_or_default(), member("y").unwrap_or_default()].concat();
        match (self.header("alg").unwrap_or_default(), curve) {
            ("ES256", "P-256") => plain(&lc::ECDSA_P256_SHA256_FIXED, point()),
            ("ES384", "P-384") => plain(&lc::ECDSA_P384_SHA384_FIXED, point()),
            ("EdDSA" | "Ed25519", "Ed25519") => plain(&lc::ED25519, member("x").unwrap_or_default()),
            ("RS256", _) => rsa(&lc::RSA_PKCS1_2048_8192_SHA256),
            ("PS256", _) => rsa(&lc::RSA_PSS_2048_8192_SHA256),
            _ => false,
        }
    }

    /// Whether it has a MAC by a secret.
    pub(super) fn has_mac_by(&self, secret: &str) -> bool {
        let algorithm = match self.header("alg") {
            Some("HS256") => hmac::HMAC_SHA256,
            Some("HS384") => hmac::HMAC_SHA384,
            Some("HS512") => hmac::HMAC_SHA512,
            _ => return false,
        };
        let key = hmac::Key::new(algorithm, secret.as_bytes());
        hmac::verify(&key, self.signed.as_bytes(), &self.signature).is_ok()
    }
}

/// The thumbprint of a public key (RFC 7638), in base64url.
pub(super) fn thumbprint(jwk: &Map<String, Value>) -> String {
    // The members that the kind of key requires, in the order of the alphabet.
    let names: &[&str] = match jwk.get("kty").and_then(Value::as_str) {
        Some("RSA") => &["e", "kty", "n"],
        Some("OKP") => &["crv", "kty", "x"],
        _ => &["crv", "kty", "x", "y"],
    };
    let text = |name: &&str| format!("{}:{}", json!(name), jwk.get(*name).unwrap_or(&Value::Null));
    let members: Vec<String> = names.iter().map(text).collect();
    s256(&format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_of_rfc_7638() {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "ignored", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        // RFC 8037 appendix A.3.
        assert_eq!(thumbprint(jwk.as_object().unwrap()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
