use std::error::Error;
use std::fmt;

use crate::IssuerMismatch;

/// The authorization server's response that there is no code (RFC 6749 section 4.1.2.1, OpenID Connect Core section
/// 3.1.2.6), after `state` and `iss` matched.
///
/// The texts are the server's: printable ASCII of bounded length, with a `?` for each character that is none or that
/// cannot be decoded. Escape them before they go into a page, where `<` is as permitted as any other character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationErrorResponse {
    pub(crate) error: String,
    pub(crate) description: Option<String>,
    pub(crate) uri: Option<String>,
}

impl AuthorizationErrorResponse {
    /// Returns the error code, such as `access_denied` or `login_required`; at most 128 characters.
    pub fn error(&self) -> &str {
        &self.error
    }

    /// Returns `error_description`, for a developer; at most 1024 characters.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Returns `error_uri`, a page about the error, not checked; at most 1024 characters.
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }
}

/// Why a callback gives no code. No request was made, and none must be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackError {
    /// The callback is too large.
    TooLarge {
        /// Its size, in bytes.
        length: usize,
        /// The maximum size, in bytes.
        limit: usize,
    },
    /// The callback is a whole URL and arrived at another address than the redirect URI (RFC 8252 section 8.10).
    AddressMismatch,
    /// A broken `%` escape, bytes that are not UTF-8, or a control character in `state`, `iss` or `code`.
    BadEncoding {
        /// The parameter whose value it is.
        parameter: &'static str,
    },
    /// A parameter stands more than once (RFC 6749 section 3.1).
    Repeated {
        /// Which one.
        parameter: &'static str,
    },
    /// There is no `state`, or an empty one.
    StateMissing,
    /// `state` is not this login's (RFC 6749 section 10.12).
    StateMismatch,
    /// The login began too long ago.
    Expired,
    /// The server announces `iss` on every callback and there is none (RFC 9207 section 2.4).
    IssMissing,
    /// `iss` is not the issuer that was asked (RFC 9207 section 2.4): a mix-up attack, or a server that names itself
    /// differently from its metadata.
    IssMismatch(IssuerMismatch),
    /// The server responded with an error.
    Refused(AuthorizationErrorResponse),
    /// There is neither `error` nor `code`.
    CodeMissing,
}

impl CallbackError {
    /// Returns the stable code, `callback_` and the check that failed, such as `callback_state_mismatch`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "callback_too_large",
            Self::AddressMismatch => "callback_address_mismatch",
            Self::BadEncoding { .. } => "callback_bad_encoding",
            Self::Repeated { .. } => "callback_repeated_parameter",
            Self::StateMissing => "callback_state_missing",
            Self::StateMismatch => "callback_state_mismatch",
            Self::Expired => "callback_expired",
            Self::IssMissing => "callback_iss_missing",
            Self::IssMismatch(_) => "callback_iss_mismatch",
            Self::Refused(_) => "callback_refused",
            Self::CodeMissing => "callback_code_missing",
        }
    }

    /// Returns whether the callback did not show that it belongs to this login: its `state` is not this login's, or was
    /// not reached. Anyone can send one, so it must not end the login of a user who is still at the authorization
    /// server.
    pub fn is_unrelated(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::AddressMismatch | Self::StateMissing | Self::StateMismatch => true,
            Self::BadEncoding { parameter } | Self::Repeated { parameter } => *parameter == "state",
            Self::Expired | Self::IssMissing | Self::IssMismatch(_) | Self::Refused(_) | Self::CodeMissing => false,
        }
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("callback: ")?;
        match self {
            Self::TooLarge { length, limit } => write!(f, "it has {length} bytes; the maximum is {limit}"),
            Self::AddressMismatch => {
                f.write_str("it arrived at another address than the redirect URI; behind a proxy, pass the query alone")
            }
            Self::BadEncoding { parameter } => write!(f, "the value of {parameter} is not properly encoded"),
            Self::Repeated { parameter } => write!(f, "the parameter {parameter} stands more than once"),
            Self::StateMissing => f.write_str("there is no state"),
            Self::StateMismatch => f.write_str("state is not the one of this browser's login; begin a new login"),
            Self::Expired => f.write_str("the login took too long; begin a new one"),
            Self::IssMissing => f.write_str("there is no iss, which this authorization server announces"),
            Self::IssMismatch(mismatch) => write!(f, "iss is not the issuer that was asked: {mismatch}"),
            Self::Refused(refusal) => {
                write!(f, "the authorization server responded with the error {}", refusal.error)?;
                refusal.description.as_ref().map_or(Ok(()), |description| write!(f, ": {description}"))
            }
            Self::CodeMissing => f.write_str("there is neither a code nor an error"),
        }
    }
}

impl Error for CallbackError {}
