#![doc = include_str!("../README.md")]

mod algorithm;
mod authority;
mod bend;
mod browser;
mod certificate;
mod clock;
mod encoding;
mod fetch;
mod flaw;
mod id_token;
mod keys;
pub mod lie;
mod message;
mod rule;
mod server;
mod setup;
mod tls;
mod transport;
mod url;
mod wire;

pub use self::{
    algorithm::{Algorithm, HmacAlgorithm, KeySet},
    authority::{Authority, Endpoints},
    browser::{Browser, BrowserError, Landing, Page},
    certificate::Certificate,
    clock::Clock,
    flaw::Flaw,
    keys::{client_key, proof_key},
    lie::Lie,
    rule::Rule,
    server::{Asked, StoredCode, StoredRequest},
    setup::{
        Client, ClientAuth, DevicePlan, DpopMode, Enforcement, IssuerShape, LoginMode, PushMode, Setup, Shape,
        Upstream, User,
    },
    tls::ca_pem,
    wire::{Endpoint, Exchange, Fault, Leak, Masker, Party, SecretKind, Wire},
};
