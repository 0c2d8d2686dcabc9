#![doc = include_str!("../README.md")]

mod access_token_type;
mod api;
mod asked;
mod assertion;
mod authenticate;
mod authentication;
mod challenge;
#[cfg(feature = "reqwest")]
mod client;
mod client_credentials;
mod device;
mod dpop;
mod error;
mod exchange;
mod introspection;
mod jwt_bearer;
mod origin;
mod public_jwk;
mod push;
mod refresh;
mod request;
mod response;
mod revocation;
mod rules;
mod secret;
mod shown;
mod signer;
mod step_up;
mod stored;
mod token_exchange;
mod token_set;
mod transport;
mod unsigned;
mod userinfo;

pub use access_token_type::AccessTokenType;
pub use api::{Api, ApiCall, ApiCallError, ApiToken, BlockingTokenSource, Retry, TokenSource};
#[cfg(feature = "tower")]
pub use api::{ApiLayer, ApiService};
pub use assertion::UnsignedAssertion;
pub use authentication::ClientAuthentication;
#[doc(hidden)]
pub use challenge::parameter as challenge_parameter;
#[cfg(feature = "reqwest")]
pub use client::{Http, HttpBuilder, HttpError};
pub use client_credentials::{ClientCredentials, ClientCredentialsRequest};
pub use device::{DeviceAuthorization, DeviceAuthorizationRequest, DeviceGrant, DeviceStep};
pub use dpop::{Dpop, DpopProof, UnsignedProof};
pub use error::{
    ClientCredentialsError, DeviceAuthorizationError, DeviceTokenError, ErrorResponse, ExchangeError, FailedCheck,
    IntrospectionError, JwtBearerError, Malformed, MalformedKind, PushError, ReceivedTokens, RefreshError,
    ResponseError, ResponseErrorKind, RevocationError, TokenExchangeError, TokenRequestError, UserInfoError,
};
pub use exchange::{Exchange, ExchangeRequest};
pub use introspection::{ActiveToken, Introspection, IntrospectionCache, IntrospectionRequest};
pub use jwt_bearer::{JwtBearer, JwtBearerRequest};
pub use push::{Push, PushRequest, PushedRequest};
pub use refresh::{Refresh, RefreshRequest, Refreshed};
pub use revocation::{Revocable, Revocation, RevocationRequest};
pub use secret::{AccessToken, ClientAssertion, ClientSecret, IdTokenText, InvalidSecret, RefreshToken};
pub use signer::{Fresh, InvalidKeyHeader, KeyHeader, Signer};
pub use step_up::StepUp;
pub use stored::StoredTokensError;
pub use token_exchange::{ExchangedToken, IssuedToken, TokenExchange, TokenExchangeRequest, TokenType};
pub use token_set::{MAX_LIFETIME, TokenSet};
pub use transport::{BlockingTransport, Transport, TransportError, TransportErrorKind};
pub use userinfo::{UserInfo, UserInfoClaims, UserInfoClaimsError, UserInfoJwt, UserInfoRequest, UserInfoResponse};
