//! The half hashes `at_hash` and `c_hash` (OpenID Connect Core section 3.1.3.6).

use crate::base64url;
use crate::signature::Digest;

/// The left half of a hash, in base64url.
pub(crate) fn left_half(digest: &Digest) -> String {
    let bytes = digest.as_ref();
    base64url::encode(bytes.get(..bytes.len() / 2).unwrap_or_default())
}
