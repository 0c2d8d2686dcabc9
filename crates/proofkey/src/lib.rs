#![doc = include_str!("../README.md")]

mod access_token;
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
mod issuer_keys;
mod key_signer;
mod keys;
mod lazy;
mod login;
mod logout;
mod logout_token;
mod machine;
mod refresh;
mod renewal;
mod request;
mod revocation;
mod start;
mod steps;
mod stored;
mod token_cache;
mod token_source;
mod userinfo;
mod validation;

pub use access_token::{AccessTokenError, AccessTokenSteps};
pub use device::{DeviceLogin, DeviceRequest, DeviceStartSteps, DeviceSteps};
pub use discovery::{Discovery, DiscoverySteps, discover, discover_with};
pub use drive::drive;
#[cfg(not(target_family = "wasm"))]
pub use drive::drive_blocking;
pub use error::{LoginError, Stage};
pub use exchange::ExchangeSteps;
pub use finish::FinishSteps;
pub use identity::Identity;
pub use issuer_keys::IssuerKeys;
pub use key_signer::{KeySigner, fresh};
pub use keys::KeysError;
pub use lazy::{Lazy, LazyIssuerKeys, LazyLogin, LazyMachineLogin, LazySteps};
pub use login::Login;
pub use logout::Logout;
pub use logout_token::LogoutTokenSteps;
pub use machine::{MachineLogin, MachineSteps};
pub use refresh::{RefreshSteps, RefreshTokensSteps};
pub use request::LoginRequest;
pub use revocation::RevokeSteps;
pub use start::{StartSteps, StartedLogin};
/// For `proofkey-mcp`, whose operations are steps as well.
#[doc(hidden)]
pub use steps::sealed::KeyFetches;
pub use steps::{Step, Steps};
pub use stored::StoredIdentityError;
pub use userinfo::UserInfoSteps;

pub use http;
pub use proofkey_authorize as authorize;
pub use proofkey_jwt as jwt;
pub use proofkey_pkce as pkce;
pub use proofkey_token as token;
