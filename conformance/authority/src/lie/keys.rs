//! Changes of the JWK set.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::JsonEdit;
use crate::algorithm::Algorithm;

/// A change of the published keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyEdit {
    /// Removes all keys.
    RemoveAll,
    /// Changes the JWK of the signing key.
    Signing(JsonEdit),
    /// Inserts another key before the others.
    Before(ExtraKey),
    /// Appends another key to the others.
    After(ExtraKey),
    /// Publishes the signing key twice.
    Twice,
    /// Adds a leading zero byte to the modulus of the signing key.
    LeadingZero,
}

/// A key that is published besides the signing key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtraKey {
    /// The key.
    pub key: TestKey,
    /// The changes of its JWK; `{kid}` is the id of the signing key.
    pub edits: Vec<JsonEdit>,
}

impl ExtraKey {
    /// Creates an extra key without changes.
    #[must_use]
    pub fn new(key: TestKey) -> Self {
        Self { key, edits: Vec::new() }
    }

    /// Creates an extra key with the id of the signing key.
    #[must_use]
    pub fn same_kid(key: TestKey) -> Self {
        Self { key, edits: vec![JsonEdit::set("kid", "{kid}")] }
    }
}

/// A key that an honest authority does not publish, or not among its signing keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestKey {
    /// The authority's own key for this algorithm.
    Own(Algorithm),
    /// A sound key for this algorithm that the authority does not own: [`Signing::Foreign`](super::Signing::Foreign)
    /// signs with it.
    Foreign(Algorithm),
    /// An RSA key with `"use": "enc"` and `"alg": "RSA-OAEP"`, as Keycloak publishes.
    Encryption,
    /// A published symmetric key: [`HmacKey::Published`](super::HmacKey::Published).
    Symmetric,
    /// An RSA key of 1024 bits: [`Signing::SmallRsa`](super::Signing::SmallRsa) signs with it.
    SmallRsa,
    /// An RSA key whose public exponent is 1: [`Signing::ExponentOne`](super::Signing::ExponentOne) forges with it.
    ExponentOne,
    /// A key on the curve secp256k1: [`Signing::Secp256k1`](super::Signing::Secp256k1) signs with it.
    Secp256k1,
    /// An X25519 key, which cannot sign.
    X25519,
    /// An Ed25519 key of small order: [`Signing::SmallOrder`](super::Signing::SmallOrder) forges with it.
    SmallOrder,
    /// The authority's RSA key with its private members.
    Private,
    /// This JSON value.
    Json(Value),
}
