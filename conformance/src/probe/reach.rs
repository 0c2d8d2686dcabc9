//! Which servers the probe sends requests to: the issuer's own, and those that its owner has listed.

use std::collections::BTreeSet;
use std::net::IpAddr;

use reqwest::Url;

/// The origins that requests may go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    origins: BTreeSet<String>,
}

impl Reach {
    /// The reach of a probe of `issuer`.
    ///
    /// # Errors
    ///
    /// A sentence, when an address is none, or the issuer is on another machine and neither listed nor owned.
    pub(crate) fn new(issuer: &str, listed: &[String], is_owned: bool) -> Result<Self, String> {
        let mut origins = BTreeSet::new();
        for address in listed {
            origins.insert(origin(address).ok_or_else(|| format!("allow: {address:?} is not an http or https URL"))?);
        }
        let own = origin(issuer).ok_or_else(|| format!("the issuer {issuer:?} is not an http or https URL"))?;
        if !is_loopback(issuer) && !is_owned && !origins.contains(&own) {
            return Err(format!(
                "{own} is not on this machine. If it is yours, list it under `allow` in as.toml, or give --i-own-this"
            ));
        }
        origins.insert(own);
        Ok(Self { origins })
    }

    /// Whether a request may be sent to this address.
    pub(crate) fn contains(&self, url: &str) -> bool {
        origin(url).is_some_and(|origin| self.origins.contains(&origin))
    }
}

/// Scheme, host and port, as the HTTP client will understand the address.
pub(crate) fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then(|| url.origin().ascii_serialization())
}

/// Whether an address names this machine by a literal or by `localhost`.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_reached_only_when_it_is_listed_or_owned() {
        let other = "https://id.example.com/realm";
        assert!(Reach::new(other, &[], false).unwrap_err().contains("--i-own-this"));
        assert!(Reach::new(other, &[], true).unwrap().contains("https://id.example.com/x"));
        assert!(Reach::new(other, &["https://id.example.com".into()], false).is_ok());
        assert!(Reach::new(other, &["id.example.com".into()], false).is_err());
        for issuer in ["http://127.0.0.1:3000", "http://[::1]:3000/a", "http://localhost:3000"] {
            assert!(Reach::new(issuer, &[], false).is_ok(), "{issuer}");
        }
        for issuer in [
            "http://localhost.evil.test",
            "http://127.0.0.1.evil.test",
            "http://127.0.0.1@evil.test",
            "ftp://127.0.0.1",
        ] {
            assert!(Reach::new(issuer, &[], false).is_err(), "{issuer}");
        }
    }

    #[test]
    fn a_request_goes_to_the_issuers_port_and_to_no_other() {
        let reach = Reach::new("http://127.0.0.1:3000/", &["http://127.0.0.1:4000".into()], false).unwrap();
        for url in ["http://127.0.0.1:3000/token", "http://127.0.0.1:4000/login?x", "http://0x7f.1:3000/"] {
            assert!(reach.contains(url), "{url}");
        }
        for url in [
            "http://127.0.0.1:22/",
            "https://127.0.0.1:3000/",
            "http://localhost:3000/",
            "http://127.0.0.1:3000@evil.test/",
            "http://evil.test/http://127.0.0.1:3000/",
            "//127.0.0.1:3000/",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert!(!reach.contains(url), "{url}");
        }
    }
}
