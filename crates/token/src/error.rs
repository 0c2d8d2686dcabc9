//! What a response can be instead of an answer, by who is to blame.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use proofkey_authorize::Deviations;
use serde_json::{Map, Value};

mod step;

pub use step::{ExchangeError, RefreshError, RevocationError, UserInfoError};

/// The server said no, in the form of RFC 6749 section 5.2.
///
/// The texts are the server's: bounded, and reduced to the characters that the section permits, but
/// not to be trusted as markup. A server can repeat in them what it was sent, so `Debug` and
/// `Display` of every error show only a code that a specification defines; read the rest by the
/// accessors and decide where it may go.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal(Box<Said>);

/// Behind a pointer, so that the errors that hold a refusal stay small.
#[derive(Clone, PartialEq, Eq)]
struct Said {
    status: u16,
    error: String,
    description: Option<String>,
    uri: Option<String>,
    further: Map<String, Value>,
    retry_after: Option<Duration>,
    deviations: Deviations,
}

impl Refusal {
    pub(crate) fn new(
        status: u16,
        error: &str,
        description: Option<&str>,
        uri: Option<&str>,
        further: Map<String, Value>,
        retry_after: Option<Duration>,
    ) -> Self {
        Self(Box::new(Said {
            status,
            error: permitted(error, 128),
            description: description.map(|text| permitted(text, 1024)),
            uri: uri.map(|text| permitted(text, 1024)),
            further,
            retry_after,
            deviations: Deviations::NONE,
        }))
    }

    /// The same, with what had to be gone along with to read it.
    pub(crate) fn listing(mut self, deviations: Deviations) -> Self {
        self.0.deviations = deviations;
        self
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The server's `error`, such as `invalid_grant`; at most 128 characters.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.0.error
    }

    /// `error_description`, for a developer; at most 1024 characters.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// `error_uri`, a page about the error, not checked; at most 1024 characters.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.0.uri.as_deref()
    }

    /// The other members of the document, such as a provider's own numbers, as they came.
    #[must_use]
    pub fn further(&self) -> &Map<String, Value> {
        &self.0.further
    }

    /// How long the server asks to wait, at most a day.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What had to be gone along with to read it, as [`Compat`](proofkey_authorize::Compat) allows.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.0.deviations
    }

    /// The error code when a specification defines it: it cannot be an echo of something secret.
    fn registered(&self) -> Option<&'static str> {
        const REGISTERED: [&str; 15] = [
            "access_denied",
            "insufficient_scope",
            "interaction_required",
            "invalid_client",
            "invalid_grant",
            "invalid_request",
            "invalid_scope",
            "invalid_target",
            "invalid_token",
            "server_error",
            "temporarily_unavailable",
            "unauthorized_client",
            "unsupported_grant_type",
            "unsupported_token_type",
            "use_dpop_nonce",
        ];
        REGISTERED.into_iter().find(|code| *code == self.0.error)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("status", &self.0.status)
            .field("error", &self.registered())
            .field("retry_after", &self.0.retry_after)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.registered() {
            Some(code) => write!(f, "{code}")?,
            None => write!(f, "an error code of its own of {} characters", self.0.error.len())?,
        }
        write!(f, " (status {})", self.0.status)
    }
}

/// Keeps the characters that RFC 6749 section 5.2 permits and puts a `?` for any other.
fn permitted(text: &str, most: usize) -> String {
    let permitted = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.chars().take(most).map(|c| if permitted(c) { c } else { '?' }).collect()
}

/// A response that can be read and breaks a rule. Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailedCheck {
    /// `redirected`: a redirect. It was not followed, and must not be.
    Redirected {
        /// The status: 300 to 399.
        status: u16,
    },
    /// `unexpected_status`: neither a success nor an error document: an error page, an empty body,
    /// or a status that has no meaning here. An error document with status 403 is one of these unless
    /// [that is allowed](proofkey_authorize::Deviation::RefusalStatus).
    UnexpectedStatus {
        /// The status that came.
        status: u16,
        /// The size of the body in octets.
        bytes: usize,
        /// How long the server asks to wait, at most a day.
        retry_after: Option<Duration>,
    },
    /// `content_type`: a success whose media type is not `application/json`, is missing, or stands
    /// twice.
    ContentType {
        /// The size of the body in octets.
        bytes: usize,
    },
    /// `error_with_success`: the status says success and the document says `error`.
    ErrorWithSuccess(Refusal),
    /// `token_type_missing`: there is no `token_type` (RFC 6749 section 5.1).
    TokenTypeMissing,
    /// `token_type_unknown`: a `token_type` other than `Bearer`, compared without case. Such a token
    /// must not be used (RFC 6749 section 7.1).
    TokenTypeUnknown {
        /// The length of the name in octets.
        bytes: usize,
    },
    /// `subject_mismatch`: the `sub` of the userinfo response is not the ID token's (OpenID Connect
    /// Core section 5.3.2): the claims are about somebody else.
    SubjectMismatch,
}

impl FailedCheck {
    /// A stable name: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Redirected { .. } => "redirected",
            Self::UnexpectedStatus { .. } => "unexpected_status",
            Self::ContentType { .. } => "content_type",
            Self::ErrorWithSuccess(_) => "error_with_success",
            Self::TokenTypeMissing => "token_type_missing",
            Self::TokenTypeUnknown { .. } => "token_type_unknown",
            Self::SubjectMismatch => "subject_mismatch",
        }
    }
}

