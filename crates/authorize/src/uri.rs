//! Just enough of RFC 3986 to check a URI without changing a byte of it. `url::Url` and `http::Uri` both turn
//! `https://as.example` into `https://as.example/`, which is another issuer.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::Problem;

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
    pub(crate) fn parse(text: &'a str) -> Result<Self, Problem> {
        check_text(text, is_uri_character)?;
        if text.contains('#') {
            return Err(Problem::Fragment);
        }
        let (scheme, rest) = text.split_once(':').ok_or(Problem::NotAbsolute)?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet));
        if !is_scheme {
            return Err(Problem::NotAbsolute);
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

    /// http on 127.0.0.0/8, `[::1]` or `localhost`: nothing leaves the machine.
    pub(crate) fn is_loopback_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http") && self.host.is_some_and(is_loopback)
    }
}

/// Not empty, not too long, and each octet allowed.
pub(crate) fn check_text(text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), Problem> {
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    if text.len() > MAX_LEN {
        return Err(Problem::TooLong { len: text.len() });
    }
    match text.bytes().position(|octet| !allowed(octet)) {
        Some(position) => Err(Problem::BadCharacter { position }),
        None => Ok(()),
    }
}

fn is_uri_character(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&octet)
}

fn host_of(authority: &str) -> Result<&str, Problem> {
    if authority.contains('@') {
        return Err(Problem::UserInfo);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (literal, port) = rest.split_once(']').ok_or(Problem::Host)?;
            literal.parse::<Ipv6Addr>().map_err(|_| Problem::Host)?;
            (&authority[..literal.len() + 2], port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            let is_host =
                !host.is_empty() && host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet));
            if !is_host {
                return Err(Problem::Host);
            }
            (host, port)
        }
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(host),
        None => Err(Problem::Host),
        Some(digits) if digits.bytes().all(|octet| octet.is_ascii_digit()) && digits.parse::<u16>().is_ok() => Ok(host),
        Some(_) => Err(Problem::Port),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
