use std::fmt;

use zeroize::Zeroizing;

use crate::uri::Uri;
use crate::{AuthorizationServer, InvalidValue, Pending, form};

/// An authorization request that has begun and is to be pushed (RFC 9126). Its parameters are sent to the server
/// directly, and the browser carries a reference to them. Created by
/// [`AuthorizationRequest::begin_pushed`](crate::AuthorizationRequest::begin_pushed).
///
/// `proofkey-token` sends it (`PushRequest`). A failed push never falls back to a URL with parameters.
#[must_use = "it has to be pushed"]
pub struct PushableRequest<'a> {
    pub(crate) server: &'a AuthorizationServer,
    /// Every parameter, `client_id` included, form-encoded.
    pub(crate) form: Zeroizing<String>,
    pub(crate) pending: Pending,
}

impl<'a> PushableRequest<'a> {
    /// Returns the server that the request is for.
    pub fn server(&self) -> &'a AuthorizationServer {
        self.server
    }

    /// Returns every parameter of the authorization request, form-encoded, `client_id` among them.
    pub fn form(&self) -> &str {
        &self.form
    }

    /// Returns the login that the request begins.
    pub fn pending(&self) -> &Pending {
        &self.pending
    }

    /// Returns the URL for the browser, and the [`Pending`] that waits for the callback. The URL carries `client_id` and
    /// `request_uri`, and nothing else (RFC 9126 section 4).
    pub fn pushed(self, request_uri: &RequestUri) -> (String, Pending) {
        let endpoint = &self.server.authorization_endpoint;
        let mut url = format!("{}{}", endpoint.as_str(), endpoint.separator());
        url.push_str("client_id=");
        form::encode_into(&mut url, self.pending.terms.client_id.as_str());
        url.push_str("&request_uri=");
        form::encode_into(&mut url, request_uri.expose());
        (url, self.pending)
    }
}

/// Without the form: it holds `state`, `nonce` and what the caller asked for.
impl fmt::Debug for PushableRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushableRequest").field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// The reference to a pushed authorization request (RFC 9126 section 2.2). It is valid for one login, and only until it
/// expires. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestUri(String);

impl RequestUri {
    /// Parses a `request_uri`: an absolute URI, with any scheme.
    ///
    /// # Errors
    /// [`InvalidValue`] when this is not such a URI; its [kind](InvalidValue::kind) says why.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidValue> {
        let text = text.as_ref();
        Uri::parse(text).map_err(|kind| InvalidValue::new("request_uri", kind))?;
        Ok(Self(text.to_owned()))
    }

    /// Returns the URI itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RequestUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestUri(..)")
    }
}
