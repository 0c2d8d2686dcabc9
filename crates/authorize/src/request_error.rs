use std::error::Error;
use std::fmt;

use proofkey_pkce::EntropyError;

use crate::shown::sanitised;

/// The error of [`AuthorizationRequest::begin`](crate::AuthorizationRequest::begin). No login was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationRequestError {
    /// The server announces `code_challenge_methods_supported` without S256. There is no fallback to `plain`.
    S256NotSupported,
    /// The server's metadata announces no PKCE methods. Either that is not tolerated
    /// ([`Compat::with_pkce_not_announced`](crate::Compat::with_pkce_not_announced)), or the request
    /// [requires an announcement](crate::AuthorizationRequest::require_announced_pkce).
    PkceNotAnnounced,
    /// The server accepts pushed requests only (RFC 9126 section 5), and this one would be sent in a URL. Use
    /// [`begin_pushed`](crate::AuthorizationRequest::begin_pushed).
    PushRequired,
    /// The name given to [`AuthorizationRequest::parameter`](crate::AuthorizationRequest::parameter) is one that the
    /// request sets itself, was given before, or is empty.
    Reserved {
        /// The name: its first 64 characters.
        parameter: String,
    },
    /// The query of the authorization endpoint has a parameter that the request sets, or one whose name cannot be
    /// decoded.
    EndpointQuery {
        /// The name as the URL has it: its first 64 characters.
        parameter: String,
    },
    /// The entropy has the wrong length for a verifier. This does not occur, since
    /// [`begin`](crate::AuthorizationRequest::begin) takes exactly 96 bytes.
    Entropy(EntropyError),
}

impl AuthorizationRequestError {
    pub(crate) fn reserved(name: &str) -> Self {
        Self::Reserved { parameter: sanitised(name, 64) }
    }

    pub(crate) fn endpoint_query(name: &str) -> Self {
        Self::EndpointQuery { parameter: sanitised(name, 64) }
    }

    /// Returns the stable code, `request_` and what is wrong, such as `request_reserved_parameter`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::S256NotSupported => "request_s256_not_supported",
            Self::PkceNotAnnounced => "request_pkce_not_announced",
            Self::PushRequired => "request_push_required",
            Self::Reserved { .. } => "request_reserved_parameter",
            Self::EndpointQuery { .. } => "request_endpoint_query",
            Self::Entropy(_) => "request_entropy",
        }
    }
}

impl fmt::Display for AuthorizationRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S256NotSupported => {
                f.write_str("the authorization server announces PKCE methods without S256, which every login needs")
            }
            Self::PkceNotAnnounced => f.write_str(
                "the authorization server announces no PKCE methods; if its documentation says that it checks S256, \
                 tolerate that with Compat::with_pkce_not_announced",
            ),
            Self::PushRequired => f.write_str(
                "the authorization server accepts pushed authorization requests only: push this one \
                 (AuthorizationRequest::begin_pushed, or proofkey's LoginRequest::start)",
            ),
            Self::Reserved { parameter } => write!(
                f,
                "the additional parameter \"{parameter}\" has a name that the request sets itself, that was already \
                 added, or that is empty",
            ),
            Self::EndpointQuery { parameter } => write!(
                f,
                "the query of the authorization endpoint has the parameter \"{parameter}\", which the request sets or \
                 which cannot be decoded",
            ),
            Self::Entropy(error) => error.fmt(f),
        }
    }
}

impl Error for AuthorizationRequestError {}
