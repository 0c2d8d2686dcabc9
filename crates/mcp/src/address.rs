//! Protection from server-side request forgery: to which addresses a server may lead the program.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proofkey::authorize::sanitised;
use proofkey::http::Uri;

/// Which addresses requests may be sent to. An MCP server that the user names leads to others: its metadata, its
/// authorization servers, their endpoints. A program on a server must not let a user reach its internal network that
/// way.
///
/// [`McpClient::with_address_policy`](crate::McpClient::with_address_policy) applies it to each request before it is
/// sent.
///
/// **It does not check DNS results**: a public name can resolve to a private address, and to another one a moment
/// later. Call [`check_ip`](Self::check_ip) in the resolver of the HTTP client, or send all requests through a proxy
/// that refuses such addresses. Redirects need no check, since a [`Transport`](proofkey::token::Transport) follows
/// none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressPolicy {
    is_public_only: bool,
}

impl AddressPolicy {
    /// Any address: for a program on the user's own machine, whose MCP servers may be there as well.
    #[must_use]
    pub const fn any() -> Self {
        Self { is_public_only: false }
    }

    /// Public addresses by https only: for a program on a server.
    ///
    /// It refuses http; IP addresses outside of the public internet, in whichever form they are written; names without
    /// a dot; and `localhost`, `.local`, `.internal`, `.home.arpa` and similar names.
    #[must_use]
    pub const fn public() -> Self {
        Self { is_public_only: true }
    }

    /// Checks the address of a request.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when it is not permitted.
    pub fn check(self, uri: &Uri) -> Result<(), AddressError> {
        if !self.is_public_only {
            return Ok(());
        }
        let host = uri.host().unwrap_or_default();
        let refused = |reason| Err(AddressError { host: sanitised(host, 256), reason });
        if uri.scheme_str() != Some("https") {
            return refused(Reason::Scheme);
        }
        if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return refused(Reason::Form);
        }
        match host_of(host) {
            Some(Host::Ip(ip)) => self.check_ip(ip),
            Some(Host::Public) => Ok(()),
            Some(Host::Private) => refused(Reason::Private),
            None => refused(Reason::Form),
        }
    }

    /// Checks an address that a name was resolved to.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when it is not permitted.
    pub fn check_ip(self, ip: IpAddr) -> Result<(), AddressError> {
        let is_public = match ip {
            IpAddr::V4(ip) => is_public_v4(ip),
            IpAddr::V6(ip) => is_public_v6(ip),
        };
        if is_public || !self.is_public_only {
            return Ok(());
        }
        Err(AddressError { host: ip.to_string(), reason: Reason::Private })
    }
}

enum Host {
    Ip(IpAddr),
    Public,
    Private,
}

/// Names that are not of the public DNS (RFC 6761, RFC 6762, RFC 8375, and what routers and clouds use).
const PRIVATE_SUFFIXES: [&str; 13] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "localdomain",
    "home.arpa",
    "test",
    "invalid",
    "onion",
];

/// `None` for a host that two readers can take for two.
fn host_of(host: &str) -> Option<Host> {
    if let Some(literal) = host.strip_prefix('[') {
        return literal.strip_suffix(']')?.parse().ok().map(|ip| Host::Ip(IpAddr::V6(ip)));
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if !name.split('.').all(is_label) {
        return None;
    }
    // A name whose last label is a number is an IPv4 address, for browsers and for most resolvers: also `2130706433`,
    // `0x7f.1` and `0177.0.0.1`, of which only four decimal numbers mean the same to everyone.
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_number {
        return name.parse().ok().map(|ip| Host::Ip(IpAddr::V4(ip)));
    }
    let is_below = |suffix: &str| name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let is_private = !name.contains('.') || PRIVATE_SUFFIXES.into_iter().any(is_below);
    Some(if is_private { Host::Private } else { Host::Public })
}

/// Not one of the special-purpose blocks of RFC 6890.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || a == 100 && b & 0xC0 == 64
        || a == 192 && b == 0 && c == 0
        || a == 192 && b == 88 && c == 99
        || a == 198 && b & 0xFE == 18
        || a >= 224)
}

