#![doc = include_str!("../README.md")]

pub mod form;

mod address;
mod authorization_details;
mod callback;
mod callback_error;
mod client_id;
mod compat;
mod deviation;
mod discovery;
mod discovery_error;
mod endpoint;
mod error;
mod grant;
mod headers;
mod issuer;
mod json;
#[doc(hidden)]
pub mod json_reader;
mod logins;
mod logout;
mod pending;
mod profile;
mod pushable;
mod receive;
mod redirect_uri;
mod request;
mod request_error;
mod scope;
mod secret;
mod server;
mod shown;
mod store;
mod stored;
mod stored_error;
mod tenancy;
mod text;
mod uri;

pub use authorization_details::{AuthorizationDetail, AuthorizationDetails, InvalidAuthorizationDetails};
pub use callback_error::{AuthorizationErrorResponse, CallbackError};
pub use client_id::ClientId;
pub use compat::Compat;
pub use deviation::{Deviation, Deviations, DeviationsIter};
pub use discovery::{Discovery, DiscoveryPath, DiscoveryRequest};
pub use discovery_error::DiscoveryError;
pub use endpoint::Endpoint;
pub use error::{InvalidValue, InvalidValueKind};
pub use grant::CodeGrant;
pub use headers::retry_after;
#[doc(hidden)]
pub use headers::{content_encoding, media_type};
pub use issuer::Issuer;
pub use logins::PendingLogins;
pub use logout::{LogoutRequest, LogoutRequestError, PendingLogout};
pub use pending::Pending;
pub use pushable::{PushableRequest, RequestUri};
pub use redirect_uri::RedirectUri;
pub use request::{AuthorizationRequest, ResponseMode};
pub use request_error::AuthorizationRequestError;
pub use scope::Scope;
pub use secret::{AuthorizationCode, Nonce, State};
pub use server::AuthorizationServer;
pub use shown::IssuerMismatch;
#[doc(hidden)]
pub use shown::sanitised;
#[doc(hidden)]
pub use store::to_json as stored_json;
pub use stored_error::StoredLoginError;
pub use tenancy::Tenancy;
#[doc(hidden)]
pub use uri::is_loopback;
