//! The MCP server that tokens are for.

use std::fmt;

use proofkey::authorize::{Endpoint, InvalidValue};
use proofkey::http::Uri;

/// The canonical URI of an MCP server: the address of its endpoint, which is its resource identifier (RFC 8707 section
/// 2, RFC 9728 section 1.2).
///
/// It is https, or http on a loopback host, without a fragment. It keeps the caller's bytes: write it as the server
/// documents it, without a trailing slash unless the server has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpServer(Endpoint);

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

impl McpServer {
    /// Parses the address of an MCP endpoint, such as `https://mcp.example.com/mcp`.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`] when this is not such a URL; its kind says why.
    pub fn new(url: impl AsRef<str>) -> Result<Self, InvalidValue> {
        Endpoint::new(url).map(Self)
    }

    /// Returns the URL, byte for byte.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the address of the server's metadata (RFC 9728 section 3.1): the well-known path between host and path.
    #[must_use]
    pub fn metadata_url(&self) -> String {
        let (origin, path) = self.origin_and_path();
        let path = if path == "/" { "" } else { path };
        // A slash that only separates the host from a query is no path of its own.
        let path = path.strip_prefix('/').filter(|rest| rest.starts_with('?')).unwrap_or(path);
        format!("{origin}{WELL_KNOWN}{path}")
    }

    /// The addresses at which the metadata can be, in their order: with the server's path, then at the root.
    pub(crate) fn metadata_urls(&self) -> Vec<String> {
        let mut urls = vec![self.metadata_url()];
        let root = format!("{}{WELL_KNOWN}", self.origin_and_path().0);
        if urls[0] != root {
            urls.push(root);
        }
        urls
    }

    /// Whether the server is on a loopback host.
    pub(crate) fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// Whether `resource` is this server's origin, or a path above it, segment by segment.
    pub(crate) fn is_below(&self, resource: &str) -> bool {
        let Ok(parent) = Self::new(resource) else { return false };
        let (own, above) = (self.origin_and_path(), parent.origin_and_path());
        let path = above.1.strip_suffix('/').unwrap_or(above.1);
        let rest = own.1.strip_prefix(path);
        own.0 == above.0 && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    /// Whether a request to `uri` is one to this server.
    pub(crate) fn is_at(&self, uri: &Uri) -> bool {
        let Ok(own) = self.as_str().parse::<Uri>() else { return false };
        let port = |uri: &Uri| {
            uri.port_u16().or(match uri.scheme_str() {
                Some("https") => Some(443),
                Some("http") => Some(80),
                _ => None,
            })
        };
        let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
        let has_user = |uri: &Uri| uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
        !has_user(uri)
            && own.scheme() == uri.scheme()
            && host(&own) == host(uri)
            && port(&own) == port(uri)
            && own.path() == uri.path()
            && own.query() == uri.query()
    }

    fn origin_and_path(&self) -> (&str, &str) {
        let text = self.as_str();
        let host = text.find("://").map_or(0, |at| at + 3);
        let end = text[host..].find(['/', '?']).map_or(text.len(), |at| host + at);
        text.split_at(end)
    }
}

impl fmt::Display for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> McpServer {
        McpServer::new(url).unwrap()
    }

    #[test]
    fn mc_02_the_well_known_path_stands_between_host_and_path() {
        for (url, path) in [
            ("https://mcp.example", ""),
            ("https://mcp.example/", ""),
            ("https://mcp.example/mcp", "/mcp"),
            ("https://mcp.example/a/mcp/", "/a/mcp/"),
            ("https://mcp.example/mcp?tenant=1", "/mcp?tenant=1"),
            ("https://mcp.example/?tenant=1", "?tenant=1"),
            ("https://mcp.example?tenant=1", "?tenant=1"),
        ] {
            let root = format!("https://mcp.example{WELL_KNOWN}");
            let first = format!("{root}{path}");
            let expected = if path.is_empty() { vec![first] } else { vec![first, root] };
            assert_eq!(server(url).metadata_urls(), expected, "{url}");
        }
    }

    #[test]
    fn a_parent_has_the_same_origin_and_whole_segments() {
        let own = server("https://mcp.example/a/mcp");
        for parent in
            ["https://mcp.example", "https://mcp.example/", "https://mcp.example/a", "https://mcp.example/a/mcp"]
        {
            assert!(own.is_below(parent), "{parent}");
        }
        for other in
            ["https://mcp.example/a/m", "https://mcp.example:444", "https://mcp.exampl", "https://mcp.example/a/mcp/b"]
        {
            assert!(!own.is_below(other), "{other}");
        }
    }

    #[test]
    fn a_request_to_another_address_is_not_one_to_the_server() {
        let own = server("https://mcp.example/mcp");
        for uri in ["https://mcp.example/mcp", "https://MCP.example:443/mcp"] {
            assert!(own.is_at(&uri.parse().unwrap()), "{uri}");
        }
        for uri in [
            "http://mcp.example/mcp",
            "https://mcp.example/mcp/",
            "https://mcp.example/MCP",
            "https://mcp.example/mcp?x",
            "https://mcp.example/mcp/../admin",
            "https://mcp.example:8443/mcp",
            "https://mcp.example.evil.example/mcp",
            "https://user@mcp.example/mcp",
            "/mcp",
        ] {
            assert!(!own.is_at(&uri.parse().unwrap()), "{uri}");
        }
        assert!(server("https://mcp.example").is_at(&"https://mcp.example/".parse().unwrap()));
    }
}
