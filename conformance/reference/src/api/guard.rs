//! The configuration of an API: the `guard` message.

use serde_json::{Map, Value};

use crate::config::{self, Unimplemented};

/// What the runner tells the API to be: the `guard` message.
pub(super) struct Guard {
    pub(super) issuer: String,
    pub(super) jwks: String,
    pub(super) audience: String,
    pub(super) algs: Vec<String>,
    /// What each request needs.
    pub(super) scope: Option<String>,
    pub(super) acr_values: Option<String>,
    pub(super) max_age: Option<u64>,
    /// Whether tokens may be bound to a key.
    pub(super) dpop: bool,
    /// Whether proofs need a nonce of the API.
    pub(super) dpop_nonce: bool,
    pub(super) resource_metadata: Option<String>,
}

const FIELDS: &[&str] = &[
    "t",
    "issuer",
    "jwks",
    "audience",
    "algs",
    "skew",
    "allow_http_loopback",
    "scope",
    "acr_values",
    "max_age",
    "dpop",
    "dpop_nonce",
    "resource_metadata",
];

impl Guard {
    pub(super) fn read(message: &Map<String, Value>) -> Result<Self, Unimplemented> {
        config::known(message, "guard", FIELDS)?;
        let text = |name| config::text(message, name);
        Ok(Self {
            issuer: text("issuer")?.unwrap_or_default(),
            jwks: text("jwks")?.unwrap_or_default(),
            audience: text("audience")?.unwrap_or_default(),
            algs: config::strings(message, "algs")?,
            scope: text("scope")?,
            acr_values: text("acr_values")?,
            max_age: config::number(message, "max_age")?,
            dpop: config::flag(message, "dpop")?.unwrap_or(false),
            dpop_nonce: config::flag(message, "dpop_nonce")?.unwrap_or(false),
            resource_metadata: text("resource_metadata")?,
        })
    }
}
