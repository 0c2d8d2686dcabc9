//! The certificates that a server can show.

use serde::{Deserialize, Serialize};

/// The TLS certificate of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// A valid certificate for its address, issued by the CA of [`ca_pem`](crate::ca_pem).
    Good,
    /// A self-signed certificate for its address.
    SelfSigned,
    /// A certificate for `other.example`.
    OtherHost,
    /// A certificate that expired in 2001.
    Expired,
    /// A certificate that is valid from 2999.
    NotYetValid,
}
