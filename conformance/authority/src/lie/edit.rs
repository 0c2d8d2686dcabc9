//! Changes of JSON documents, parameter lists and whole responses.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change of a member of a JSON object, or of its whole text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonEdit {
    /// Sets the member to this value, whose strings can contain placeholders; adds it if absent.
    Set(String, Value),
    /// Sets the value of the member to this text, which need not be JSON: `1e400`, `NaN`, `{jwk}`.
    SetText(String, String),
    /// Sets the member to the time this many seconds from now, as an integer.
    SetTime(String, i64),
    /// Sets the member to the time this many seconds from now, as a number with a fraction.
    SetTimeFraction(String, f64),
    /// Sets the member to the time this many seconds from now, as a string.
    SetTimeString(String, i64),
    /// Sets the member to an array of copies of a string, followed by a last string.
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
    /// Sets the member to arrays that are nested this deep.
    SetDeep(String, usize),
    /// Sets the member to a string of this many bytes.
    SetLong(String, usize),
    /// Sets the member to a string of these bytes, which need not be UTF-8.
    SetOctets(String, Vec<u8>),
    /// Removes the member.
    Remove(String),
    /// Renames the member.
    Rename(String, String),
    /// Repeats the member, at the end, with this value.
    Duplicate(String, Value),
    /// Repeats the member, at the beginning, with this value.
    DuplicateFirst(String, Value),
    /// Replaces the document by this text (with placeholders).
    Text(String),
    /// Replaces the document by these bytes.
    Octets(Vec<u8>),
    /// Inserts these bytes before the document.
    Prefix(Vec<u8>),
    /// Appends these bytes to the document.
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

/// A change of a parameter list: a query or a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamEdit {
    /// Sets the parameter to this value (with placeholders); adds it if absent.
    Set(String, String),
    /// Sets the value of the parameter to this percent-encoded text, which is sent unchanged.
    SetEncoded(String, String),
    /// Sets the parameter to this many letters `a`.
    SetLong(String, usize),
    /// Removes the parameter.
    Remove(String),
    /// Renames the parameter.
    Rename(String, String),
    /// Repeats the parameter, at the end.
    Append(String, String),
    /// Repeats the parameter, at the beginning.
    Prepend(String, String),
    /// Replaces the whole encoded text (with placeholders).
    Text(String),
    /// Appends this text, unchanged, to the encoded text.
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

/// A change of a whole response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseEdit {
    /// Sets the status.
    Status(u16),
    /// Sets this header (value with placeholders), replacing others of that name.
    Header(String, String),
    /// Adds this header (value with placeholders), keeping others of that name.
    AddHeader(String, String),
    /// Removes the header.
    RemoveHeader(String),
    /// Changes the JSON object.
    Json(JsonEdit),
    /// Replaces the body by this text (with placeholders).
    Text(String),
    /// Replaces the body by these bytes.
    Octets(Vec<u8>),
    /// Appends this many spaces to the body.
    Blanks(usize),
    /// Sends the JSON object as `application/x-www-form-urlencoded`, as GitHub does by default.
    FormEncoded,
}
