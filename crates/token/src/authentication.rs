//! How the client proves who it is: exactly one way in one request (RFC 6749 section 2.3).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use proofkey_authorize::{AuthorizationServer, ClientId, Deviation, Deviations, form};
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
    /// section 2.3.1), unless the server is known [not to decode](Deviation::BasicUnencoded) them.
    #[must_use]
    pub fn basic(secret: ClientSecret) -> Self {
        Self(Method::Basic(secret))
    }

    /// `client_secret_post`: identifier and secret in the body.
    #[must_use]
    pub fn post(secret: ClientSecret) -> Self {
        Self(Method::Post(secret))
    }

    /// The most octets that [`apply`](Self::apply) adds to the body: each may become an escape of three.
    pub(crate) fn room(&self, client_id: &ClientId) -> usize {
        let secret = match &self.0 {
            Method::None | Method::Basic(_) => 0,
            Method::Announced(secret) | Method::Post(secret) => secret.expose().len(),
        };
        "&client_id=&client_secret=".len() + 3 * (client_id.as_str().len() + secret)
    }

    /// Adds what belongs into the body and gives what belongs into `Authorization`.
    pub(crate) fn apply(
        &self,
        server: &AuthorizationServer,
        client_id: &ClientId,
        body: &mut String,
        noted: &mut Deviations,
    ) -> Option<HeaderValue> {
        match &self.0 {
            Method::Basic(secret) => Some(basic(server, client_id, secret, noted)),
            Method::Announced(secret) if takes_basic(server) => Some(basic(server, client_id, secret, noted)),
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

fn basic(
    server: &AuthorizationServer,
    client_id: &ClientId,
    secret: &ClientSecret,
    noted: &mut Deviations,
) -> HeaderValue {
    let (id, secret) = (client_id.as_str(), secret.expose());
    // An escape makes three octets of one: with this room nothing is left behind by growing.
    let mut pair = Zeroizing::new(String::with_capacity(3 * (id.len() + secret.len()) + 1));
    form::encode_into(&mut pair, id);
    pair.push(':');
    form::encode_into(&mut pair, secret);
    let is_escaped = pair.len() != id.len() + 1 + secret.len();
    if is_escaped && server.compat().allows(Deviation::BasicUnencoded) {
        *noted = noted.with(Deviation::BasicUnencoded);
        pair.clear();
        pair.push_str(id);
        pair.push(':');
        pair.push_str(secret);
    }
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
