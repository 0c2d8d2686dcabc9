//! The identifier of a key that follows from its numbers (RFC 7638, RFC 8037 section 2).

use crate::algorithm::Hash;
use crate::base64url;
use crate::jwk::Jwk;
use crate::signature::{Crypto, PublicKey};

impl Jwk {
    /// Returns the SHA-256 thumbprint, in base64url: 43 characters.
    ///
    /// It is made from the members that the kind of key requires, in the order of their names, without blanks.
    #[must_use]
    pub fn thumbprint(&self, crypto: &dyn Crypto) -> String {
        of(self.public_key(), crypto)
    }
}

/// The thumbprint of a key.
pub(crate) fn of(key: &PublicKey, crypto: &dyn Crypto) -> String {
    base64url::encode(crypto.digest(Hash::Sha256, required_members(key).as_bytes()).as_ref())
}

/// The members that the kind of key requires, in the order of their names, without blanks.
pub(crate) fn required_members(key: &PublicKey) -> String {
    match key {
        PublicKey::Rsa { n, e } => {
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url::encode(e), base64url::encode(n))
        }
        PublicKey::Ec { curve, x, y } => format!(
            r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
            curve.name(),
            base64url::encode(x),
            base64url::encode(y)
        ),
        PublicKey::Ed25519 { x } => {
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url::encode(x))
        }
    }
}
