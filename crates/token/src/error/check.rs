//! The rules for a response.

use std::fmt;
use std::time::Duration;

use super::ErrorResponse;

/// A response that can be read, and breaks a rule. Each description begins with the
/// [code](Self::code).
///
/// Texts of the server are shortened to 128 characters of printable ASCII. Words that could be a
/// secret are left out, since a server can repeat what it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailedCheck {
    /// `token_redirected`: the response is a redirect, which is never followed.
    Redirected {
        /// The status: 300 to 399.
        status: u16,
    },
    /// `token_unexpected_status`: the response is neither a success nor an error document, such as an
    /// error page. [`ResponseError::excerpt`](crate::ResponseError::excerpt) returns its beginning.
    UnexpectedStatus {
        /// The status of the response.
        status: u16,
        /// The length of the body, in bytes.
        length: usize,
        /// The time that the server asks to wait, at most one day.
        retry_after: Option<Duration>,
    },
    /// `token_content_type`: the media type of a success is not the expected one, is absent, or is
    /// stated twice.
    ContentType {
        /// The expected media type.
        expected: &'static str,
        /// The `Content-Type` that was received; `None` when there is none, or more than one.
        received: Option<String>,
        /// The length of the body, in bytes.
        length: usize,
    },
    /// `token_content_encoding`: the body cannot be read and has a `Content-Encoding`. Requests ask
    /// for none (RFC 9110 section 8.4), so a proxy or the HTTP client is at fault.
    ContentEncoding {
        /// The `Content-Encoding` that was received.
        received: String,
    },
    /// `token_error_with_success`: the status is a success, and the document has an `error`.
    ErrorWithSuccess(ErrorResponse),
    /// `token_type_missing`: there is no `token_type` (RFC 6749 section 5.1).
    TokenTypeMissing,
    /// `token_type_unknown`: a `token_type` other than `Bearer`, compared without regard to case. Such
    /// a token must not be used (RFC 6749 section 7.1), unless
    /// [the name is allowed](proofkey_authorize::Compat::with_token_type_name).
    TokenTypeUnknown {
        /// The token type that was received.
        received: String,
    },
    /// `token_not_bound`: the `token_type` is not `DPoP` although a proof was sent: the token is not bound to the key
    /// (RFC 9449 section 5), and must not be used.
    NotBound {
        /// The token type of the response; `None` when there is none.
        received: Option<String>,
    },
    /// `token_subject_mismatch`: the `sub` of the userinfo response is not the ID token's (OpenID
    /// Connect Core section 5.3.2): the claims are about another user.
    SubjectMismatch,
    /// `token_issued_type`: the `issued_token_type` of a token exchange is missing, is not the requested one, or
    /// contradicts the `token_type` (RFC 8693 section 2.2.1).
    IssuedTokenType {
        /// The expected type.
        expected: String,
        /// The type that was received; empty when there is none.
        received: String,
    },
    /// `token_inactive`: the introspected token is not active: expired, revoked, of another server, or not
    /// valid yet (RFC 7662 section 2.2).
    Inactive,
    /// `token_introspected_issuer`: the introspected token is of another issuer.
    IntrospectedIssuer {
        /// The issuer that was asked.
        expected: String,
        /// The `iss` of the response.
        received: String,
    },
    /// `token_introspected_audience`: the introspected token is for another API, or the response does not
    /// say for which one.
    IntrospectedAudience {
        /// The expected audience.
        expected: String,
        /// The audiences of the response, with a space between them; empty when there are none.
        received: String,
    },
    /// `token_introspected_scope`: the introspected token does not have the scope that the API demands.
    IntrospectedScope {
        /// The scope tokens that are missing, with a space between them.
        missing: String,
    },
    /// `token_introspected_bound`: the introspected token is bound to a key (`cnf`), and the caller did not
    /// say that it compares that key.
    IntrospectedBound,
}

impl FailedCheck {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Redirected { .. } => "token_redirected",
            Self::UnexpectedStatus { .. } => "token_unexpected_status",
            Self::ContentType { .. } => "token_content_type",
            Self::ContentEncoding { .. } => "token_content_encoding",
            Self::ErrorWithSuccess(_) => "token_error_with_success",
            Self::TokenTypeMissing => "token_type_missing",
            Self::TokenTypeUnknown { .. } => "token_type_unknown",
            Self::NotBound { .. } => "token_not_bound",
            Self::SubjectMismatch => "token_subject_mismatch",
            Self::IssuedTokenType { .. } => "token_issued_type",
            Self::Inactive => "token_inactive",
            Self::IntrospectedIssuer { .. } => "token_introspected_issuer",
            Self::IntrospectedAudience { .. } => "token_introspected_audience",
            Self::IntrospectedScope { .. } => "token_introspected_scope",
            Self::IntrospectedBound => "token_introspected_bound",
        }
    }
}

impl fmt::Display for FailedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirected { status } => write!(
                f,
                "the server answered with a redirect (status {status}), which is never followed: configure the \
                 endpoint's final address"
            ),
            Self::UnexpectedStatus { status, length, .. } => write!(
                f,
                "the server answered status {status} with {length} bytes that are not an error document: check the \
                 endpoint's address, or try later"
            ),
            Self::ContentType { expected, received: Some(received), .. } => {
                write!(f, "the Content-Type of the response is \"{received}\"; {expected} was expected")
            }
            Self::ContentType { expected, received: None, .. } => {
                write!(f, "the response has no Content-Type, or more than one; {expected} was expected")
            }
            Self::ContentEncoding { received } => write!(
                f,
                "the response cannot be read: its Content-Encoding is \"{received}\", and none was asked for; check \
                 the proxy before the server, or let the HTTP client decode it"
            ),
            Self::ErrorWithSuccess(error) => {
                write!(f, "the server answered with a success that holds an error: {error}")
            }
            Self::TokenTypeMissing => f.write_str("the response has no token_type; \"Bearer\" was expected"),
            Self::TokenTypeUnknown { received } => write!(
                f,
                "the token_type of the response is \"{received}\"; \"Bearer\" was expected, and the token must not be \
                 used"
            ),
            Self::NotBound { received } => write!(
                f,
                "the token_type of the response is \"{}\"; \"DPoP\" was expected, since the request had a proof: the token \
                 is not bound to the key and must not be used; check that the server supports DPoP for this client",
                received.as_deref().unwrap_or_default()
            ),
            Self::SubjectMismatch => {
                f.write_str("the sub of the response is not the sub of the ID token: the claims are not used")
            }
            Self::IssuedTokenType { expected, received } => write!(
                f,
                "the issued_token_type of the response is \"{received}\"; {expected} was expected, and the token must \
                 not be used"
            ),
            Self::Inactive => f.write_str("the token is not active: it gives no access"),
            Self::IntrospectedIssuer { expected, received } => {
                write!(f, "the token is of the issuer \"{received}\"; \"{expected}\" was expected")
            }
            Self::IntrospectedAudience { expected, received } => {
                write!(f, "the token is for \"{received}\"; \"{expected}\" was expected: it gives no access here")
            }
            Self::IntrospectedScope { missing } => {
                write!(f, "the token does not have the scope \"{missing}\": answer with insufficient_scope")
            }
            Self::IntrospectedBound => f.write_str(
                "the token is bound to a key, which is not compared: call `accept_bound` where that is done",
            ),
        }
    }
}
