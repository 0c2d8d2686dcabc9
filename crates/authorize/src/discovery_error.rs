use std::error::Error;
use std::fmt;

use crate::json::NotAnObject;
use crate::{InvalidValue, IssuerMismatch};

/// Why metadata are not used. Nothing of them is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The URL of the metadata cannot be asked.
    Url,
    /// The status is not 200. A redirect is not followed: it must not change the issuer.
    Status {
        /// The status that was received.
        status: u16,
        /// The URL that was asked.
        url: String,
    },
    /// The media type is neither `application/json` nor [a tolerated one](crate::Compat::with_media_type), is missing,
    /// or stands twice.
    ContentType {
        /// The media type that was received, with its parameters; empty when there is none.
        received: String,
        /// The URL that was asked.
        url: String,
    },
    /// The document cannot be read and has a `Content-Encoding`. The request asks for none.
    ContentEncoding {
        /// The encoding that was received.
        received: String,
        /// The URL that was asked.
        url: String,
    },
    /// The document is too large.
    TooLarge {
        /// Its size, in bytes.
        length: usize,
        /// The maximum size, in bytes.
        limit: usize,
    },
    /// The document has too many values, whatever is in them.
    TooManyValues {
        /// The maximum number.
        limit: usize,
    },
    /// The document is not one JSON object with each member name once.
    Malformed(NotAnObject),
    /// The document's `issuer` is not the one that was asked, byte for byte (RFC 8414 section 3.3).
    IssuerMismatch(IssuerMismatch),
    /// A member that the code flow needs is absent or empty.
    Missing {
        /// Its name.
        member: &'static str,
    },
    /// A member has another JSON type than its specification says.
    WrongType {
        /// Its name.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// An endpoint that is no usable URL.
    Endpoint {
        /// The member that names it.
        member: &'static str,
        /// What is wrong with the URL.
        error: InvalidValue,
    },
    /// An issuer that is not on this machine names an endpoint that is.
    NotHttps {
        /// The member that names it.
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
            Self::Malformed(_) => "discovery_malformed",
            Self::IssuerMismatch(_) => "discovery_issuer_mismatch",
            Self::Missing { .. } => "discovery_member_missing",
            Self::WrongType { .. } => "discovery_member_type",
            Self::Endpoint { .. } => "discovery_endpoint",
            Self::NotHttps { .. } => "discovery_not_https",
        }
    }
}

impl From<NotAnObject> for DiscoveryError {
    fn from(error: NotAnObject) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("discovery: ")?;
        match self {
            Self::Url => f.write_str("the well-known URL of this issuer cannot be asked"),
            Self::Status { status, url } => {
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
                "the document cannot be read: its Content-Encoding is \"{received}\", and none was asked for, at {url}; \
                 check what stands between"
            ),
            Self::TooLarge { length, limit } => write!(f, "the document has {length} bytes; the maximum is {limit}"),
            Self::TooManyValues { limit } => write!(f, "the document has more than {limit} values"),
            Self::Malformed(error) => write!(f, "the document is {error}"),
            Self::IssuerMismatch(mismatch) => write!(
                f,
                "the document names another issuer, compared byte for byte: {mismatch}; if the provider documents the \
                 received one, ask for that",
            ),
            Self::Missing { member } => write!(f, "the document has no {member}"),
            Self::WrongType { member, expected } => write!(f, "{member} is not {expected}"),
            Self::Endpoint { member, error } => write!(f, "{member}: {error}"),
            Self::NotHttps { member } => {
                write!(f, "{member} is on this machine although the issuer is not; expected an https URL")
            }
        }
    }
}

impl Error for DiscoveryError {}
