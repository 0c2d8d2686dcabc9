use std::sync::Arc;

use crate::text::text_value;
use crate::uri::Uri;
use crate::{InvalidValue, InvalidValueKind};

/// An issuer identifier: a URL without query and fragment, with https, or with http on a loopback host (RFC 8414 section
/// 2, RFC 9207 section 2).
///
/// It keeps the caller's bytes, and `==` compares them: `https://as.example` and `https://as.example/` are two
/// issuers. A clone shares the text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Issuer {
    text: Arc<str>,
    /// Every token request asks.
    is_exposed: bool,
}

impl Issuer {
    /// Parses an issuer identifier. Write it as the provider documents it, with or without a slash at its end.
    /// [`Compat::issuer`](crate::Compat::issuer) also accepts http on named hosts.
    ///
    /// # Errors
    /// [`InvalidValue`] when this is not such a URL; its [kind](InvalidValue::kind) says why.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Self::permitting(text.as_ref(), |_| false)
    }

    /// Reads an issuer identifier; http is also accepted on a host that `permits` accepts.
    pub(crate) fn permitting(text: &str, permits: impl Fn(&str) -> bool) -> Result<Self, InvalidValue> {
        let check = || {
            let uri = Uri::parse(text)?;
            uri.check_transport(permits)?;
            if uri.query.is_some() { Err(InvalidValueKind::Query) } else { Ok(uri.is_exposed()) }
        };
        let is_exposed = check().map_err(|kind| InvalidValue::new("issuer", kind))?;
        Ok(Self { text: text.into(), is_exposed })
    }

    /// Reads an issuer that was accepted when the login began.
    pub(crate) fn stored(text: &str) -> Result<Self, InvalidValue> {
        Self::permitting(text, |_| true)
    }

    /// Returns the identifier, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme and authority, and the path behind them without a slash at its end.
    pub(crate) fn origin_and_path(&self) -> (&str, &str) {
        let path = Uri::parse(&self.text).map_or("", |uri| uri.path);
        let origin = &self.text[..self.text.len() - path.len()];
        (origin, path.strip_suffix('/').unwrap_or(path))
    }

    pub(crate) fn is_loopback(&self) -> bool {
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

text_value!(Issuer);
