//! The authority from outside: by raw HTTP, as any client sees it.
#![allow(missing_docs, clippy::unwrap_used, clippy::missing_panics_doc)]

mod bound;
mod browser;
mod federated;
mod grants;
mod honest;
mod http;
mod jwt;
mod lies;
mod login;
mod refusals;
mod tls;
mod token_lies;
mod transport;
mod wire;
mod witness;
