//! An authorization server for tests: honest by default, told to lie by data.

mod clock;
mod keys;
pub mod lie;
mod rule;
mod setup;
mod wire;

pub use self::{
    clock::Clock,
    keys::{Algorithm, HmacAlgorithm},
    lie::Lie,
    rule::Rule,
    setup::{Client, ClientAuth, Enforcement, IssuerShape, LoginMode, Setup, Shape, Upstream, User},
    wire::{Endpoint, Exchange, Fault, Leak, Party, SecretKind, Wire},
};
