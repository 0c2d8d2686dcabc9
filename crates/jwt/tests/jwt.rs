//! One binary: the tests of the whole crate, by the rows of the requirements that they prove.
#![cfg(feature = "aws-lc-rs")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "jwt/cache.rs"]
mod cache;
#[path = "jwt/compat.rs"]
mod compat;
#[path = "jwt/decode.rs"]
mod decode;
#[path = "jwt/edits.rs"]
mod edits;
#[path = "jwt/hashes.rs"]
mod hashes;
#[path = "jwt/id_token.rs"]
mod id_token;
#[path = "jwt/keys.rs"]
mod keys;
#[path = "jwt/properties.rs"]
mod properties;
#[path = "jwt/readme.rs"]
mod readme;
#[path = "jwt/refresh.rs"]
mod refresh;
#[path = "jwt/signatures.rs"]
mod signatures;
#[path = "jwt/support.rs"]
mod support;
#[path = "jwt/vectors.rs"]
mod vectors;
