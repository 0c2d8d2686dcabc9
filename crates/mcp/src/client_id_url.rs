//! A client identifier that is the address of the client's metadata (draft-ietf-oauth-client-id-metadata-document).

use std::error::Error;
use std::fmt;

use proofkey::authorize::{ClientId, Endpoint, InvalidValue};

/// A URL that is a client identifier: an authorization server fetches the client's metadata from it (Client ID Metadata
/// Document section 3). Serve [`McpClient::client_id_document`](crate::McpClient::client_id_document) there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdUrl(ClientId);

impl ClientIdUrl {
    /// Parses the URL. It keeps the bytes, since the document must repeat them.
    ///
    /// # Errors
    ///
    /// [`ClientIdUrlError`] unless it is an https URL with a path, without dot segments, fragment and user name.
    pub fn new(url: impl AsRef<str>) -> Result<Self, ClientIdUrlError> {
        let url = url.as_ref();
        Endpoint::new(url).map_err(ClientIdUrlError::Url)?;
        let rest = url.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("https://")).map(|_| &url[8..]);
        let rest = rest.ok_or(ClientIdUrlError::NotHttps)?;
        let path = rest.split('?').next().unwrap_or_default().split_once('/').map_or("", |(_, path)| path);
        if path.is_empty() {
            return Err(ClientIdUrlError::NoPath);
        }
        let is_dots = |segment: &str| matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..");
        if path.split('/').any(is_dots) {
            return Err(ClientIdUrlError::DotSegment);
        }
        ClientId::new(url).map(Self).map_err(ClientIdUrlError::Url)
    }

    /// Returns the identifier.
    #[must_use]
    pub fn as_client_id(&self) -> &ClientId {
        &self.0
    }
}

/// The error for a URL that cannot be a client identifier. Each description begins with the [code](Self::code), or the
/// error in the variant has one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientIdUrlError {
    /// It is not the URL of an endpoint, or has a fragment or a user name.
    Url(InvalidValue),
    /// `client_id_url_scheme`: the scheme is not https.
    NotHttps,
    /// `client_id_url_path`: it has no path.
    NoPath,
    /// `client_id_url_dot_segment`: a segment of its path is one or two dots, which some parsers remove.
    DotSegment,
}

impl ClientIdUrlError {
    /// Returns the stable code: the word at the head of each variant's description, or that of the error in the variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url(error) => error.code(),
            Self::NotHttps => "client_id_url_scheme",
            Self::NoPath => "client_id_url_path",
            Self::DotSegment => "client_id_url_dot_segment",
        }
    }
}

impl fmt::Display for ClientIdUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("client identifier: ")?;
        match self {
            Self::Url(error) => error.fmt(f),
            Self::NotHttps => f.write_str("expected an https URL"),
            Self::NoPath => f.write_str("expected a URL with a path, such as https://app.example/client.json"),
            Self::DotSegment => f.write_str("expected a path without the segments . and .."),
        }
    }
}

impl Error for ClientIdUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mc_17_a_client_id_url_is_https_with_a_path_and_nothing_that_readers_change() {
        for url in ["https://app.example/client.json", "https://app.example:8443/a/b?v=1", "https://app.example/..a/.b"]
        {
            assert_eq!(ClientIdUrl::new(url).unwrap().as_client_id().as_str(), url);
        }
        for (url, code) in [
            ("http://app.example/client.json", "value_plain_http"),
            ("http://127.0.0.1/client.json", "client_id_url_scheme"),
            ("https://app.example", "client_id_url_path"),
            ("https://app.example/", "client_id_url_path"),
            ("https://app.example/?a=/b", "client_id_url_path"),
            ("https://app.example?a=/b", "client_id_url_path"),
            ("https://app.example/./client.json", "client_id_url_dot_segment"),
            ("https://app.example/a/../client.json", "client_id_url_dot_segment"),
            ("https://app.example/%2E%2e/client.json", "client_id_url_dot_segment"),
            ("https://app.example/a/.%2e", "client_id_url_dot_segment"),
            ("https://app.example/client.json#a", "value_fragment"),
            ("https://me@app.example/client.json", "value_userinfo"),
            ("javascript:alert(1)", "value_scheme"),
        ] {
            let error = ClientIdUrl::new(url).unwrap_err();
            assert_eq!(error.code(), code, "{url}: {error}");
        }
    }
}
