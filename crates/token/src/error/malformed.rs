//! A response that cannot be read.

use std::fmt;

/// A response that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    field: &'static str,
    kind: MalformedKind,
    length: usize,
    received: Option<Box<str>>,
}

impl Malformed {
    pub(crate) fn new(field: &'static str, kind: MalformedKind, length: usize) -> Self {
        Self { field, kind, length, received: None }
    }

    /// The same, with the value itself: bounded, sanitised, and not a secret.
    pub(crate) fn showing(mut self, received: String) -> Self {
        self.received = Some(received.into());
        self
    }

    /// Returns the part that cannot be read: `body`, or the name of a member that a specification
    /// defines.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Returns what is wrong with that part.
    #[must_use]
    pub fn kind(&self) -> MalformedKind {
        self.kind
    }

    /// Returns the length of that part, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// Returns the stable code: see [`MalformedKind::code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} of the response ({} bytes) {}", self.field, self.length, self.kind)?;
        match &self.received {
            Some(received) => write!(f, ": \"{received}\""),
            None => Ok(()),
        }
    }
}

/// What is wrong with a part of a response. Positions are in bytes from 0. Each description begins with
/// the [code](Self::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MalformedKind {
    /// `token_empty`: the part is required, and empty.
    Empty,
    /// `token_member_missing`: the part is required, and absent or `null`.
    Missing,
    /// `token_too_long`: the part is longer than the limit.
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// `token_too_many_values`: the part has more JSON values than the limit.
    TooManyValues {
        /// The maximum number of values.
        limit: usize,
    },
    /// `token_not_utf8`: the part is not UTF-8.
    NotUtf8 {
        /// The position of the first byte that is not UTF-8.
        position: usize,
    },
    /// `token_not_json`: the part is not JSON.
    NotJson {
        /// The line where reading ended, from 1.
        line: usize,
        /// The column where reading ended, in bytes from 1.
        column: usize,
    },
    /// `token_not_an_object`: the part is JSON, but not an object.
    NotAnObject,
    /// `token_not_form`: the media type is that of a form, and the part cannot be decoded as one.
    NotForm,
    /// `token_member_duplicate`: the part occurs twice, or has a member that does.
    Duplicate,
    /// `token_member_type`: the part has another JSON type than its definition.
    WrongType {
        /// The expected type.
        expected: &'static str,
    },
    /// `token_bad_character`: the part has a character that its grammar does not permit.
    BadCharacter {
        /// The position of the first such character.
        position: usize,
    },
}

impl MalformedKind {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "token_empty",
            Self::Missing => "token_member_missing",
            Self::TooLong { .. } => "token_too_long",
            Self::TooManyValues { .. } => "token_too_many_values",
            Self::NotUtf8 { .. } => "token_not_utf8",
            Self::NotJson { .. } => "token_not_json",
            Self::NotAnObject => "token_not_an_object",
            Self::NotForm => "token_not_form",
            Self::Duplicate => "token_member_duplicate",
            Self::WrongType { .. } => "token_member_type",
            Self::BadCharacter { .. } => "token_bad_character",
        }
    }
}

impl fmt::Display for MalformedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::Missing => f.write_str("is missing"),
            Self::TooLong { limit } => write!(f, "is longer than {limit} bytes"),
            Self::TooManyValues { limit } => write!(f, "has more than {limit} values"),
            Self::NotUtf8 { position } => write!(f, "is not UTF-8 at position {position}"),
            Self::NotJson { line, column } => write!(f, "is not JSON at line {line}, column {column}"),
            Self::NotAnObject => f.write_str("is not a JSON object"),
            Self::NotForm => f.write_str("is not application/x-www-form-urlencoded although it is labelled so"),
            Self::Duplicate => f.write_str("occurs more than once, or has a member that does"),
            Self::WrongType { expected } => write!(f, "is not {expected}"),
            Self::BadCharacter { position } => {
                write!(f, "has a character that is not allowed at position {position}")
            }
        }
    }
}
