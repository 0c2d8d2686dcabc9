use std::fmt;
use std::sync::Arc;

use crate::uri::Uri;
use crate::{InvalidValue, InvalidValueKind};

/// Where the authorization server sends the browser back to (RFC 6749 section 3.1.2, RFC 8252 section 7).
///
/// One of: an https URL; an http URL on a loopback host; a private-use scheme, which is a reversed domain name and so
/// has a dot, such as `com.example.app:/callback`. A query is kept, a fragment refused. It keeps the caller's bytes,
/// because the server compares them; a clone shares them.
///
/// For a loopback listener RFC 8252 section 8.3 prefers `127.0.0.1` or `[::1]` to `localhost`; `localhost` is accepted
/// because some servers ignore the port only for that name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(Arc<str>);

/// Schemes that a browser acts upon itself: no application is at the other end.
const BROWSER_SCHEMES: [&str; 9] =
    ["about", "blob", "data", "file", "filesystem", "ftp", "javascript", "vbscript", "view-source"];

impl RedirectUri {
    /// Reads the URI exactly as it was registered.
    ///
    /// # Errors
    /// [`InvalidValue`] that names what is wrong with the URI.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Self::checked(text.as_ref(), |uri| {
            if uri.is_https() || uri.is_loopback_http() || is_reversed_domain(uri.scheme) {
                Ok(())
            } else if uri.is_exposed() {
                Err(InvalidValueKind::PlainHttp)
            } else if is_application(uri.scheme) {
                Err(InvalidValueKind::PrivateUseScheme)
            } else {
                Err(InvalidValueKind::Scheme)
            }
        })
    }

    /// Reads a URI of a scheme that [`new`](Self::new) refuses and the caller names, without its colon: a private-use
    /// scheme without a dot (`vscode`, `myapp`), or `http` for a host that is not this machine.
    ///
    /// **Risk.** Any application on the device can register a scheme that is not a domain name of its own, and then
    /// receives the code (RFC 8252 sections 7.1 and 8.4); over http anyone on the network can read it. PKCE keeps such a
    /// code from being redeemed, as long as the server checks it.
    ///
    /// ```
    /// use proofkey_authorize::RedirectUri;
    ///
    /// assert!(RedirectUri::new("vscode://publisher.extension/callback").is_err());
    /// let redirect_uri = RedirectUri::with_scheme("vscode://publisher.extension/callback", "vscode")?;
    /// # drop(redirect_uri);
    /// # Ok::<(), proofkey_authorize::InvalidValue>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidValue`] that names what is wrong with the URI; [`InvalidValueKind::Scheme`] when its scheme is not
    /// `scheme`, or is one that browsers act upon themselves, such as `javascript`.
    pub fn with_scheme(text: impl AsRef<str>, scheme: &str) -> Result<Self, InvalidValue> {
        Self::checked(text.as_ref(), |uri| {
            let is_http = uri.is_https() || uri.is_loopback_http() || uri.is_exposed();
            if uri.scheme.eq_ignore_ascii_case(scheme) && (is_http || is_application(uri.scheme)) {
                Ok(())
            } else {
                Err(InvalidValueKind::Scheme)
            }
        })
    }

    /// Reads a URI that was accepted when the login began.
    pub(crate) fn stored(text: &str) -> Result<Self, InvalidValue> {
        Self::with_scheme(text, text.split_once(':').map_or("", |(scheme, _)| scheme))
    }

    fn checked(text: &str, check: impl Fn(&Uri<'_>) -> Result<(), InvalidValueKind>) -> Result<Self, InvalidValue> {
        let checked = Uri::parse(text).and_then(|uri| check(&uri));
        checked.map(|()| Self(text.into())).map_err(|kind| InvalidValue::new("redirect_uri", kind))
    }

    /// Returns the URI, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_reversed_domain(scheme: &str) -> bool {
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty())
}

/// Whether an application can be at the other end of a scheme; http and https have rules of their own.
fn is_application(scheme: &str) -> bool {
    !["http", "https"].iter().chain(&BROWSER_SCHEMES).any(|other| scheme.eq_ignore_ascii_case(other))
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedirectUri({:?})", self.as_str())
    }
}
