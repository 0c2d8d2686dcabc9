#![doc = include_str!("../README.md")]

mod assertion;
mod authenticate;
mod authentication;
mod challenge;
#[cfg(feature = "reqwest")]
mod client;
mod error;
mod exchange;
mod public_jwk;
mod refresh;
mod request;
mod response;
mod revocation;
mod rules;
mod secret;
mod shown;
mod signer;
mod stored;
mod token_set;
mod transport;
mod unsigned;
mod userinfo;

pub use assertion::UnsignedAssertion;
pub use authentication::ClientAuthentication;
#[cfg(feature = "reqwest")]
pub use client::{Http, HttpBuilder, HttpError};
pub use error::{
    ErrorResponse, ExchangeError, FailedCheck, Malformed, MalformedKind, ReceivedTokens, RefreshError, ResponseError,
    ResponseErrorKind, RevocationError, TokenRequestError, UserInfoError,
};
pub use exchange::{Exchange, ExchangeRequest};
pub use refresh::{Refresh, RefreshRequest, Refreshed};
pub use revocation::{Revocable, Revocation, RevocationRequest};
pub use secret::{AccessToken, ClientAssertion, ClientSecret, IdTokenText, InvalidSecret, RefreshToken};
pub use signer::{Fresh, InvalidKeyHeader, KeyHeader, Signer};
pub use stored::StoredTokensError;
pub use token_set::{LONGEST_LIFE, TokenSet};
pub use transport::{BlockingTransport, Transport, TransportError, TransportErrorKind};
pub use userinfo::{SignedUserInfo, UserInfo, UserInfoClaims, UserInfoClaimsError, UserInfoRequest, UserInfoResponse};
