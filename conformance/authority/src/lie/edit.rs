//! Changes of JSON documents, of parameter lists and of whole answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change of a JSON object, member by member, or of its text as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonEdit {
    /// The member has this value; strings inside it may hold placeholders. Added when absent.
    Set(String, Value),
    /// The member has this text for a value, which need not be JSON: `1e400`, `NaN`, `{jwk}`.
    SetText(String, String),
    /// The member is a time: so many seconds from now, as an integer.
    SetTime(String, i64),
    /// The member is a time: so many seconds from now, as a number with a fraction.
    SetTimeFraction(String, f64),
    /// The member is a time: so many seconds from now, as a string.
    SetTimeString(String, i64),
    /// The member is an array of so many copies of a string, followed by this last string.
    SetMany {
        /// The member.
        name: String,
        /// What is repeated.
        value: String,
        /// How often.
        times: usize,
        /// What comes last.
        last: String,
    },
    /// The member is this many arrays within each other.
    SetDeep(String, usize),
    /// The member is a string of so many octets.
    SetLong(String, usize),
    /// The member is a string of these octets, which need not be UTF-8.
    SetOctets(String, Vec<u8>),
    /// The member is not there.
    Remove(String),
    /// The member has another name.
    Rename(String, String),
    /// The member stands there twice, the second time, at the end, with this value.
    Duplicate(String, Value),
    /// The member stands there twice, the first time, at the beginning, with this value.
    DuplicateFirst(String, Value),
    /// The document is this text (with placeholders).
    Text(String),
    /// The document is these octets.
    Octets(Vec<u8>),
    /// These octets stand before the document.
    Prefix(Vec<u8>),
    /// These octets stand after the document.
    Suffix(Vec<u8>),
}

impl JsonEdit {
    /// [`Set`](Self::Set).
    #[must_use]
    pub fn set(name: &str, value: impl Into<Value>) -> Self {
        Self::Set(name.into(), value.into())
    }

    /// [`SetText`](Self::SetText).
    #[must_use]
    pub fn set_text(name: &str, text: &str) -> Self {
        Self::SetText(name.into(), text.into())
    }

    /// [`SetTime`](Self::SetTime).
    #[must_use]
    pub fn set_time(name: &str, seconds_from_now: i64) -> Self {
        Self::SetTime(name.into(), seconds_from_now)
    }

    /// [`Remove`](Self::Remove).
    #[must_use]
    pub fn remove(name: &str) -> Self {
        Self::Remove(name.into())
    }

    /// [`Duplicate`](Self::Duplicate).
    #[must_use]
    pub fn duplicate(name: &str, value: impl Into<Value>) -> Self {
        Self::Duplicate(name.into(), value.into())
    }

    /// [`DuplicateFirst`](Self::DuplicateFirst).
    #[must_use]
    pub fn duplicate_first(name: &str, value: impl Into<Value>) -> Self {
        Self::DuplicateFirst(name.into(), value.into())
    }
}

/// A change of a list of parameters: a query, or a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamEdit {
    /// The parameter has this value (with placeholders). Added when absent.
    Set(String, String),
    /// The parameter has this percent-encoded text for a value, sent as it stands.
    SetEncoded(String, String),
    /// The parameter has so many octets of `a` for a value.
    SetLong(String, usize),
    /// The parameter is not there.
    Remove(String),
    /// The parameter has another name.
    Rename(String, String),
    /// The parameter is there once more, at the end.
    Append(String, String),
    /// The parameter is there once more, at the beginning.
    Prepend(String, String),
    /// The whole encoded text is this (with placeholders).
    Text(String),
    /// This text stands after the encoded text, as it is.
    Suffix(String),
}

impl ParamEdit {
    /// [`Set`](Self::Set).
    #[must_use]
    pub fn set(name: &str, value: &str) -> Self {
        Self::Set(name.into(), value.into())
    }

    /// [`Remove`](Self::Remove).
    #[must_use]
    pub fn remove(name: &str) -> Self {
        Self::Remove(name.into())
    }

    /// [`Append`](Self::Append).
    #[must_use]
    pub fn append(name: &str, value: &str) -> Self {
        Self::Append(name.into(), value.into())
    }

    /// [`Prepend`](Self::Prepend).
    #[must_use]
    pub fn prepend(name: &str, value: &str) -> Self {
        Self::Prepend(name.into(), value.into())
    }

    /// The parameter's name; none when the whole text is meant.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Set(name, _)
            | Self::SetEncoded(name, _)
            | Self::SetLong(name, _)
            | Self::Remove(name)
            | Self::Rename(name, _)
            | Self::Append(name, _)
            | Self::Prepend(name, _) => Some(name),
            Self::Text(_) | Self::Suffix(_) => None,
        }
    }
}

/// A change of a whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseEdit {
    /// It has this status.
    Status(u16),
    /// It has this header (value with placeholders), in place of others of the name.
    Header(String, String),
    /// It has this header besides others of the name.
    AddHeader(String, String),
    /// It has no such header.
    RemoveHeader(String),
    /// Its JSON object is changed.
    Json(JsonEdit),
    /// Its body is this text (with placeholders).
    Text(String),
    /// Its body is these octets.
    Octets(Vec<u8>),
    /// Its body is followed by so many blanks.
    Blanks(usize),
    /// Its JSON object is sent as `application/x-www-form-urlencoded`, as GitHub does by default.
    FormEncoded,
}
