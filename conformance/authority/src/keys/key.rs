//! A test key, read from `keys/test-keys.json`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value};

use super::signer::{Signer, octets};
use crate::algorithm::{Algorithm, KeySet};

/// A test key: its private JWK, and what signs with it.
pub(crate) struct Key {
    pub(super) jwk: Map<String, Value>,
    pub(crate) signer: Signer,
}

impl Key {
    /// The key id.
    pub(crate) fn kid(&self) -> &str {
        self.jwk.get("kid").and_then(Value::as_str).unwrap_or_default()
    }

    /// The public JWK, without `alg` and `use`.
    pub(super) fn public(&self) -> Map<String, Value> {
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

/// The key of a set for an algorithm, parsed once a process.
pub(crate) fn key_of(set: KeySet, algorithm: Algorithm) -> Arc<Key> {
    let set = match set {
        KeySet::First => "first",
        KeySet::Second => "second",
        KeySet::Foreign => "foreign",
    };
    named(&format!("{set} {}", algorithm.family()))
}

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
    ALL.get_or_init(|| serde_json::from_str(include_str!("../../keys/test-keys.json")).unwrap_or_default())
}
