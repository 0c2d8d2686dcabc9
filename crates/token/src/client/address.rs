//! Which addresses the client sends to.

use std::sync::{Arc, LockResult, PoisonError, RwLock};

use proofkey_authorize::is_loopback;

use crate::transport::TransportErrorKind;

/// The hosts that plain http is sent to.
#[derive(Clone, Debug, Default)]
pub(super) struct PlainHosts {
    pub(super) loopback: bool,
    pub(super) named: Vec<String>,
}

impl PlainHosts {
    fn contains(&self, host: &str) -> bool {
        self.loopback && is_loopback(host) || self.named.iter().any(|named| named.eq_ignore_ascii_case(host))
    }
}

/// The check of each address, and the addresses that passed it last, so that each is read once.
/// Clones share them.
#[derive(Clone)]
pub(super) struct Addresses(Arc<(PlainHosts, RwLock<Known>)>);

/// Each address, and the client's reading of it.
type Known = Vec<(http::Uri, reqwest::Url)>;

impl Addresses {
    /// How many are kept: the endpoints of some servers.
    const MOST: usize = 16;

    pub(super) fn new(plain: PlainHosts) -> Self {
        Self(Arc::new((plain, RwLock::default())))
    }

    pub(super) fn plain_hosts(&self) -> &PlainHosts {
        &self.0.0
    }

    /// The address as the client reads it, with another parser than ours: both readings must pass.
    pub(super) fn read(&self, uri: &http::Uri) -> Result<reqwest::Url, TransportErrorKind> {
        let (plain, known) = &*self.0;
        if let Some((_, url)) = locked(known.read()).iter().find(|(known, _)| known == uri) {
            return Ok(url.clone());
        }
        check_uri(uri, plain)?;
        let url = reqwest::Url::parse(&uri.to_string()).map_err(|_| TransportErrorKind::Address)?;
        check_url(&url, plain)?;
        let mut known = locked(known.write());
        if known.len() >= Self::MOST {
            known.remove(0);
        }
        known.push((uri.clone(), url.clone()));
        Ok(url)
    }
}

/// A thread that panicked while it held the lock left the list whole.
fn locked<G>(lock: LockResult<G>) -> G {
    lock.unwrap_or_else(PoisonError::into_inner)
}

/// Refuses what is neither https nor http on a host that was allowed.
fn check_uri(uri: &http::Uri, plain: &PlainHosts) -> Result<(), TransportErrorKind> {
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(TransportErrorKind::Address);
    };
    // A user name would become an Authorization header, and it is the classic disguise of a host.
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(TransportErrorKind::Address);
    }
    check(scheme, authority.host(), plain)
}

/// The same check of the client's own reading of the address.
fn check_url(url: &reqwest::Url, plain: &PlainHosts) -> Result<(), TransportErrorKind> {
    let Some(host) = url.host_str() else {
        return Err(TransportErrorKind::Address);
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TransportErrorKind::Address);
    }
    check(url.scheme(), host, plain)
}

fn check(scheme: &str, host: &str, plain: &PlainHosts) -> Result<(), TransportErrorKind> {
    match scheme {
        "https" => Ok(()),
        "http" if plain.contains(host) => Ok(()),
        _ => Err(TransportErrorKind::HttpsRequired),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(address: &str, loopback: bool) -> Result<(), TransportErrorKind> {
        read_by(&Addresses::new(PlainHosts { loopback, named: Vec::new() }), address)
    }

    fn read_by(addresses: &Addresses, address: &str) -> Result<(), TransportErrorKind> {
        let uri = address.parse::<http::Uri>().map_err(|_| TransportErrorKind::Address)?;
        let first = addresses.read(&uri);
        assert_eq!(addresses.read(&uri), first, "read again: {address}");
        first.map(drop)
    }

    #[test]
    fn only_good_addresses_are_kept_and_only_the_last_ones() {
        let addresses = Addresses::new(PlainHosts::default());
        let read = |text: String| addresses.read(&text.parse().unwrap()).map(|url| url.to_string());
        for number in 0..100 {
            assert_eq!(read(format!("https://as.example/{number}")), Ok(format!("https://as.example/{number}")));
            assert_eq!(read(format!("http://as.example/{number}")), Err(TransportErrorKind::HttpsRequired));
        }
        let kept = addresses.0.1.read().unwrap();
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
            assert_eq!(both(address, false), Err(TransportErrorKind::HttpsRequired), "{address}");
        }
    }

    #[test]
    fn http_goes_to_a_host_that_was_named_and_to_no_other() {
        let named = ["keycloak", "192.168.1.10", "[fd00::1]"].map(str::to_owned).to_vec();
        let addresses = Addresses::new(PlainHosts { loopback: false, named });
        for address in [
            "http://keycloak:8080/realms/r/token",
            "http://KeyCloak/token",
            "http://192.168.1.10/token",
            "http://[fd00::1]:80/token",
            "https://as.example/token",
        ] {
            assert_eq!(read_by(&addresses, address), Ok(()), "{address}");
        }
        for address in [
            "http://as.example/",
            "http://keycloak.evil.example/",
            "http://evil.example/keycloak",
            "http://my.keycloak/",
            "http://keycloak./",
            "http://192.168.1.100/",
            "http://0xc0a8010a/",
            "http://localhost/",
            "http://127.0.0.1/",
            "ftp://keycloak/",
        ] {
            assert_eq!(read_by(&addresses, address), Err(TransportErrorKind::HttpsRequired), "{address}");
        }
        assert_eq!(read_by(&addresses, "http://keycloak@evil.example/"), Err(TransportErrorKind::Address));
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
            assert_eq!(both(address, true), Err(TransportErrorKind::HttpsRequired), "{address}");
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
            assert_eq!(both(address, true), Err(TransportErrorKind::Address), "{address}");
        }
    }

    #[test]
    fn the_client_s_own_reading_is_held_against_the_same_rules() {
        for (address, expected) in [
            ("https://as.example/", Ok(())),
            ("https://user@as.example/", Err(TransportErrorKind::Address)),
            ("https://:word@as.example/", Err(TransportErrorKind::Address)),
            ("data:text/plain,x", Err(TransportErrorKind::Address)),
            ("http://as.example/", Err(TransportErrorKind::HttpsRequired)),
        ] {
            assert_eq!(
                check_url(&reqwest::Url::parse(address).unwrap(), &PlainHosts { loopback: true, named: Vec::new() }),
                expected,
                "{address}"
            );
        }
    }
}
