//! Changes of the JWK set.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::JsonEdit;
use crate::algorithm::Algorithm;

/// A change of the published keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyEdit {
    /// No key is published.
    RemoveAll,
    /// The JWK of the key that signs is changed.
    Signing(JsonEdit),
    /// Another key stands before the others.
    Before(ExtraKey),
    /// Another key stands after the others.
    After(ExtraKey),
    /// The key that signs is published twice.
    Twice,
    /// The modulus of the key that signs has a zero byte in front.
    LeadingZero,
}

/// A key that is published besides the one that signs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtraKey {
    /// Which key.
    pub key: TestKey,
    /// What is changed in its JWK; `{kid}` is the id of the key that signs.
    pub edits: Vec<JsonEdit>,
}

impl ExtraKey {
    /// The key as it is.
    #[must_use]
    pub fn new(key: TestKey) -> Self {
        Self { key, edits: Vec::new() }
    }

    /// The key under the id of the key that signs.
    #[must_use]
    pub fn same_kid(key: TestKey) -> Self {
        Self { key, edits: vec![JsonEdit::set("kid", "{kid}")] }
    }
}

/// Keys that an honest authority would not publish, or not among its signing keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestKey {
    /// The authority's own key for this algorithm.
    Own(Algorithm),
    /// A sound key for this algorithm that is not the authority's: [`Signing::Foreign`](super::Signing::Foreign)
    /// signs with it.
    Foreign(Algorithm),
    /// An RSA key with `"use": "enc"` and `"alg": "RSA-OAEP"`, as Keycloak publishes.
    Encryption,
    /// A symmetric key, published for all to see: [`HmacKey::Published`](super::HmacKey::Published).
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
    /// This, whatever it is.
    Json(Value),
}
