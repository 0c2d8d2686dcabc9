//! The certificates that a server can show.

use serde::{Deserialize, Serialize};

/// What a server shows to prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// One for its address, issued by the authority of [`ca_pem`](crate::ca_pem), valid now.
    Good,
    /// One for its address that it issued to itself.
    SelfSigned,
    /// One for `other.example`.
    OtherHost,
    /// One that was good until 2001.
    Expired,
    /// One that will be good from 2999 on.
    NotYetValid,
}
