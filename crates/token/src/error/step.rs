//! One error for each request: the same three reasons, and each with its own answer to "again?".

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{ErrorResponse, ReceivedTokens, ResponseError, TokenRequestError};
use crate::transport::TransportError;

macro_rules! step_error {
    (
        $(#[$documentation:meta])*
        $name:ident, $step:literal, may_be_repeated: $repeat:literal $(; $(#[$is_retryable:meta])*)?
    ) => {
        $(#[$documentation])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum $name {
            /// The request cannot be built. Nothing was sent.
            Request(TokenRequestError),
            /// The response does not have the expected result.
            Response(ResponseError),
            /// No whole response arrived.
            Transport(TransportError),
        }

        impl $name {
            /// Returns the stable code: that of the error in the variant.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    Self::Request(error) => error.code(),
                    Self::Response(error) => error.code(),
                    Self::Transport(error) => error.code(),
                }
            }

            /// Returns the error for the response, with its status and the beginning of its body; `None`
            /// when there is no response.
            #[must_use]
            pub fn response(&self) -> Option<&ResponseError> {
                match self {
                    Self::Response(error) => Some(error),
                    _ => None,
                }
            }

            /// Returns the server's error document; `None` when there is none.
            #[must_use]
            pub fn error_response(&self) -> Option<&ErrorResponse> {
                self.response()?.error_response()
            }

            /// Returns the server's `error`, such as `invalid_grant`.
            #[must_use]
            pub fn server_error(&self) -> Option<&str> {
                self.error_response().map(ErrorResponse::error)
            }

            /// Returns the tokens of a response that was refused: see [`ResponseError::tokens`].
            #[must_use]
            pub fn tokens(&self) -> Option<&ReceivedTokens> {
                self.response().map(ResponseError::tokens)
            }

            /// Returns the time that the server asks to wait, at most one day; `None` when it did not say.
            /// A date in `Retry-After` is not read.
            #[must_use]
            pub fn retry_after(&self) -> Option<Duration> {
                self.response()?.retry_after()
            }

            /// Returns whether trying again later can help.
            $($(#[$is_retryable])*)?
            #[must_use]
            pub fn is_retryable(&self) -> bool {
                match self {
                    Self::Request(_) => false,
                    Self::Response(error) => $repeat && error.asks_for_patience(),
                    Self::Transport(error) => ($repeat || !error.may_have_been_sent()) && error.is_transient(),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($step, ": "))?;
                match self {
                    Self::Request(error) => error.fmt(f),
                    Self::Response(error) => error.fmt(f),
                    Self::Transport(error) => error.fmt(f),
                }
            }
        }

        impl Error for $name {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                // `Display` shows what the variant holds, and not what is behind that.
                match self {
                    Self::Request(error) => error.source(),
                    Self::Response(error) => error.source(),
                    Self::Transport(error) => error.source(),
                }
            }
        }

        impl From<ResponseError> for $name {
            fn from(error: ResponseError) -> Self {
                Self::Response(error)
            }
        }

        impl From<TokenRequestError> for $name {
            fn from(error: TokenRequestError) -> Self {
                Self::Request(error)
            }
        }

        impl From<TransportError> for $name {
            fn from(error: TransportError) -> Self {
                Self::Transport(error)
            }
        }
    };
}

step_error! {
    /// The error of an [exchange](crate::ExchangeRequest) of a code for tokens.
    ExchangeError, "code exchange", may_be_repeated: false;
    ///
    /// Only a request that certainly was not sent may be sent again, such as after a refused connection. A code
    /// that may have reached the server is never sent again, since the server would revoke the tokens that it
    /// issued for it (RFC 6749 section 4.1.2): begin a new login.
}

step_error! {
    /// The error of a [refresh](crate::RefreshRequest). The old tokens are unchanged, but the server may
    /// have replaced them: see [`tokens`](Self::tokens).
    RefreshError, "refresh", may_be_repeated: true;
    ///
    /// If a response was lost, the server may have replaced the refresh token. It then refuses the old
    /// one with `invalid_grant`, and a new login is needed.
}

step_error! {
    /// The error of a [revocation](crate::RevocationRequest). The token still counts as valid (RFC 7009
    /// section 2.2).
    RevocationError, "revocation", may_be_repeated: true;
    ///
    /// For instance, it can help after status 503 (RFC 7009 section 2.2.1).
}

step_error! {
    /// The error of a [userinfo request](crate::UserInfoRequest).
    UserInfoError, "userinfo", may_be_repeated: true
}

step_error! {
    /// The error of a [client credentials request](crate::ClientCredentialsRequest).
    ClientCredentialsError, "client credentials", may_be_repeated: true
}

step_error! {
    /// The error of a [pushed authorization request](crate::PushRequest). A request that could not be pushed is never
    /// put into a URL instead, so there is no URL for the browser.
    PushError, "pushed authorization request", may_be_repeated: true
}

step_error! {
    /// The error of a [device authorization request](crate::DeviceAuthorizationRequest).
    DeviceAuthorizationError, "device authorization", may_be_repeated: true
}

step_error! {
    /// The error of a [poll](crate::DeviceGrant) for the tokens of a device login.
    DeviceTokenError, "device login", may_be_repeated: true
}

step_error! {
    /// The error of a [token exchange](crate::TokenExchangeRequest).
    TokenExchangeError, "token exchange", may_be_repeated: true
}

step_error! {
    /// The error of an [introspection](crate::IntrospectionRequest). Every variant means "no access" (RFC 7662 section
    /// 2.2).
    IntrospectionError, "introspection", may_be_repeated: true
}

step_error! {
    /// The error of a [JWT bearer request](crate::JwtBearerRequest).
    JwtBearerError, "JWT bearer grant", may_be_repeated: false;
    ///
    /// Only an assertion that certainly was not sent may be sent again, since a server may accept an assertion
    /// once (RFC 7523 section 3).
}
