//! A response without the expected result.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{ErrorResponse, FailedCheck, Malformed};
use crate::secret::{AccessToken, IdTokenText, RefreshToken};

/// The error for a response without the expected result: an error document, or a response that is
/// refused. It has the reason, the status, the beginning of the body, and the tokens in the body.
pub struct ResponseError(Box<Parts>);

/// Behind a pointer, so that the errors that hold one stay small.
struct Parts {
    kind: ResponseErrorKind,
    status: u16,
    excerpt: Option<String>,
    tokens: ReceivedTokens,
}

/// The reason of a [`ResponseError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseErrorKind {
    /// The server responded with an error document.
    Refused(ErrorResponse),
    /// The response can be read, and breaks a rule.
    Check(FailedCheck),
    /// The response cannot be read.
    Malformed(Malformed),
}

impl ResponseError {
    pub(crate) fn new(kind: ResponseErrorKind, status: u16, excerpt: Option<String>, tokens: ReceivedTokens) -> Self {
        Self(Box::new(Parts { kind, status, excerpt, tokens }))
    }

    /// Returns the reason.
    #[must_use]
    pub fn kind(&self) -> &ResponseErrorKind {
        &self.0.kind
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Returns the beginning of the body: at most 512 characters, with a `?` for each that is not
    /// printable ASCII. `None` when the body is empty, and when a success has the name of a token in it.
    ///
    /// A server can repeat secrets that it was sent, so no `Display` and no `Debug` shows this excerpt.
    /// Decide where it may go.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        self.0.excerpt.as_deref()
    }

    /// Returns the tokens of the response, which was refused for instance because of its `token_type`.
    /// Store or revoke them; do not use them.
    ///
    /// After a refresh, a refresh token among them has most likely replaced the one that was sent.
    #[must_use]
    pub fn tokens(&self) -> &ReceivedTokens {
        &self.0.tokens
    }

    /// Returns the error document; `None` when the response is none.
    #[must_use]
    pub fn error_response(&self) -> Option<&ErrorResponse> {
        match &self.0.kind {
            ResponseErrorKind::Refused(error) | ResponseErrorKind::Check(FailedCheck::ErrorWithSuccess(error)) => {
                Some(error)
            }
            _ => None,
        }
    }

    /// Returns the time that the server asks to wait, at most one day; `None` when it did not say. A date
    /// in `Retry-After` is not read.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.kind {
            ResponseErrorKind::Refused(error) => error.retry_after(),
            ResponseErrorKind::Check(FailedCheck::UnexpectedStatus { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

    /// Returns the stable code: `token_refused` for an error document, otherwise that of the
    /// [`FailedCheck`] or of the [`Malformed`] part.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.0.kind {
            ResponseErrorKind::Refused(_) => "token_refused",
            ResponseErrorKind::Check(check) => check.code(),
            ResponseErrorKind::Malformed(malformed) => malformed.code(),
        }
    }

    /// Whether the server says that it could answer otherwise later.
    pub(crate) fn asks_for_patience(&self) -> bool {
        let has_such_status = matches!(self.0.status, 429 | 502 | 503 | 504);
        match &self.0.kind {
            ResponseErrorKind::Refused(error) => has_such_status || error.error() == "temporarily_unavailable",
            ResponseErrorKind::Check(FailedCheck::UnexpectedStatus { .. }) => has_such_status,
            _ => false,
        }
    }
}

impl fmt::Debug for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseError")
            .field("kind", &self.0.kind)
            .field("status", &self.0.status)
            .field("tokens", &self.0.tokens)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            ResponseErrorKind::Refused(error) => write!(f, "the server refused: {error}"),
            ResponseErrorKind::Check(check) => check.fmt(f),
            ResponseErrorKind::Malformed(malformed) => write!(f, "{malformed} (status {})", self.0.status),
        }
    }
}

impl Error for ResponseError {}

/// The tokens of a response that was refused. Store or revoke them; do not use them. `Debug` shows
/// which there are, and no token.
#[derive(Debug, Default)]
pub struct ReceivedTokens {
    pub(crate) access_token: Option<AccessToken>,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) id_token: Option<IdTokenText>,
}

impl ReceivedTokens {
    /// Returns the access token; `None` when there is none, or it cannot be put into a request.
    #[must_use]
    pub fn access_token(&self) -> Option<&AccessToken> {
        self.access_token.as_ref()
    }

    /// Returns the refresh token; `None` when there is none, or it cannot be put into a request.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// Returns the ID token, not validated; `None` when there is none.
    #[must_use]
    pub fn id_token(&self) -> Option<&IdTokenText> {
        self.id_token.as_ref()
    }
}

impl From<ErrorResponse> for ResponseErrorKind {
    fn from(error: ErrorResponse) -> Self {
        Self::Refused(error)
    }
}

impl From<FailedCheck> for ResponseErrorKind {
    fn from(check: FailedCheck) -> Self {
        Self::Check(check)
    }
}

impl From<Malformed> for ResponseErrorKind {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}
