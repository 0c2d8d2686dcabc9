use std::fmt;
use std::sync::Arc;

use crate::InvalidValue;
use crate::Problem;
use crate::uri::Uri;

/// An issuer identifier: an https URL without query and fragment, or the same with http on a loopback host
/// (RFC 8414 section 2, RFC 9207 section 2).
///
/// It keeps the caller's bytes, and `==` compares them: `https://as.example` and `https://as.example/` are two
/// issuers. A clone shares the text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Issuer(Arc<str>);

impl Issuer {
    /// Takes the issuer identifier as the authorization server's documentation gives it, with or without the slash
    /// at its end.
    ///
    /// # Errors
    /// [`InvalidValue`] that names what is wrong with the URL.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        let check = || {
            let uri = Uri::parse(text)?;
            if !uri.is_https() && !uri.is_loopback_http() {
                return Err(Problem::Scheme);
            }
            if uri.query.is_some() {
                return Err(Problem::Query);
            }
            Ok(())
        };
        check().map_err(|problem| InvalidValue::new("issuer", problem))?;
        Ok(Self(text.into()))
    }

    /// The identifier, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme and authority, and the path behind them without a slash at its end.
    pub(crate) fn origin_and_path(&self) -> (&str, &str) {
        let path = Uri::parse(&self.0).map_or("", |uri| uri.path);
        let origin = &self.0[..self.0.len() - path.len()];
        (origin, path.strip_suffix('/').unwrap_or(path))
    }

    pub(crate) fn is_https(&self) -> bool {
        Uri::parse(&self.0).is_ok_and(|uri| uri.is_https())
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({:?})", self.as_str())
    }
}