/// Global unicast, and no form of an IPv4 address, whose reader is somewhere else.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // 6to4, Teredo and other protocol assignments, documentation.
        [0x2002, ..] | [0x2001, 0..=0x01FF, ..] | [0x2001, 0x0DB8, ..] | [0x3FFF, 0..=0x0FFF, ..] => false,
        // Of the rest, nothing else is assigned: neither `::1`, mapped and compatible addresses, NAT64, unique local,
        // link-local nor multicast addresses lie here.
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

/// The error for an address that the [`AddressPolicy`] does not permit. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    host: String,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Scheme,
    Form,
    Private,
}

impl AddressError {
    /// Returns the host, or the IP address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the stable code: `address_scheme` for an address that is not https, `address_form` for a host that
    /// parsers can read in different ways, `address_private` for a host outside of the public internet.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.reason {
            Reason::Scheme => "address_scheme",
            Reason::Form => "address_form",
            Reason::Private => "address_private",
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the address policy refuses the host \"{}\": ", self.host)?;
        f.write_str(match self.reason {
            Reason::Scheme => "expected https",
            Reason::Form => "expected a DNS name, four decimal numbers, or an IPv6 address in brackets",
            Reason::Private => "expected an address of the public internet",
        })
    }
}

impl Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(url: &str) -> Option<&'static str> {
        let uri = url.parse::<Uri>().unwrap_or_else(|error| panic!("{url}: {error}"));
        AddressPolicy::public().check(&uri).err().map(|error| error.code())
    }

    #[test]
    fn mc_30_public_addresses_pass() {
        for host in [
            "mcp.example.com",
            "mcp.example.com.",
            "8.8.8.8",
            "[2606:4700::1111]",
            "a-b_c.example:8443",
            "1.example",
            "face.example",
        ] {
            assert_eq!(code(&format!("https://{host}/mcp")), None, "{host}");
        }
    }

    #[test]
    fn mc_30_private_addresses_are_refused_in_every_form() {
        for host in [
            "127.0.0.1",
            "127.255.255.254",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.1",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "127.0.0.1.",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:8.8.8.8]",
            "[::127.0.0.1]",
            "[64:ff9b::a00:1]",
            "[64:ff9b:1::a00:1]",
            "[2002:a00:1::]",
            "[2001:0:a00:1::]",
            "[2001:db8::1]",
            "[fc00::1]",
            "[fd12::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[100::1]",
            "[3fff::1]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "metadata",
            "metadata.google.internal",
            "printer.local",
            "router.lan",
            "nas.home.arpa",
            "a.test",
            "x.onion",
        ] {
            assert_eq!(code(&format!("https://{host}/")), Some("address_private"), "{host}");
        }
    }

    #[test]
    fn mc_30_a_number_in_another_form_is_refused() {
        for host in [
            "2130706433",
            "0x7f000001",
            "0x7F.1",
            "017700000001",
            "127.1",
            "127.0.1",
            "0177.0.0.1",
            "127.0.0.0x1",
            "1.2.3.4.5",
            "8.8.8.08",
            "0x",
            "example.0x7f",
            "a..example",
            ".example",
        ] {
            assert_eq!(code(&format!("https://{host}/")), Some("address_form"), "{host}");
        }
        assert_eq!(code("https://example.com@127.0.0.1/"), Some("address_form"));
    }

    #[test]
    fn mc_30_http_is_refused() {
        assert_eq!(code("http://mcp.example.com/"), Some("address_scheme"));
        assert_eq!(code("/mcp"), Some("address_scheme"));
    }

    #[test]
    fn a_resolved_address_is_checked_and_any_address_passes_where_that_is_meant() {
        let metadata = IpAddr::from([169, 254, 169, 254]);
        let error = AddressPolicy::public().check_ip(metadata).unwrap_err();
        assert_eq!((error.code(), error.host()), ("address_private", "169.254.169.254"));
        assert!(error.to_string().contains("public internet"), "{error}");
        assert!(AddressPolicy::any().check_ip(metadata).is_ok());
        assert!(AddressPolicy::any().check(&"http://127.0.0.1/".parse().unwrap()).is_ok());
    }
}
