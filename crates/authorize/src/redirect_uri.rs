use std::fmt;
use std::sync::Arc;

use crate::uri::Uri;
use crate::{InvalidValue, InvalidValueKind};

/// Where the authorization server sends the browser back to (RFC 6749 section 3.1.2, RFC 8252 section 7).
///
/// One of: an https URL; an http URL on a loopback host; a private-use scheme, which is a reversed domain name and
/// so has a dot, such as `com.example.app:/callback`. A query is kept, a fragment refused. It keeps the caller's
/// bytes, because the server compares them; a clone shares them.
///
/// For a loopback listener RFC 8252 section 8.3 prefers `127.0.0.1` or `[::1]` to `localhost`; `localhost` is taken
/// because some servers ignore the port only for that name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(Arc<str>);

impl RedirectUri {
    /// Takes the URI exactly as it was registered.
    ///
    /// # Errors
    /// [`InvalidValue`] that names what is wrong with the URI.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        match Uri::parse(text) {
            Ok(uri) if uri.is_https() || uri.is_loopback_http() || is_private_use(&uri) => Ok(Self(text.into())),
            Ok(uri) if uri.is_exposed() => Err(InvalidValue::new("redirect_uri", InvalidValueKind::PlainHttp)),
            Ok(_) => Err(InvalidValue::new("redirect_uri", InvalidValueKind::Scheme)),
            Err(kind) => Err(InvalidValue::new("redirect_uri", kind)),
        }
    }

    /// The URI, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_private_use(uri: &Uri<'_>) -> bool {
    uri.scheme.split('.').count() > 1 && uri.scheme.split('.').all(|label| !label.is_empty())
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedirectUri({:?})", self.as_str())
    }
}
