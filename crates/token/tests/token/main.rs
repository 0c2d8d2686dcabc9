//! One binary, since to link one takes longer than to run it.
#![allow(clippy::unwrap_used, missing_docs)]

mod api;
#[cfg(feature = "reqwest")]
mod api_execute;
mod api_send;
mod assertion;
#[cfg(feature = "reqwest")]
mod client;
mod client_credentials;
mod compat;
mod device;
mod dpop;
mod flow;
mod introspection;
mod push;
mod refresh;
mod request;
mod response;
mod revocation;
mod round_trip;
mod secrets;
#[cfg(feature = "reqwest")]
mod server;
mod signer;
mod step_up;
mod stored;
#[cfg(feature = "reqwest")]
mod tls;
mod token_exchange;
mod transport;
mod userinfo;
