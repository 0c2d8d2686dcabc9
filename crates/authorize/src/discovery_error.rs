use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::{InvalidValue, IssuerMismatch};

/// The error for a response that is not the metadata of the expected issuer. Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The URL of the metadata cannot be put into a request.
    Url,
    /// The status is not 200. A redirect is not followed: it must not change the issuer.
    Status {
        /// The status that was received.
        status: u16,
        /// The URL of the request.
        url: String,
        /// How long the server asks to wait: see [`retry_after`](crate::retry_after).
        retry_after: Option<Duration>,
    },
    /// The media type is neither `application/json` nor [a tolerated one](crate::Compat::with_media_type), is absent, or
    /// is stated twice.
    ContentType {
        /// The media type that was received, with its parameters; empty when there is none.
        received: String,
        /// The URL of the request.
        url: String,
    },
    /// The document cannot be read, and the response has a `Content-Encoding`, which the request does not ask for.
    ContentEncoding {
        /// The encoding that was received.
        received: String,
        /// The URL of the request.
        url: String,
    },
    /// The document is too large.
    TooLarge {
        /// Its size, in bytes.
        length: usize,
        /// The maximum size, in bytes.
        limit: usize,
    },
    /// The document has too many JSON values.
    TooManyValues {
        /// The maximum number of values.
        limit: usize,
    },
    /// The document is not one JSON object, or repeats a member name.
    Malformed {
        /// The line where reading ended, from 1.
        line: usize,
        /// The column where reading ended, in bytes from 1.
        column: usize,
    },
    /// The document's `issuer` is not the expected one, byte for byte (RFC 8414 section 3.3).
    IssuerMismatch(IssuerMismatch),
    /// A member that the code flow needs is absent or empty.
    Missing {
        /// The name of the member.
        member: &'static str,
    },
    /// A member has another JSON type than its definition.
    WrongType {
        /// The name of the member.
        member: &'static str,
        /// The type that is required.
        expected: &'static str,
    },
    /// The URL of an endpoint is not valid.
    Endpoint {
        /// The name of the member.
        member: &'static str,
        /// What is wrong with the URL.
        error: InvalidValue,
    },
    /// An endpoint is on a loopback host and the issuer is not; or the issuer is https on a loopback host and the
    /// endpoint is http.
    LoopbackEndpoint {
        /// The name of the member.
        member: &'static str,
    },
}

impl DiscoveryError {
    /// Returns the stable code, `discovery_` and the check that failed, such as `discovery_issuer_mismatch`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url => "discovery_url",
            Self::Status { .. } => "discovery_status",
            Self::ContentType { .. } => "discovery_content_type",
            Self::ContentEncoding { .. } => "discovery_content_encoding",
            Self::TooLarge { .. } => "discovery_too_large",
            Self::TooManyValues { .. } => "discovery_too_many_values",
            Self::Malformed { .. } => "discovery_malformed",
            Self::IssuerMismatch(_) => "discovery_issuer_mismatch",
            Self::Missing { .. } => "discovery_member_missing",
            Self::WrongType { .. } => "discovery_member_type",
            Self::Endpoint { .. } => "discovery_endpoint",
            Self::LoopbackEndpoint { .. } => "discovery_loopback_endpoint",
        }
    }

    /// Returns whether trying again later can help: the status is 429, 500, 502, 503 or 504.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Status { status: 429 | 500 | 502 | 503 | 504, .. })
    }
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("discovery: ")?;
        match self {
            Self::Url => f.write_str("the URL of the metadata cannot be put into a request; check the issuer"),
            Self::Status { status, url, .. } => {
                write!(f, "expected status 200, received {status} from {url}")?;
                f.write_str(match status {
                    404 => "; check the issuer, or ask at the other DiscoveryPath",
                    300..400 => "; redirects are not followed: use the issuer that the provider documents",
                    _ => "",
                })
            }
            Self::ContentType { received, url } => {
                write!(f, "expected the media type application/json, received \"{received}\" from {url}")
            }
            Self::ContentEncoding { received, url } => write!(
                f,
                "the document from {url} cannot be read: its Content-Encoding is \"{received}\", and none was asked for; \
                 check the proxy before the server, or let the HTTP client decode it"
            ),
            Self::TooLarge { length, limit } => write!(f, "the document has {length} bytes; the maximum is {limit}"),
            Self::TooManyValues { limit } => write!(f, "the document has more than {limit} values"),
            Self::Malformed { line, column } => write!(
                f,
                "the document is not one JSON object with each member name once (line {line}, column {column})"
            ),
            Self::IssuerMismatch(mismatch) => write!(
                f,
                "the document names another issuer, compared byte for byte: {mismatch}; if the provider documents the \
                 received one, use that",
            ),
            Self::Missing { member } => write!(f, "the document has no {member}"),
            Self::WrongType { member, expected } => write!(f, "{member} is not {expected}"),
            Self::Endpoint { member, error } => write!(f, "{member}: {error}"),
            Self::LoopbackEndpoint { member } => {
                write!(
                    f,
                    "{member} is on a loopback host; expected https, and another host unless the issuer is on one"
                )
            }
        }
    }
}

impl Error for DiscoveryError {}
