//! One binary: the tests of the whole crate, by the rows of the requirements that they prove.
#![cfg(feature = "aws-lc-rs")]
#![allow(clippy::unwrap_used, missing_docs)]

mod access_token;
mod access_token_compat;
mod allocations;
mod bcp;
mod cache;
mod challenge;
mod compat;
mod decode;
mod deserialize;
mod dpop_proof;
mod edits;
mod every_error;
mod hashes;
mod id_token;
mod introspected;
mod json;
mod keys;
mod logout_token;
mod properties;
mod readme;
mod refresh;
mod signatures;
mod signed_userinfo;
mod signing;
mod stored;
mod support;
mod vectors;
