//! Just enough of RFC 3986 to check a URI without changing a byte of it. `url::Url` and `http::Uri` both turn
//! `https://as.example` into `https://as.example/`, which is another issuer.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::InvalidValueKind;

/// More than any issuer, endpoint or redirect URI needs, and a bound for what is kept.
pub(crate) const MAX_LEN: usize = 2048;

#[derive(Clone, Copy)]
pub(crate) struct Uri<'a> {
    pub(crate) scheme: &'a str,
    /// Absent when no `//` follows the scheme.
    pub(crate) host: Option<&'a str>,
    /// What follows the authority up to the query.
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// Takes an absolute URI without userinfo and without fragment apart.
    pub(crate) fn parse(text: &'a str) -> Result<Self, InvalidValueKind> {
        check_text(text, is_uri_character)?;
        if text.contains('#') {
            return Err(InvalidValueKind::Fragment);
        }
        let (scheme, rest) = text.split_once(':').ok_or(InvalidValueKind::NotAbsolute)?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet));
        if !is_scheme {
            return Err(InvalidValueKind::NotAbsolute);
        }
        let (hierarchy, query) = match rest.split_once('?') {
            Some((hierarchy, query)) => (hierarchy, Some(query)),
            None => (rest, None),
        };
        let (host, path) = match hierarchy.strip_prefix("//") {
            None => (None, hierarchy),
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(host_of(authority)?), path)
            }
        };
        Ok(Self { scheme, host, path, query })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("https") && self.host.is_some()
    }

    fn is_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http") && self.host.is_some()
    }

    /// http on 127.0.0.0/8, `[::1]` or `localhost`: nothing leaves the machine.
    pub(crate) fn is_loopback_http(&self) -> bool {
        self.is_http() && self.host.is_some_and(is_loopback)
    }

    /// http on another machine: everything sent there crosses the network in the clear.
    pub(crate) fn is_exposed(&self) -> bool {
        self.is_http() && !self.is_loopback_http()
    }

    /// Refuses all but https, http on a loopback host, and http on a host that `permits` accepts.
    pub(crate) fn check_transport(&self, permits: impl Fn(&str) -> bool) -> Result<(), InvalidValueKind> {
        match self.host {
            Some(host) if self.is_exposed() => permits(host).then_some(()).ok_or(InvalidValueKind::PlainHttp),
            _ if self.is_https() || self.is_loopback_http() => Ok(()),
            _ => Err(InvalidValueKind::Scheme),
        }
    }
}

/// Not empty, not too long, and each octet allowed.
pub(crate) fn check_text(text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), InvalidValueKind> {
    if text.is_empty() {
        return Err(InvalidValueKind::Empty);
    }
    if text.len() > MAX_LEN {
        return Err(InvalidValueKind::TooLong { len: text.len() });
    }
    match text.bytes().position(|octet| !allowed(octet)) {
        Some(position) => Err(InvalidValueKind::BadCharacter { position }),
        None => Ok(()),
    }
}

fn is_uri_character(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&octet)
}

fn host_of(authority: &str) -> Result<&str, InvalidValueKind> {
    if authority.contains('@') {
        return Err(InvalidValueKind::UserInfo);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (literal, port) = rest.split_once(']').ok_or(InvalidValueKind::Host)?;
            literal.parse::<Ipv6Addr>().map_err(|_| InvalidValueKind::Host)?;
            (&authority[..literal.len() + 2], port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            let is_host =
                !host.is_empty() && host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet));
            if !is_host {
                return Err(InvalidValueKind::Host);
            }
            (host, port)
        }
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(host),
        None => Err(InvalidValueKind::Host),
        Some(digits) if digits.bytes().all(|octet| octet.is_ascii_digit()) && digits.parse::<u16>().is_ok() => Ok(host),
        Some(_) => Err(InvalidValueKind::Port),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
