#![doc = include_str!("../README.md")]

mod call;
mod device;
mod discovery;
mod drive;
mod entropy;
mod error;
mod exchange;
mod finish;
mod flight;
mod id_token;
mod identity;
mod key_signer;
mod keys;
mod lazy;
mod login;
mod logout;
mod machine;
mod refresh;
mod renewal;
mod request;
mod revocation;
mod start;
mod steps;
mod stored;
mod token_cache;
mod userinfo;
mod validation;

pub use device::{DeviceLogin, DeviceRequest, DeviceStartSteps, DeviceSteps};
pub use discovery::{Discovery, DiscoverySteps, discover, discover_with};
pub use drive::drive;
#[cfg(not(target_family = "wasm"))]
pub use drive::drive_blocking;
pub use error::{LoginError, Stage};
pub use exchange::ExchangeSteps;
pub use finish::FinishSteps;
pub use identity::Identity;
pub use key_signer::{KeySigner, fresh};
pub use keys::KeysError;
pub use lazy::{Lazy, LazyLogin, LazyMachineLogin, LazySteps};
pub use login::Login;
pub use logout::Logout;
pub use machine::{MachineLogin, MachineSteps};
pub use refresh::{RefreshSteps, RefreshTokensSteps};
pub use request::LoginRequest;
pub use revocation::RevokeSteps;
pub use start::{StartSteps, StartedLogin};
pub use steps::{Step, Steps};
pub use stored::StoredIdentityError;
pub use userinfo::UserInfoSteps;

pub use http;
pub use proofkey_authorize as authorize;
pub use proofkey_jwt as jwt;
pub use proofkey_pkce as pkce;
pub use proofkey_token as token;
