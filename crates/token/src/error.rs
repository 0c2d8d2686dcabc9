//! What a step returns in place of its result.

mod check;
mod error_response;
mod malformed;
mod request;
mod response;
mod step;

pub use check::FailedCheck;
pub use error_response::ErrorResponse;
pub use malformed::{Malformed, MalformedKind};
pub use request::TokenRequestError;
pub use response::{ReceivedTokens, ResponseError, ResponseErrorKind};
pub use step::{
    ClientCredentialsError, DeviceAuthorizationError, DeviceTokenError, ExchangeError, IntrospectionError,
    JwtBearerError, PushError, RefreshError, RevocationError, TokenExchangeError, UserInfoError,
};
