//! Just enough of RFC 3986 to check a URI without changing a byte of it. `url::Url` and `http::Uri` both turn
//! `https://as.example` into `https://as.example/`, which is another issuer.
//!
//! There is no maximum length: a value in the program's own configuration needs none, and one in a response is bounded
//! by the size of that response.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::InvalidValueKind;

#[derive(Clone, Copy)]
pub(crate) struct Uri<'a> {
    pub(crate) scheme: &'a str,
    /// Absent when no `//` follows the scheme.
    pub(crate) host: Option<&'a str>,
    /// Absent when none is given.
    port: Option<u16>,
    /// What follows the authority up to the query.
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// Parses an absolute URI without userinfo and without fragment.
    pub(crate) fn parse(text: &'a str) -> Result<Self, InvalidValueKind> {
        check_text(text, is_uri_character)?;
        if text.contains('#') {
            return Err(InvalidValueKind::Fragment);
        }
        let (scheme, rest) = text.split_once(':').ok_or(InvalidValueKind::NotAbsolute)?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !is_scheme {
            return Err(InvalidValueKind::NotAbsolute);
        }
        let (hierarchy, query) = match rest.split_once('?') {
            Some((hierarchy, query)) => (hierarchy, Some(query)),
            None => (rest, None),
        };
        let Some(rest) = hierarchy.strip_prefix("//") else {
            return Ok(Self { scheme, host: None, port: None, path: hierarchy, query });
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = host_and_port(authority)?;
        Ok(Self { scheme, host: Some(host), port, path, query })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("https") && self.host.is_some()
    }

    fn is_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http") && self.host.is_some()
    }

    /// On 127.0.0.0/8, `[::1]` or `localhost`, with any scheme.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host.is_some_and(is_loopback)
    }

    /// http on a loopback host: nothing leaves the machine.
    pub(crate) fn is_loopback_http(&self) -> bool {
        self.is_http() && self.is_loopback()
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

    /// The port, or the scheme's own.
    pub(crate) fn port(&self) -> Option<u16> {
        let default = if self.is_https() {
            Some(443)
        } else if self.is_http() {
            Some(80)
        } else {
            None
        };
        self.port.or(default)
    }
}

/// Refuses an empty text, and one with a byte that is not allowed.
pub(crate) fn check_text(text: &str, is_allowed: impl Fn(u8) -> bool) -> Result<(), InvalidValueKind> {
    if text.is_empty() {
        return Err(InvalidValueKind::Empty);
    }
    match text.bytes().position(|byte| !is_allowed(byte)) {
        Some(position) => Err(InvalidValueKind::BadCharacter { position }),
        None => Ok(()),
    }
}

fn is_uri_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

fn host_and_port(authority: &str) -> Result<(&str, Option<u16>), InvalidValueKind> {
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
                !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
            if !is_host {
                return Err(InvalidValueKind::Host);
            }
            (host, port)
        }
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok((host, None)),
        None => Err(InvalidValueKind::Host),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse() {
            Ok(port) => Ok((host, Some(port))),
            Err(_) => Err(InvalidValueKind::Port),
        },
        Some(_) => Err(InvalidValueKind::Port),
    }
}

/// Returns whether plain http may be allowed for this host: `localhost`, an address of 127.0.0.0/8 in four decimal
/// numbers, or `[::1]`.
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
