//! The origin of a request: scheme, host and port.

use std::fmt;

use http::Uri;
use proofkey_authorize::is_loopback;

use crate::shown::shown;

/// Scheme and host in lower case, and the port, which may be the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// `None` unless this is an absolute http or https URI whose authority is a host, with or without a port. A user name is the
    /// classic disguise of a host.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let (scheme, authority) = (uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?);
        let default = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        let host = authority.host();
        let port = match authority.as_str().strip_prefix(host).filter(|_| !host.is_empty())? {
            "" => default,
            port => {
                port.strip_prefix(':').filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()?
            }
        };
        Some(Self { scheme, host: host.to_ascii_lowercase(), port })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, shown(&self.host, 256), self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Option<Origin> {
        Origin::of(&text.parse().ok()?)
    }

    #[test]
    fn two_spellings_of_one_origin_are_equal() {
        for same in ["https://api.example", "HTTPS://API.example:443/notes?a#b", "https://Api.Example:0443/"] {
            assert_eq!(origin(same), origin("https://api.example/"), "{same}");
        }
        assert_eq!(origin("http://[::1]/"), origin("http://[::1]:80"));
        assert_eq!(origin("https://api.example").unwrap().to_string(), "https://api.example:443");
    }

    #[test]
    fn another_scheme_host_or_port_is_another_origin() {
        for other in [
            "http://api.example",
            "https://api.example:8443",
            "https://api.example.",
            "https://api.example.evil.example",
            "https://evil.example/api.example",
            "https://xapi.example",
            "https://[::1]",
        ] {
            assert!(origin(other).is_some_and(|other| Some(other) != origin("https://api.example")), "{other}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_host_has_no_origin() {
        for none in [
            "/notes",
            "api.example:443",
            "*",
            "ftp://api.example",
            "https://api.example@evil.example",
            "https://user:word@api.example",
            "https://@api.example",
            "https://api.example:",
            "https://api.example:65536",
            "https://api.example:+443",
            "https://:443",
        ] {
            assert_eq!(origin(none), None, "{none}");
        }
    }
}
