use std::error::Error;
use std::fmt;

/// The error for a response that is not the expected JSON document. Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentError {
    /// `document_status`: the status is not the expected one. A redirect is not followed.
    Status {
        /// The status that was received.
        status: u16,
    },
    /// `document_content_type`: the media type is not `application/json`, is absent, or is stated twice.
    ContentType {
        /// The media type that was received.
        received: String,
    },
    /// `document_too_large`: the document is too large.
    TooLarge {
        /// Its size, in bytes.
        length: usize,
        /// The maximum size, in bytes.
        limit: usize,
    },
    /// `document_malformed`: the document is not one JSON object, or repeats a member name.
    Malformed,
    /// `document_member_missing`: a member is absent or empty.
    Missing {
        /// The name of the member.
        member: &'static str,
    },
    /// `document_member_type`: a member has another JSON type than its definition.
    WrongType {
        /// The name of the member.
        member: &'static str,
        /// The type that is required.
        expected: &'static str,
    },
}

impl DocumentError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Status { .. } => "document_status",
            Self::ContentType { .. } => "document_content_type",
            Self::TooLarge { .. } => "document_too_large",
            Self::Malformed => "document_malformed",
            Self::Missing { .. } => "document_member_missing",
            Self::WrongType { .. } => "document_member_type",
        }
    }

    /// Returns whether trying again later can help: the status is 429, 500, 502, 503 or 504.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Status { status: 429 | 500 | 502 | 503 | 504 })
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status } => {
                write!(f, "the response has status {status}; expected 200 (201 for a registration)")
            }
            Self::ContentType { received } => {
                write!(f, "expected the media type application/json, received \"{received}\"")
            }
            Self::TooLarge { length, limit } => write!(f, "the document has {length} bytes; the maximum is {limit}"),
            Self::Malformed => f.write_str("the document is not one JSON object with each member name once"),
            Self::Missing { member } => write!(f, "the document has no {member}"),
            Self::WrongType { member, expected } => write!(f, "{member} is not {expected}"),
        }
    }
}

impl Error for DocumentError {}
