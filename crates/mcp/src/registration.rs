//! The client's registration at one authorization server.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proofkey::authorize::{ClientId, InvalidValue, Issuer, RedirectUri};
use proofkey::token::{ClientAuthentication, ClientSecret};
use zeroize::Zeroizing;

use crate::client_id_url::ClientIdUrl;

/// The client's registration at one authorization server: its identifier there, and its secret if it has one.
///
/// It belongs to that issuer and is never used at another one (MCP "Authorization Server Binding"). Store it
/// ([`to_json`](Self::to_json)) by issuer, so that the client does not register itself again at each login.
#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    pub(crate) kind: Kind,
    pub(crate) issuer: String,
    pub(crate) client_id: ClientId,
    pub(crate) method: Method,
    pub(crate) secret: Option<Zeroizing<String>>,
    /// In seconds since 1970.
    pub(crate) secret_expires_at: Option<u64>,
    /// Empty when nothing is known about them.
    pub(crate) redirect_uris: Vec<String>,
}

/// How a registration came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ByHand,
    Document,
    Dynamic,
}

/// Where the secret is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    None,
    Announced,
    Basic,
    Post,
}

impl Registration {
    /// Creates the registration of a client that was registered manually: `client_id` is its identifier at `issuer`. It
    /// has no secret.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] when the identifier is not valid.
    pub fn new(issuer: impl Into<String>, client_id: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Ok(Self {
            kind: Kind::ByHand,
            issuer: issuer.into(),
            client_id: ClientId::new(client_id)?,
            method: Method::None,
            secret: None,
            secret_expires_at: None,
            redirect_uris: Vec::new(),
        })
    }

    /// Sets the client's secret, which is sent by the method that the server announces.
    #[must_use]
    pub fn with_secret(self, secret: &ClientSecret) -> Self {
        Self { method: Method::Announced, secret: Some(Zeroizing::new(secret.expose().to_owned())), ..self }
    }

    /// The same client at any server: its identifier says where its metadata are.
    pub(crate) fn of_document(issuer: &Issuer, url: &ClientIdUrl) -> Self {
        Self {
            kind: Kind::Document,
            issuer: issuer.as_str().to_owned(),
            client_id: url.as_client_id().clone(),
            method: Method::None,
            secret: None,
            secret_expires_at: None,
            redirect_uris: Vec::new(),
        }
    }

    /// Returns the issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the client identifier.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Returns whether the client registered itself (RFC 7591). Store such a registration.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.kind == Kind::Dynamic
    }

    /// Whether it holds for this issuer and redirect URI, at `now`.
    pub(crate) fn is_usable(&self, issuer: &Issuer, redirect_uri: &RedirectUri, now: SystemTime) -> bool {
        let expires_at = self.secret_expires_at.and_then(|at| UNIX_EPOCH.checked_add(Duration::from_secs(at)));
        let covers = |registered: &String| {
            registered == redirect_uri.as_str()
                || without_port(registered).is_some_and(|own| without_port(redirect_uri.as_str()) == Some(own))
        };
        self.issuer == issuer.as_str()
            && expires_at.is_none_or(|at| now < at)
            && (self.redirect_uris.is_empty() || self.redirect_uris.iter().any(covers))
    }

    pub(crate) fn authentication(&self) -> ClientAuthentication {
        let secret = self.secret.as_ref().and_then(|secret| ClientSecret::new(secret.as_str()).ok());
        match (self.method, secret) {
            (Method::None, _) | (_, None) => ClientAuthentication::none(),
            (Method::Announced, Some(secret)) => ClientAuthentication::secret(secret),
            (Method::Basic, Some(secret)) => ClientAuthentication::basic(secret),
            (Method::Post, Some(secret)) => ClientAuthentication::post(secret),
        }
    }
}

/// A redirect URI at a loopback IP literal without its port, which may vary (RFC 8252 section 7.3).
fn without_port(uri: &str) -> Option<(&str, &str)> {
    ["http://127.0.0.1", "http://[::1]"].into_iter().find_map(|origin| {
        let rest = uri.strip_prefix(origin)?;
        let behind = rest.strip_prefix(':').map(|port| port.trim_start_matches(|c: char| c.is_ascii_digit()));
        let path = behind.unwrap_or(rest);
        (path.is_empty() || path.starts_with(['/', '?'])).then_some((origin, path))
    })
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("kind", &self.kind)
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_loopback_address_may_vary_and_nothing_else() {
        let registered = Registration {
            redirect_uris: vec!["http://127.0.0.1:8091/callback".into()],
            ..Registration::new("https://as.example", "client").unwrap()
        };
        let issuer = Issuer::new("https://as.example").unwrap();
        let usable = |uri: &str| registered.is_usable(&issuer, &RedirectUri::new(uri).unwrap(), SystemTime::UNIX_EPOCH);
        for uri in ["http://127.0.0.1:8091/callback", "http://127.0.0.1:50000/callback", "http://127.0.0.1/callback"] {
            assert!(usable(uri), "{uri}");
        }
        for uri in [
            "http://127.0.0.1:8091/cb",
            "http://[::1]:8091/callback",
            "http://localhost:8091/callback",
            "https://a.example/callback",
        ] {
            assert!(!usable(uri), "{uri}");
        }
    }

    #[test]
    fn a_registration_for_one_https_address_does_not_hold_for_another() {
        let registered = Registration {
            redirect_uris: vec!["https://a.example/callback".into()],
            ..Registration::new("https://as.example", "client").unwrap()
        };
        let issuer = Issuer::new("https://as.example").unwrap();
        let usable = |uri: &str| registered.is_usable(&issuer, &RedirectUri::new(uri).unwrap(), SystemTime::UNIX_EPOCH);
        assert!(usable("https://a.example/callback"));
        for uri in ["https://b.example/callback", "http://localhost:8091/callback", "http://127.0.0.1/callback"] {
            assert!(!usable(uri), "{uri}");
        }
    }

    #[test]
    fn mc_20_it_is_of_one_issuer_and_its_secret_expires() {
        let uri = RedirectUri::new("http://127.0.0.1/callback").unwrap();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let own =
            Registration { secret_expires_at: Some(100), ..Registration::new("https://as.example", "c").unwrap() };
        let issuer = |text| Issuer::new(text).unwrap();
        assert!(own.is_usable(&issuer("https://as.example"), &uri, at(99)));
        assert!(!own.is_usable(&issuer("https://as.example"), &uri, at(100)));
        assert!(!own.is_usable(&issuer("https://as.example/"), &uri, at(99)));
    }
}
