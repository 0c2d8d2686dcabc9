//! What went wrong while a request was answered: the details go to the log, the user reads a page.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use proofkey::LoginError;
use proofkey::authorize::CallbackError;
use tower_sessions_core::session_store;

use crate::page::PageKind;

/// The time after which a request is worth repeating, if the server does not say.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) enum Failure {
    Login(LoginError),
    /// The issuer could not be reached a moment ago.
    Cooldown {
        retry_after: Option<Duration>,
    },
    Store(session_store::Error),
    /// The callback's `state` is that of a login that already got a callback, or a logout token came before.
    Used,
    /// The callback came to the redirect URI of another provider, or in another response mode than was asked for.
    Misdirected,
    Entropy,
    /// The handler of the request panicked.
    Panic,
}

impl Failure {
    /// What the user reads.
    pub(crate) fn page(&self) -> PageKind {
        match self {
            Self::Login(LoginError::Callback(CallbackError::Expired)) => PageKind::Expired,
            Self::Login(LoginError::Callback(CallbackError::StateMismatch)) => PageKind::OtherBrowser,
            Self::Login(error) if error.server_error() == Some("access_denied") => PageKind::Denied,
            Self::Login(error) if error.is_retryable() => PageKind::Unavailable,
            Self::Login(LoginError::DiscoveryTransport(_)) => PageKind::Unavailable,
            Self::Cooldown { .. } | Self::Store(_) => PageKind::Unavailable,
            Self::Used => PageKind::AlreadyUsed,
            Self::Login(_) | Self::Misdirected | Self::Entropy | Self::Panic => PageKind::Failed,
        }
    }

    /// How long the server asks to wait.
    pub(crate) fn stated_retry_after(&self) -> Option<Duration> {
        match self {
            Self::Login(error) => error.retry_after(),
            Self::Cooldown { retry_after } => *retry_after,
            _ => None,
        }
    }

    pub(crate) fn retry_after(&self) -> Duration {
        self.stated_retry_after().unwrap_or(RETRY_AFTER)
    }

    /// Writes the details to the log. None of them is a secret.
    pub(crate) fn log(&self, provider: &str) {
        match self {
            Self::Login(error) => tracing::warn!(provider, code = error.code(), "{error}"),
            Self::Cooldown { .. } => tracing::debug!(provider, "the issuer could not be reached a moment ago"),
            Self::Store(error) => tracing::error!("the session store failed: {error}"),
            Self::Used => tracing::info!(provider, "a callback or a logout token came again"),
            Self::Misdirected => {
                tracing::warn!(provider, "a callback came for another provider, or in another response mode");
            }
            Self::Entropy => tracing::error!("the system returned no entropy"),
            Self::Panic => tracing::error!("a login or a logout panicked"),
        }
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

impl From<session_store::Error> for Failure {
    fn from(error: session_store::Error) -> Self {
        Self::Store(error)
    }
}

/// 503 with `Retry-After`, without a page.
pub(crate) fn unavailable(retry_after: Duration) -> Response {
    let seconds = HeaderValue::from(retry_after.as_secs().max(1));
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, seconds)]).into_response()
}
