#![doc = include_str!("../README.md")]

mod authority;
mod bend;
mod browser;
mod clock;
mod encoding;
mod fetch;
mod id_token;
mod keys;
pub mod lie;
mod rule;
mod server;
mod setup;
mod tls;
mod transport;
mod wire;

pub use self::{
    authority::{Authority, Endpoints},
    browser::{Browser, BrowserError, Landing, Page},
    clock::Clock,
    keys::{Algorithm, HmacAlgorithm, KeySet},
    lie::Lie,
    rule::Rule,
    server::{StoredCode, StoredRequest},
    setup::{Client, ClientAuth, Enforcement, IssuerShape, LoginMode, Setup, Shape, Upstream, User},
    tls::{Certificate, ca_pem},
    wire::{Endpoint, Exchange, Fault, Leak, Party, SecretKind, Wire},
};
