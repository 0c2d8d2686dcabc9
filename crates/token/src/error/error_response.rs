//! The error document (RFC 6749 section 5.2).

use std::fmt;
use std::time::Duration;

use proofkey_authorize::Deviations;
use serde_json::{Map, Value};

use crate::shown::{shown, shown_without_secrets};

/// An error document of the token, revocation or userinfo endpoint (RFC 6749 section 5.2, RFC 6750
/// section 3).
///
/// The texts are the server's, shortened and reduced to the characters that those sections permit. A
/// server can repeat in them what it was sent, so `Debug` and `Display` of every error leave out each
/// word of more than 20 characters with a digit or a capital letter. The methods here return the whole
/// text; escape it before it goes into a page.
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorResponse(Box<Document>);

/// Behind a pointer, so that the errors that hold one stay small.
#[derive(Clone, PartialEq, Eq)]
struct Document {
    status: u16,
    error: String,
    description: Option<String>,
    uri: Option<String>,
    further: Map<String, Value>,
    retry_after: Option<Duration>,
    deviations: Deviations,
}

impl ErrorResponse {
    pub(crate) fn new(
        status: u16,
        error: &str,
        description: Option<&str>,
        uri: Option<&str>,
        further: Map<String, Value>,
        retry_after: Option<Duration>,
    ) -> Self {
        Self(Box::new(Document {
            status,
            error: permitted(error, 128),
            description: description.map(|text| permitted(text, 1024)),
            uri: uri.map(|text| permitted(text, 1024)),
            further,
            retry_after,
            deviations: Deviations::NONE,
        }))
    }

    /// The same, with the deviations that had to be tolerated to read it.
    pub(crate) fn listing(mut self, deviations: Deviations) -> Self {
        self.0.deviations = deviations;
        self
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Returns the server's `error`, such as `invalid_grant`; at most 128 characters.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.0.error
    }

    /// Returns `error_description`, which is meant for developers; at most 1024 characters.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Returns `error_uri`, the address of a page about the error; at most 1024 characters. It is not
    /// checked to be a URL.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.0.uri.as_deref()
    }

    /// Returns the other members of the document, such as a provider's own error numbers.
    #[must_use]
    pub fn further(&self) -> &Map<String, Value> {
        &self.0.further
    }

    /// Returns the time that the server asks to wait, at most one day.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the tolerated deviations that this error document needed.
    #[must_use]
    pub fn deviations(&self) -> Deviations {
        self.0.deviations
    }
}

impl fmt::Debug for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorResponse")
            .field("status", &self.0.status)
            .field("error", &shown_without_secrets(&self.0.error, 128))
            .field("retry_after", &self.0.retry_after)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown_without_secrets(&self.0.error, 128))?;
        if let Some(description) = &self.0.description {
            write!(f, " \"{}\"", shown_without_secrets(description, 300))?;
        }
        write!(f, " (status {})", self.0.status)
    }
}

/// The characters of RFC 6749 section 5.2: printable ASCII without `"` and `\`.
fn permitted(text: &str, limit: usize) -> String {
    shown(text, limit).replace(['"', '\\'], "?")
}
