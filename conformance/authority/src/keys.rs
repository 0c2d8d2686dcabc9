//! Signature algorithms and the test keys behind them.

mod signer;
mod weak;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value, json};

pub(crate) use self::signer::{Signer, hmac};
pub(crate) use self::weak::{exponent_one_signature, small_order_signature, small_rsa_signature};
use crate::lie::TestKey;

/// A signature algorithm of RFC 7518 section 3.1 or RFC 8037, by which an authority can sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    #[serde(rename = "RS384")]
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    #[serde(rename = "RS512")]
    Rs512,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// RSASSA-PSS with SHA-384.
    #[serde(rename = "PS384")]
    Ps384,
    /// RSASSA-PSS with SHA-512.
    #[serde(rename = "PS512")]
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA on P-384 with SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// ECDSA on P-521 with SHA-512.
    #[serde(rename = "ES512")]
    Es512,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The name in a header's `alg`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The size of the hash that `at_hash` and `c_hash` are made with (OpenID Connect Core 3.1.3.6;
    /// for Ed25519 the SHA-512 that it is built on).
    pub(crate) fn hash_bits(self) -> usize {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => 256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => 384,
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => 512,
        }
    }

    /// The kind of key it needs, as the test keys are named.
    fn family(self) -> &'static str {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => "RSA",
            Self::Es256 => "P-256",
            Self::Es384 => "P-384",
            Self::Es512 => "P-521",
            Self::EdDsa => "Ed25519",
        }
    }
}

/// A symmetric algorithm, by which only a lie signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum HmacAlgorithm {
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
    /// HMAC with SHA-384.
    #[serde(rename = "HS384")]
    Hs384,
    /// HMAC with SHA-512.
    #[serde(rename = "HS512")]
    Hs512,
}

impl HmacAlgorithm {
    /// The name in a header's `alg`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }
}

/// Which of the published test keys an authority owns: one for each kind of algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySet {
    /// Those of the authority. The RSA key's `kid` is `123`.
    First,
    /// Those of the Google-shaped provider, or of a second authority.
    Second,
    /// Those of nobody: an attacker signs with them.
    Foreign,
}

impl KeySet {
    /// The key for an algorithm, parsed once a process.
    pub(crate) fn key(self, algorithm: Algorithm) -> Arc<Key> {
        let set = match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Foreign => "foreign",
        };
        named(&format!("{set} {}", algorithm.family()))
    }
}

/// A test key: its private JWK, and what signs with it.
pub(crate) struct Key {
    jwk: Map<String, Value>,
    pub(crate) signer: Signer,
}

impl Key {
    /// The key id.
    pub(crate) fn kid(&self) -> &str {
        self.jwk.get("kid").and_then(Value::as_str).unwrap_or_default()
    }

    /// The public JWK, without `alg` and `use`.
    fn public(&self) -> Map<String, Value> {
        let public = ["kty", "kid", "crv", "n", "e", "x", "y"];
        public.iter().filter_map(|name| Some(((*name).to_owned(), self.jwk.get(*name)?.clone()))).collect()
    }

    /// The public JWK of a key that signs by `algorithm`.
    pub(crate) fn signing_jwk(&self, algorithm: &str) -> Map<String, Value> {
        let mut jwk = self.public();
        jwk.insert("use".into(), "sig".into());
        jwk.insert("alg".into(), algorithm.into());
        jwk
    }

    /// A member of the JWK as octets.
    pub(crate) fn octets(&self, name: &str) -> Vec<u8> {
        octets(&self.jwk, name)
    }
}

/// The JWK of a key that an honest authority would not publish, or not there.
pub(crate) fn test_jwk(key: &TestKey, own: KeySet) -> Value {
    let jwk = match key {
        TestKey::Own(algorithm) => own.key(*algorithm).signing_jwk(algorithm.as_str()),
        TestKey::Foreign(algorithm) => KeySet::Foreign.key(*algorithm).signing_jwk(algorithm.as_str()),
        TestKey::Encryption => {
            let mut jwk = named("encryption").public();
            jwk.insert("use".into(), "enc".into());
            jwk.insert("alg".into(), "RSA-OAEP".into());
            jwk
        }
        TestKey::Symmetric => {
            return json!({"kty": "oct", "kid": "symmetric", "alg": "HS256", "k": crate::encoding::base64url(SYMMETRIC)});
        }
        TestKey::SmallRsa => named("small RSA").signing_jwk("RS256"),
        TestKey::ExponentOne => {
            let mut jwk = KeySet::Foreign.key(Algorithm::Rs256).signing_jwk("RS256");
            jwk.insert("kid".into(), "exponent-one".into());
            jwk.insert("e".into(), "AQ".into());
            jwk
        }
        TestKey::Secp256k1 => named("secp256k1").signing_jwk("ES256"),
        TestKey::X25519 => named("X25519").signing_jwk("EdDSA"),
        TestKey::SmallOrder => {
            return json!({"kty": "OKP", "crv": "Ed25519", "kid": "small-order", "alg": "EdDSA", "use": "sig", "x": crate::encoding::base64url(&weak::IDENTITY)});
        }
        TestKey::Private => {
            let key = own.key(Algorithm::Rs256);
            let mut jwk = key.signing_jwk("RS256");
            for name in ["d", "p", "q", "dp", "dq", "qi"] {
                jwk.insert(name.into(), key.jwk.get(name).cloned().unwrap_or_default());
            }
            jwk
        }
        TestKey::Json(value) => return value.clone(),
    };
    Value::Object(jwk)
}

/// The symmetric key that a careless authority publishes: 32 octets.
pub(crate) const SYMMETRIC: &[u8; 32] = b"a symmetric key for all to read.";

/// A test key by its name in `keys/test-keys.json`, parsed once a process.
pub(crate) fn named(name: &str) -> Arc<Key> {
    static KEYS: OnceLock<Mutex<HashMap<String, Arc<Key>>>> = OnceLock::new();
    let mut keys = KEYS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = keys.get(name) {
        return key.clone();
    }
    let jwk =
        all().iter().find(|jwk| jwk.get("name").and_then(Value::as_str) == Some(name)).cloned().unwrap_or_default();
    let key = Arc::new(Key { signer: Signer::new(&jwk), jwk });
    keys.insert(name.into(), key.clone());
    key
}

fn all() -> &'static [Map<String, Value>] {
    static ALL: OnceLock<Vec<Map<String, Value>>> = OnceLock::new();
    ALL.get_or_init(|| serde_json::from_str(include_str!("../keys/test-keys.json")).unwrap_or_default())
}

fn octets(jwk: &Map<String, Value>, name: &str) -> Vec<u8> {
    crate::encoding::from_base64url(jwk.get(name).and_then(Value::as_str).unwrap_or_default()).unwrap_or_default()
}
