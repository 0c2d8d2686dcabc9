#![doc = include_str!("../README.md")]

mod authentication;
#[cfg(feature = "reqwest")]
mod client;
mod error;
mod exchange;
mod refresh;
mod request;
mod response;
mod revoke;
mod rules;
mod secret;
mod shown;
mod token_set;
mod transport;
mod userinfo;

pub use authentication::ClientAuthentication;
#[cfg(feature = "reqwest")]
pub use client::{Http, HttpBuilder, HttpError};
pub use error::{
    ExchangeError, FailedCheck, Malformed, Problem, RefreshError, Refusal, RequestError, RevocationError, UserInfoError,
};
pub use exchange::{Exchange, exchange};
pub use refresh::{Refresh, RefreshRequest, Refreshed};
pub use revoke::{Revocable, Revocation, revoke};
pub use secret::{AccessToken, ClientSecret, IdTokenText, InvalidSecret, RefreshToken};
pub use token_set::{LONGEST_LIFE, TokenSet};
pub use transport::{BlockingTransport, Transport, TransportError, TransportErrorKind};
pub use userinfo::{UserInfo, userinfo};
