#![doc = include_str!("../README.md")]

mod after;
mod discovery;
mod error;
mod finish;
mod identity;
mod keys;
mod login;
mod request;

pub use discovery::{discover, discover_at, discover_with};
pub use error::{LoginError, Stage};
pub use finish::Finish;
pub use identity::Identity;
pub use keys::KeysError;
pub use login::Login;
pub use request::LoginRequest;

pub use proofkey_authorize as authorize;
pub use proofkey_jwt as jwt;
pub use proofkey_pkce as pkce;
pub use proofkey_token as token;