impl fmt::Display for FailedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirected { status } => write!(
                f,
                "the server answered with a redirect (status {status}), which is never followed: \
                 configure the endpoint's final address"
            ),
            Self::UnexpectedStatus { status, bytes, .. } => write!(
                f,
                "the server answered status {status} with {bytes} octets that are no error \
                 document: check the endpoint's address, or try later"
            ),
            Self::ContentType { bytes } => {
                write!(f, "the response has {bytes} octets and its Content-Type is not application/json")
            }
            Self::ErrorWithSuccess(refusal) => {
                write!(f, "the server answered with a success that holds an error: {refusal}")
            }
            Self::TokenTypeMissing => f.write_str("the response has no token_type"),
            Self::TokenTypeUnknown { bytes } => {
                write!(f, "the token_type, {bytes} octets long, is not Bearer: the token must not be used")
            }
            Self::SubjectMismatch => {
                f.write_str("the sub of the response is not the sub of the ID token: the claims are not used")
            }
        }
    }
}

/// A response that cannot be read: which part, what is wrong with it, and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    field: &'static str,
    problem: Problem,
    bytes: usize,
}

impl Malformed {
    pub(crate) fn new(field: &'static str, problem: Problem, bytes: usize) -> Self {
        Self { field, problem, bytes }
    }

    /// Which part: `body`, or the name of a member that a specification defines.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Problem {
        self.problem
    }

    /// The size of that part in octets.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A stable name: see [`Problem::code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} of the response ({} octets) {}", self.field, self.bytes, self.problem)
    }
}

/// What is wrong with a part of a response. Positions are octets from 0; no content is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// `empty`: it is there and has nothing in it.
    Empty,
    /// `missing`: it is not there, or `null`.
    Missing,
    /// `too_long`: it is longer than the limit.
    TooLong {
        /// The limit in octets.
        limit: usize,
    },
    /// `too_many_values`: it has more JSON values than the limit, whatever is in them.
    TooManyValues {
        /// The limit.
        limit: usize,
    },
    /// `not_utf8`: it is not UTF-8.
    NotUtf8 {
        /// Where the first octet stands that is not.
        position: usize,
    },
    /// `not_json`: it is not JSON. Line and column count from 1.
    NotJson {
        /// The line where reading ended.
        line: usize,
        /// The column where reading ended.
        column: usize,
    },
    /// `not_an_object`: it is JSON, and not an object.
    NotAnObject,
    /// `not_form`: it says that it is a form and cannot be decoded as one.
    NotForm,
    /// `duplicate`: it has the same member twice.
    Duplicate,
    /// `wrong_type`: it is JSON of another type.
    WrongType {
        /// What belongs here.
        expected: &'static str,
    },
    /// `bad_character`: a character that its grammar does not have.
    BadCharacter {
        /// Where it stands.
        position: usize,
    },
}

impl Problem {
    /// A stable name: the word at the head of each variant's description.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Missing => "missing",
            Self::TooLong { .. } => "too_long",
            Self::TooManyValues { .. } => "too_many_values",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::NotForm => "not_form",
            Self::Duplicate => "duplicate",
            Self::WrongType { .. } => "wrong_type",
            Self::BadCharacter { .. } => "bad_character",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::Missing => f.write_str("is missing"),
            Self::TooLong { limit } => write!(f, "is longer than {limit} octets"),
            Self::TooManyValues { limit } => write!(f, "has more than {limit} values"),
            Self::NotUtf8 { position } => write!(f, "is not UTF-8 at position {position}"),
            Self::NotJson { line, column } => {
                write!(f, "is not JSON at line {line}, column {column}")
            }
            Self::NotAnObject => f.write_str("is not a JSON object"),
            Self::NotForm => f.write_str("is not application/x-www-form-urlencoded although it says so"),
            Self::Duplicate => f.write_str("stands, or has a member that stands, more than once"),
            Self::WrongType { expected } => write!(f, "is not {expected}"),
            Self::BadCharacter { position } => {
                write!(f, "has a character that is not allowed at position {position}")
            }
        }
    }
}

/// A request that cannot be made out of what was configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// `another_issuer`: the code was given by another authorization server than the one that it is
    /// to be sent to (the mix-up attack: RFC 9700 section 4.4).
    AnotherIssuer,
    /// `no_endpoint`: the server's metadata has no such endpoint.
    NoEndpoint {
        /// Its name in the metadata.
        endpoint: &'static str,
    },
    /// `endpoint_address`: the endpoint's address cannot be put into a request.
    EndpointAddress,
    /// `no_refresh_token`: there is no refresh token.
    NoRefreshToken,
    /// `wider_scope`: the scope asked for is not within the one that was granted (RFC 6749 section
    /// 6).
    WiderScope,
}

impl RequestError {
    /// A stable name: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AnotherIssuer => "another_issuer",
            Self::NoEndpoint { .. } => "no_endpoint",
            Self::EndpointAddress => "endpoint_address",
            Self::NoRefreshToken => "no_refresh_token",
            Self::WiderScope => "wider_scope",
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherIssuer => {
                f.write_str("the code comes from another issuer: exchange it at the server that gave it")
            }
            Self::NoEndpoint { endpoint } => write!(f, "the server's metadata has no {endpoint}"),
            Self::EndpointAddress => f.write_str("the endpoint's address cannot be put into an HTTP request"),
            Self::NoRefreshToken => f.write_str("there is no refresh token"),
            Self::WiderScope => f.write_str(
                "the scope asked for is wider than the one that was granted: a refresh can only \
                 narrow it",
            ),
        }
    }
}

impl Error for RequestError {}

/// Why a response gives nothing: the three blames that every step's error has.
#[derive(Debug)]
pub(crate) enum Unusable {
    Refused(Refusal),
    Check(FailedCheck),
    Malformed(Malformed),
}

impl From<Refusal> for Unusable {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<FailedCheck> for Unusable {
    fn from(check: FailedCheck) -> Self {
        Self::Check(check)
    }
}

impl From<Malformed> for Unusable {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}
