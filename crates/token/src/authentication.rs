//! How the client proves who it is: exactly one way in one request (RFC 6749 section 2.3).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use proofkey_authorize::{AuthorizationServer, ClientId, form};
use zeroize::Zeroizing;

use crate::secret::ClientSecret;

/// The client's authentication at the token and revocation endpoints.
///
/// [`none`](Self::none) is right for an application that cannot keep a secret (native, single-page):
/// PKCE protects its code. With a secret, [`secret`](Self::secret) takes the way that the server
/// announces; [`basic`](Self::basic) and [`post`](Self::post) name one.
pub struct ClientAuthentication(Method);

enum Method {
    None,
    Announced(ClientSecret),
    Basic(ClientSecret),
    Post(ClientSecret),
}

impl ClientAuthentication {
    /// A public client: `client_id` goes into the body (RFC 6749 section 3.2.1).
    #[must_use]
    pub fn none() -> Self {
        Self(Method::None)
    }

    /// The secret, in the way that the server announces: HTTP Basic when it names
    /// `client_secret_basic` or nothing (RFC 8414 section 2), the body when it names
    /// `client_secret_post` only.
    #[must_use]
    pub fn secret(secret: ClientSecret) -> Self {
        Self(Method::Announced(secret))
    }

    /// `client_secret_basic`: HTTP Basic, with identifier and secret form-encoded first (RFC 6749
    /// section 2.3.1).
    #[must_use]
    pub fn basic(secret: ClientSecret) -> Self {
        Self(Method::Basic(secret))
    }

    /// `client_secret_post`: identifier and secret in the body.
    #[must_use]
    pub fn post(secret: ClientSecret) -> Self {
        Self(Method::Post(secret))
    }

    /// Adds what belongs into the body and gives what belongs into `Authorization`.
    pub(crate) fn apply(
        &self,
        server: &AuthorizationServer,
        client_id: &ClientId,
        body: &mut String,
    ) -> Option<HeaderValue> {
        match &self.0 {
            Method::Basic(secret) => Some(basic(client_id, secret)),
            Method::Announced(secret) if takes_basic(server) => Some(basic(client_id, secret)),
            Method::None => {
                form::append_pair(body, "client_id", client_id.as_str());
                None
            }
            Method::Announced(secret) | Method::Post(secret) => {
                form::append_pair(body, "client_id", client_id.as_str());
                form::append_pair(body, "client_secret", secret.expose());
                None
            }
        }
    }
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Method::None => "ClientAuthentication(none)",
            Method::Announced(_) => "ClientAuthentication(secret, ..)",
            Method::Basic(_) => "ClientAuthentication(basic, ..)",
            Method::Post(_) => "ClientAuthentication(post, ..)",
        })
    }
}

/// Basic unless the server announces the body and not Basic.
fn takes_basic(server: &AuthorizationServer) -> bool {
    let mut post_only = false;
    for method in server.token_endpoint_auth_methods() {
        match method {
            "client_secret_basic" => return true,
            "client_secret_post" => post_only = true,
            _ => {}
        }
    }
    !post_only
}

fn basic(client_id: &ClientId, secret: &ClientSecret) -> HeaderValue {
    // An escape makes three octets of one: with this room nothing is left behind by growing.
    let room = 3 * (client_id.as_str().len() + secret.expose().len()) + 1;
    let mut pair = Zeroizing::new(String::with_capacity(room));
    form::encode_into(&mut pair, client_id.as_str());
    pair.push(':');
    form::encode_into(&mut pair, secret.expose());
    let mut text = Zeroizing::new(String::with_capacity(pair.len() * 4 / 3 + 16));
    text.push_str("Basic ");
    STANDARD.encode_string(pair.as_bytes(), &mut text);
    sensitive(&text)
}

/// A header value that HTTP libraries keep out of their logs and compression tables.
pub(crate) fn sensitive(ascii: &str) -> HeaderValue {
    // Only printable ASCII comes here, which every header value may hold.
    let mut value = HeaderValue::from_str(ascii).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
