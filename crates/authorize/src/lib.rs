#![doc = include_str!("../README.md")]

pub mod form;

mod callback;
mod client_id;
mod compat;
mod deviation;
mod discovery;
mod endpoint;
mod error;
mod grant;
mod issuer;
mod json;
mod logins;
mod pending;
mod profile;
mod redirect_uri;
mod request;
mod scope;
mod secret;
mod server;
mod stored;
mod tenancy;
mod uri;

pub use callback::{AuthorizationErrorResponse, CallbackError};
pub use client_id::ClientId;
pub use compat::Compat;
pub use deviation::{Deviation, Deviations};
pub use discovery::{DiscoveryError, DiscoveryPath};
pub use endpoint::Endpoint;
pub use error::{InvalidValue, InvalidValueKind};
pub use grant::CodeGrant;
pub use issuer::Issuer;
pub use json::NotAnObject;
pub use logins::PendingLogins;
pub use pending::Pending;
pub use redirect_uri::RedirectUri;
pub use request::{AuthorizationRequest, AuthorizationRequestError, ResponseMode};
pub use scope::Scope;
pub use secret::{AuthorizationCode, Nonce, State};
pub use server::AuthorizationServer;
pub use stored::StoredLoginError;
pub use tenancy::Tenancy;
