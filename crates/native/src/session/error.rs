use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use proofkey::LoginError;
use proofkey::token::ApiCallError;

use crate::{EndReason, StoreError};

/// The error of a session. All callers that waited for the same refresh get the same one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionError {
    /// No user is signed in (`session_signed_out`).
    SignedOut,
    /// The access token has expired and there is no refresh token (`session_expired`).
    Expired,
    /// The stored login has ended (`session_refused` or `session_interrupted`). It is kept until the user logs in again
    /// or signs out, but no request is made with it.
    Ended {
        /// The reason.
        reason: EndReason,
        /// The error that ended it; `None` if it ended earlier, perhaps in another process.
        error: Option<Arc<LoginError>>,
    },
    /// A request failed. The stored tokens are kept.
    Login(Arc<LoginError>),
    /// There is no response of an API.
    Api(Arc<ApiCallError>),
    /// The store failed.
    Store {
        /// Where the record is, as [`TokenStore::place`](crate::TokenStore::place) says.
        place: Arc<str>,
        /// What failed.
        error: Arc<StoreError>,
    },
    /// The thread that does the work could not be started, or panicked (`session_thread`).
    Thread(Arc<io::Error>),
}

impl SessionError {
    /// Returns a stable code for logs and tests: the word in the variant's description, or the code of the error in
    /// the variant.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignedOut => "session_signed_out",
            Self::Expired => "session_expired",
            Self::Ended { reason: EndReason::Refused, .. } => "session_refused",
            Self::Ended { reason: EndReason::Interrupted, .. } => "session_interrupted",
            Self::Login(error) => error.code(),
            Self::Api(error) => error.code(),
            Self::Store { error, .. } => error.code(),
            Self::Thread(_) => "session_thread",
        }
    }

    /// Returns whether the user must log in again. Also true if a refresh returned an ID token that was refused: it
    /// could be that of another user, so its tokens are not used.
    pub fn is_login_required(&self) -> bool {
        match self {
            Self::SignedOut | Self::Expired | Self::Ended { .. } => true,
            Self::Login(error) => matches!(**error, LoginError::IdToken { .. }),
            Self::Api(_) | Self::Store { .. } | Self::Thread(_) => false,
        }
    }

    /// Returns whether trying again can help, without a new login.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Login(error) => error.is_retryable(),
            Self::Api(error) => error.is_retryable(),
            Self::Store { error, .. } => matches!(**error, StoreError::Busy { .. } | StoreError::Conflict),
            _ => false,
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedOut => f.write_str("no user is signed in; log in"),
            Self::Expired => f.write_str("the access token has expired and there is no refresh token; log in again"),
            Self::Ended { reason: EndReason::Refused, error: Some(error) } => {
                write!(f, "the login has expired or was revoked; log in again ({error})")
            }
            Self::Ended { reason: EndReason::Refused, error: None } => {
                f.write_str("the login has expired or was revoked; log in again")
            }
            Self::Ended { reason: EndReason::Interrupted, .. } => f.write_str(
                "an earlier refresh was interrupted before its outcome was stored, and the refresh token no longer \
                 works; log in again",
            ),
            Self::Login(error) => error.fmt(f),
            Self::Api(error) => error.fmt(f),
            Self::Store { error, .. } if error.names_path() => write!(f, "token store: {error}"),
            Self::Store { place, error } => write!(f, "tokens in {place}: {error}"),
            Self::Thread(error) => write!(f, "the session's thread failed: {error}"),
        }
    }
}

impl Error for SessionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Login(error) => error.source(),
            Self::Api(error) => error.source(),
            Self::Store { error, .. } => error.source(),
            Self::Thread(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<ApiCallError> for SessionError {
    fn from(error: ApiCallError) -> Self {
        Self::Api(Arc::new(error))
    }
}

impl From<LoginError> for SessionError {
    fn from(error: LoginError) -> Self {
        Self::Login(Arc::new(error))
    }
}
