//! One binary, since to link one takes longer than to run it.
#![allow(clippy::unwrap_used, missing_docs)]

mod after;
mod anew;
mod api;
mod api_call;
mod begin;
mod blocking;
mod cancellation;
mod compat;
mod desk;
mod device;
mod dpop;
mod errors;
mod finish;
mod issuer_keys;
mod key_signer;
mod keys;
mod lazy;
#[cfg(feature = "reqwest")]
mod login;
mod logout;
mod machine;
#[cfg(feature = "reqwest")]
mod providers;
mod secrets;
mod start;
mod steps;
mod stored;
mod userinfo;
