use std::sync::Arc;

use crate::text::text_value;
use crate::uri::Uri;
use crate::{InvalidValue, InvalidValueKind};

/// The `redirect_uri`: where the authorization server sends the browser back to (RFC 6749 section 3.1.2, RFC 8252
/// section 7).
///
/// It is one of:
///
/// - an https URL;
/// - an http URL on a loopback host. RFC 8252 section 8.3 prefers `127.0.0.1` or `[::1]` to `localhost`, which is accepted
///   because some servers ignore the port for that name only;
/// - a URI with a private-use scheme that is a reversed domain name, such as `com.example.app:/callback`.
///
/// It keeps the caller's bytes, its query included, because the server compares them; a fragment is refused. A clone
/// shares the text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(Arc<str>);

/// Schemes that a browser acts upon itself: no application is at the other end.
const BROWSER_SCHEMES: [&str; 9] =
    ["about", "blob", "data", "file", "filesystem", "ftp", "javascript", "vbscript", "view-source"];

impl RedirectUri {
    /// Parses a redirect URI. Write it exactly as it was registered.
    ///
    /// # Errors
    /// [`InvalidValue`] when this is not such a URI; its [kind](InvalidValue::kind) says why.
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

    /// Parses a redirect URI with a scheme that [`new`](Self::new) refuses: a private-use scheme without a dot (`vscode`,
    /// `myapp`), or `http` on a host that is not this machine. `scheme` names it, without the colon.
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
    /// [`InvalidValue`] when this is not such a URI; its kind is [`InvalidValueKind::Scheme`] when the scheme is not
    /// `scheme`, or is one that browsers handle themselves, such as `javascript`.
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

text_value!(RedirectUri);
