use std::sync::Arc;

use crate::text::text_value;
use crate::uri::Uri;
use crate::{InvalidValue, InvalidValueKind};

/// The URL of an endpoint: https, or http on a loopback host (RFC 6749 sections 3.1 and 3.2).
///
/// It keeps the caller's bytes, its query included; a fragment is refused. A clone shares the text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    text: Arc<str>,
    /// Where its query begins. Every login needs it.
    query: Option<usize>,
    is_exposed: bool,
}

impl Endpoint {
    /// Parses an absolute URL. [`Compat::endpoint`](crate::Compat::endpoint) also accepts http on named hosts.
    ///
    /// # Errors
    /// [`InvalidValue`] when this is not such a URL; its [kind](InvalidValue::kind) says why.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Self::permitting(text.as_ref(), |_| false)
    }

    /// Reads an absolute URL; http is also accepted on a host that `permits` accepts.
    pub(crate) fn permitting(text: &str, permits: impl Fn(&str) -> bool) -> Result<Self, InvalidValue> {
        let check = || {
            let uri = Uri::parse(text)?;
            uri.check_transport(permits)?;
            Ok(uri)
        };
        let uri = check().map_err(|kind: InvalidValueKind| InvalidValue::new("endpoint", kind))?;
        let query = uri.query.map(|query| text.len() - query.len());
        Ok(Self { text: text.into(), query, is_exposed: uri.is_exposed() })
    }

    /// Returns the URL, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the query of the URL, without the `?`; `None` when the URL has no `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.map(|start| &self.text[start..])
    }

    /// What comes between the URL and further parameters: its own query is kept (RFC 6749 section 3.1).
    pub(crate) fn separator(&self) -> &'static str {
        match self.query() {
            None => "?",
            Some("") => "",
            Some(_) => "&",
        }
    }

    pub(crate) fn host(&self) -> Option<&str> {
        Uri::parse(&self.text).ok().and_then(|uri| uri.host)
    }

    /// Returns whether the host is a loopback host, with any scheme.
    #[doc(hidden)]
    pub fn is_loopback(&self) -> bool {
        Uri::parse(&self.text).is_ok_and(|uri| uri.is_loopback())
    }

    pub(crate) fn is_loopback_http(&self) -> bool {
        Uri::parse(&self.text).is_ok_and(|uri| uri.is_loopback_http())
    }

    /// Whether it is http on another machine.
    pub(crate) fn is_exposed(&self) -> bool {
        self.is_exposed
    }
}

text_value!(Endpoint);
