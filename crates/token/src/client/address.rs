//! Which addresses the client sends to.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use crate::transport::Fault;

/// The addresses that were found good last, so that each is read once. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Addresses(Arc<RwLock<Vec<(http::Uri, reqwest::Url)>>>);

impl Addresses {
    /// How many are kept: the endpoints of some servers.
    const MOST: usize = 16;

    /// The address as the client reads it, with another parser than ours: both must agree to it.
    pub(super) fn read(&self, uri: &http::Uri, loopback: bool) -> Result<reqwest::Url, Fault> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, url)) = known.iter().find(|(known, _)| known == uri) {
            return Ok(url.clone());
        }
        drop(known);
        check_uri(uri, loopback)?;
        let url = reqwest::Url::parse(&uri.to_string()).map_err(|_| Fault::Address)?;
        check_url(&url, loopback)?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MOST {
            known.remove(0);
        }
        known.push((uri.clone(), url.clone()));
        Ok(url)
    }
}

/// Refuses what is neither https nor allowed http on a loopback host.
fn check_uri(uri: &http::Uri, loopback: bool) -> Result<(), Fault> {
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(Fault::Address);
    };
    // A user name would become an Authorization header, and it is the classic disguise of a host.
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(Fault::Address);
    }
    check(scheme, authority.host(), loopback)
}

/// The same question about the client's own reading of the address.
fn check_url(url: &reqwest::Url, loopback: bool) -> Result<(), Fault> {
    let Some(host) = url.host_str() else {
        return Err(Fault::Address);
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Fault::Address);
    }
    check(url.scheme(), host, loopback)
}

fn check(scheme: &str, host: &str, loopback: bool) -> Result<(), Fault> {
    match scheme {
        "https" => Ok(()),
        "http" if loopback && is_loopback(host) => Ok(()),
        _ => Err(Fault::HttpsRequired),
    }
}

/// `localhost`, an address of 127.0.0.0/8 in four decimal numbers, or `[::1]`.
fn is_loopback(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(address: &str, loopback: bool) -> Result<(), Fault> {
        let uri = address.parse::<http::Uri>().map_err(|_| Fault::Address)?;
        let addresses = Addresses::default();
        let first = addresses.read(&uri, loopback);
        assert_eq!(addresses.read(&uri, loopback), first, "read again: {address}");
        first.map(drop)
    }

    #[test]
    fn only_good_addresses_are_kept_and_only_the_last_ones() {
        let addresses = Addresses::default();
        let read = |text: String| addresses.read(&text.parse().unwrap(), false).map(|url| url.to_string());
        for number in 0..100 {
            assert_eq!(read(format!("https://as.example/{number}")), Ok(format!("https://as.example/{number}")));
            assert_eq!(read(format!("http://as.example/{number}")), Err(Fault::HttpsRequired));
        }
        let kept = addresses.0.read().unwrap();
        assert_eq!(kept.len(), Addresses::MOST);
        assert!(kept.iter().all(|(uri, url)| *uri == *url.as_str() && url.scheme() == "https"));
        assert_eq!(kept[Addresses::MOST - 1].1.path(), "/99");
    }

    #[test]
    fn https_goes_anywhere() {
        for address in ["https://as.example/token?tenant=1", "https://127.0.0.1:8443/token"] {
            assert_eq!(both(address, false), Ok(()), "{address}");
            assert_eq!(both(address, true), Ok(()), "{address}");
        }
    }

    #[test]
    fn http_goes_to_loopback_and_only_when_allowed() {
        for address in [
            "http://127.0.0.1:8091/token",
            "http://127.255.0.9/token",
            "http://[::1]:8091/token",
            "http://localhost:8091/token",
            "http://LocalHost/token",
        ] {
            assert_eq!(both(address, true), Ok(()), "{address}");
            assert_eq!(both(address, false), Err(Fault::HttpsRequired), "{address}");
        }
    }

    #[test]
    fn http_disguised_as_loopback_is_refused() {
        for address in [
            "http://as.example/token",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://10.0.0.1/",
            "http://localhost./",
            "ftp://127.0.0.1/",
            "file://localhost/etc/passwd",
        ] {
            assert_eq!(both(address, true), Err(Fault::HttpsRequired), "{address}");
        }
    }

    #[test]
    fn a_user_name_or_no_host_is_refused() {
        for address in [
            "https://127.0.0.1@evil.example/",
            "https://user:word@as.example/",
            "http://localhost:80@evil.example/",
            "https://@as.example/",
            "/token",
            "as.example:443",
            "*",
        ] {
            assert_eq!(both(address, true), Err(Fault::Address), "{address}");
        }
    }

    #[test]
    fn the_client_s_own_reading_is_held_against_the_same_rules() {
        for (address, expected) in [
            ("https://as.example/", Ok(())),
            ("https://user@as.example/", Err(Fault::Address)),
            ("https://:word@as.example/", Err(Fault::Address)),
            ("data:text/plain,x", Err(Fault::Address)),
            ("http://as.example/", Err(Fault::HttpsRequired)),
        ] {
            assert_eq!(check_url(&reqwest::Url::parse(address).unwrap(), true), expected, "{address}");
        }
    }
}
