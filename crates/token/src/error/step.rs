//! One error for each request: the same five blames, and each with its own answer to "again?".

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{FailedCheck, Malformed, Refusal, RequestError, Unusable};
use crate::transport::TransportError;

macro_rules! step_error {
    ($(#[$documentation:meta])* $name:ident, $step:literal, may_be_repeated: $repeat:literal) => {
        $(#[$documentation])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum $name {
            /// The request cannot be made. Nothing was sent.
            Request(RequestError),
            /// The server refused, and said so in an error document.
            Refused(Refusal),
            /// The response breaks a rule.
            Check(FailedCheck),
            /// The response cannot be read.
            Malformed(Malformed),
            /// There is no whole response.
            Transport(TransportError),
        }

        impl $name {
            /// A stable name: `refused`, or the code of what the variant holds.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    Self::Request(error) => error.code(),
                    Self::Refused(_) => "refused",
                    Self::Check(check) => check.code(),
                    Self::Malformed(malformed) => malformed.code(),
                    Self::Transport(error) => error.code(),
                }
            }

            /// What the server said, when it said no in an error document.
            #[must_use]
            pub fn refusal(&self) -> Option<&Refusal> {
                match self {
                    Self::Refused(refusal) | Self::Check(FailedCheck::ErrorWithSuccess(refusal)) => Some(refusal),
                    _ => None,
                }
            }

            /// How long the server asks to wait, at most a day. A date in `Retry-After` is not
            /// read.
            #[must_use]
            pub fn retry_after(&self) -> Option<Duration> {
                match self {
                    Self::Refused(refusal) => refusal.retry_after(),
                    Self::Check(FailedCheck::UnexpectedStatus { retry_after, .. }) => *retry_after,
                    _ => None,
                }
            }

            fn asks_for_patience(&self) -> bool {
                match self {
                    Self::Transport(error) => error.is_transient(),
                    Self::Refused(refusal) => refusal.error() == "temporarily_unavailable",
                    Self::Check(FailedCheck::UnexpectedStatus { status, .. }) => {
                        matches!(status, 429 | 502 | 503 | 504)
                    }
                    _ => false,
                }
            }

            fn may_be_repeated(&self) -> bool {
                $repeat
                    || matches!(self, Self::Transport(error) if !error.may_have_been_sent())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($step, ": "))?;
                match self {
                    Self::Request(error) => error.fmt(f),
                    Self::Refused(refusal) => write!(f, "the server refused: {refusal}"),
                    Self::Check(check) => check.fmt(f),
                    Self::Malformed(malformed) => malformed.fmt(f),
                    Self::Transport(error) => error.fmt(f),
                }
            }
        }

        impl Error for $name {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                match self {
                    // What the other variants hold is shown by `Display` already.
                    Self::Transport(error) => error.source(),
                    _ => None,
                }
            }
        }

        impl From<Unusable> for $name {
            fn from(unusable: Unusable) -> Self {
                match unusable {
                    Unusable::Refused(refusal) => Self::Refused(refusal),
                    Unusable::Check(check) => Self::Check(check),
                    Unusable::Malformed(malformed) => Self::Malformed(malformed),
                }
            }
        }

        impl From<Malformed> for $name {
            fn from(malformed: Malformed) -> Self {
                Self::Malformed(malformed)
            }
        }

        impl From<FailedCheck> for $name {
            fn from(check: FailedCheck) -> Self {
                Self::Check(check)
            }
        }

        impl From<RequestError> for $name {
            fn from(error: RequestError) -> Self {
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
    /// Why a code gave no tokens.
    ExchangeError, "code exchange", may_be_repeated: false
}

step_error! {
    /// Why a refresh token gave no new tokens. The old ones are as they were.
    RefreshError, "refresh", may_be_repeated: true
}

step_error! {
    /// Why a token was not revoked. Whatever the variant: it counts as valid (RFC 7009 section 2.2).
    RevocationError, "revocation", may_be_repeated: true
}

step_error! {
    /// Why there are no claims from the userinfo endpoint.
    UserInfoError, "userinfo", may_be_repeated: true
}

impl ExchangeError {
    /// Whether the same code may be sent once more: only when it certainly was not sent, and the
    /// fault may pass, such as a refused connection.
    ///
    /// A code that may have reached the server is never sent again, since that would end the
    /// validity of the tokens it gave (RFC 6749 section 4.1.2): begin a new login.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.may_be_repeated() && self.asks_for_patience()
    }
}

impl RefreshError {
    /// Whether trying again later can help.
    ///
    /// When a response was lost, the server may have replaced the refresh token already. Then the
    /// old one is refused with `invalid_grant`, and a new login is due; trying is the only way to
    /// find out.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.may_be_repeated() && self.asks_for_patience()
    }
}

impl RevocationError {
    /// Whether trying again later can help, for instance after status 503 (RFC 7009 section 2.2.1).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.may_be_repeated() && self.asks_for_patience()
    }
}

impl UserInfoError {
    /// Whether trying again later can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.may_be_repeated() && self.asks_for_patience()
    }
}
