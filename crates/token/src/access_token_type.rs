//! How an access token is used.

/// How an access token is presented to an API (RFC 6749 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessTokenType {
    /// `Bearer`: any holder can use it (RFC 6750).
    Bearer,
    /// `DPoP`: bound to a key, and usable only with a proof of possession of that key
    /// ([`Dpop::authorize`](crate::Dpop::authorize), RFC 9449).
    Dpop,
}
