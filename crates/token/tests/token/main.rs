//! One binary, since to link one takes longer than to run it.
#![allow(clippy::unwrap_used, missing_docs)]

#[cfg(feature = "reqwest")]
mod client;
mod compat;
mod flow;
mod refresh;
mod request;
mod response;
mod revoke;
mod round_trip;
mod secrets;
#[cfg(feature = "reqwest")]
mod server;
#[cfg(feature = "reqwest")]
mod tls;
mod transport;
mod userinfo;
