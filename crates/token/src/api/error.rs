use std::error::Error;
use std::fmt;

use crate::error::TokenRequestError;
use crate::transport::TransportError;

/// The error for a request to an API that got no response.
#[derive(Debug)]
#[non_exhaustive]
pub enum ApiCallError {
    /// The request must not be sent, or its DPoP proof cannot be created. The code is that of the [`TokenRequestError`].
    Request(TokenRequestError),
    /// No complete response. The code is that of the [`TransportError`].
    Transport(TransportError),
}

impl ApiCallError {
    /// Returns the stable code: that of the error in the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(error) => error.code(),
            Self::Transport(error) => error.code(),
        }
    }

    /// Returns whether the same request can be sent again: it certainly did not reach the API.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transport(error) if error.is_transient() && !error.may_have_been_sent())
    }
}

impl fmt::Display for ApiCallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Transport(error) => error.fmt(f),
        }
    }
}

impl Error for ApiCallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Request(error) => error.source(),
            Self::Transport(error) => error.source(),
        }
    }
}

impl From<TokenRequestError> for ApiCallError {
    fn from(error: TokenRequestError) -> Self {
        Self::Request(error)
    }
}

impl From<TransportError> for ApiCallError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}
