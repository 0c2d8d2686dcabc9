use std::fmt;
use std::sync::Arc;

use crate::uri::Uri;
use crate::{InvalidValue, Problem};

/// The URL of an endpoint: https, or http on a loopback host; a query of its own is kept, a fragment refused
/// (RFC 6749 sections 3.1 and 3.2). It keeps the caller's bytes; a clone shares them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    text: Arc<str>,
    /// Where its query begins. It is asked for at each login.
    query: Option<usize>,
}

impl Endpoint {
    /// Takes an absolute URL.
    ///
    /// # Errors
    /// [`InvalidValue`] that names what is wrong with the URL.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        match Uri::parse(text) {
            Ok(uri) if uri.is_https() || uri.is_loopback_http() => {
                Ok(Self { text: text.into(), query: uri.query.map(|query| text.len() - query.len()) })
            }
            Ok(_) => Err(InvalidValue::new("endpoint", Problem::Scheme)),
            Err(problem) => Err(InvalidValue::new("endpoint", problem)),
        }
    }

    /// The URL, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The query that the endpoint was registered with, without the `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.map(|start| &self.text[start..])
    }

    pub(crate) fn is_https(&self) -> bool {
        Uri::parse(&self.text).is_ok_and(|uri| uri.is_https())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({:?})", self.as_str())
    }
}
