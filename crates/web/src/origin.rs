//! Where the application is reached: its redirect URIs, and their origin.

use proofkey::authorize::RedirectUri;

use crate::error::SetupError;

/// A redirect URI, and where the requests to it arrive.
pub(crate) struct Address {
    pub(crate) uri: RedirectUri,
    pub(crate) origin: Origin,
    /// The path of its route.
    pub(crate) path: String,
}

impl Address {
    pub(crate) fn parse(uri: impl AsRef<str>) -> Result<Self, SetupError> {
        let uri = RedirectUri::new(uri)?;
        let refused = || SetupError::RedirectUri { redirect_uri: uri.as_str().to_owned() };
        let (scheme, rest) = uri.as_str().split_once("://").ok_or_else(refused)?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => return Err(refused()),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let path = path.split('?').next().unwrap_or_default();
        if path.len() < 2 {
            return Err(refused());
        }
        let authority = authority.to_ascii_lowercase();
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
        let origin = Origin { text: format!("{scheme}://{authority}") };
        let path = path.to_owned();
        Ok(Self { uri, origin, path })
    }
}

/// Scheme, host and port, as browsers write them in `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    text: String,
}

impl Origin {
    /// `https://app.example`, without a slash at the end.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is https. Plain http is allowed on loopback only, by [`RedirectUri::new`].
    pub(crate) fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// The port, if it is not that of the scheme.
    pub(crate) fn port(&self) -> &str {
        let authority = self.text.rsplit("://").next().unwrap_or_default();
        let (_, port) = authority.rsplit_once(':').unwrap_or_default();
        if port.bytes().all(|byte| byte.is_ascii_digit()) { port } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str) -> Option<(String, String, String)> {
        match Address::parse(uri) {
            Ok(Address { origin, path, .. }) => Some((origin.as_str().to_owned(), origin.port().to_owned(), path)),
            Err(SetupError::RedirectUri { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn an_origin_is_written_as_a_browser_does() {
        for (uri, origin, port, path) in [
            ("https://app.example/callback", "https://app.example", "", "/callback"),
            ("HTTPS://App.Example:443/a/b?c=/d", "https://app.example", "", "/a/b"),
            ("https://app.example:8443/callback", "https://app.example:8443", "8443", "/callback"),
            ("http://localhost:80/callback", "http://localhost", "", "/callback"),
            ("http://[::1]:8091/callback", "http://[::1]:8091", "8091", "/callback"),
            ("http://[::1]/callback", "http://[::1]", "", "/callback"),
        ] {
            assert_eq!(of(uri), Some((origin.to_owned(), port.to_owned(), path.to_owned())), "{uri}");
        }
        for uri in
            ["https://app.example", "https://app.example/", "https://app.example?a=/b", "com.example.app:/callback"]
        {
            assert_eq!(of(uri), None, "{uri}");
        }
    }
}
