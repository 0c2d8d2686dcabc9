use std::error::Error;
use std::fmt;

use crate::IssuerMismatch;

/// The error response of an authorization server (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6). It is
/// made only after `state` and `iss` matched.
///
/// The texts are the server's, shortened and reduced to printable ASCII without `"` and `\`: a `?` replaces every other
/// character, and every byte that cannot be decoded. `<` and `&` are kept, so escape the texts before they go into a
/// page.
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

    /// Returns `error_description`, which is meant for developers; at most 1024 characters.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Returns `error_uri`, the address of a page about the error; at most 1024 characters. It is not validated as a
    /// URL.
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }
}

/// The error for a callback that yields no code. No request was made, and the code in it, if any, must not be sent.
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
    /// The callback is a whole URL, and its address is not that of the redirect URI (RFC 8252 section 8.10).
    AddressMismatch,
    /// `state`, `iss` or `code` has a broken `%` escape, bytes that are not UTF-8, or a control character.
    BadEncoding {
        /// The name of the parameter.
        parameter: &'static str,
    },
    /// A parameter occurs more than once (RFC 6749 section 3.1).
    Repeated {
        /// The name of the parameter.
        parameter: &'static str,
    },
    /// `state` is absent or empty.
    StateMissing,
    /// `state` is not this login's (RFC 6749 section 10.12).
    StateMismatch,
    /// The login began too long ago.
    Expired,
    /// `iss` is absent or empty, although the server announces it for every callback (RFC 9207 section 2.4).
    IssMissing,
    /// `iss` is not the issuer that the login began at (RFC 9207 section 2.4): a mix-up attack, or a server whose `iss`
    /// differs from its metadata.
    IssMismatch(IssuerMismatch),
    /// The server responded with an error.
    Refused(AuthorizationErrorResponse),
    /// The callback has neither `error` nor `code`.
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

    /// Returns whether nothing shows that the callback belongs to this login: its `state` is not this login's, or an
    /// earlier check failed. Anyone can send such a callback, so it must not end the login of a user who is still at the
    /// authorization server.
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
            Self::Repeated { parameter } => write!(f, "the parameter {parameter} occurs more than once"),
            Self::StateMissing => f.write_str("there is no state"),
            Self::StateMismatch => f.write_str("state is not the one of this browser's login; begin a new login"),
            Self::Expired => f.write_str("the login took too long; begin a new one"),
            Self::IssMissing => f.write_str("there is no iss, although this authorization server announces it"),
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
