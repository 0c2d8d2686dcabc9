//! Comparing redirect URIs (RFC 9700 section 4.1.3, RFC 8252 section 7.3).

use super::Server;
use crate::flaw::Flaw;

/// Whether the registered redirect URIs allow the one that was sent, at a server with flaws.
pub(crate) fn allowed(server: &Server, registered: &[String], sent: &str) -> bool {
    if registered.iter().any(|registered| allows(registered, sent)) {
        let is_exact = registered.iter().any(|registered| registered == sent);
        return is_exact || !server.has(Flaw::LoopbackPortFixed);
    }
    FLAWED
        .iter()
        .filter(|(flaw, _)| server.has(*flaw))
        .any(|(_, bent)| registered.iter().any(|registered| bent(registered, sent)))
}

/// How a server with a flaw compares a registered redirect URI with the one that was sent.
type Comparison = fn(&str, &str) -> bool;

const FLAWED: [(Flaw, Comparison); 8] = [
    (Flaw::RedirectByPrefix, |registered, sent| sent.starts_with(registered)),
    (Flaw::RedirectWithoutQuery, |registered, sent| sent.split('?').next() == Some(registered)),
    (Flaw::RedirectWithoutSlash, |registered, sent| sent.trim_end_matches('/') == registered),
    (Flaw::RedirectIgnoresCase, |registered, sent| sent.eq_ignore_ascii_case(registered)),
    (Flaw::RedirectNormalised, |registered, sent| sent.replace("/x/%2e%2e", "").replace("/x/..", "") == registered),
    (Flaw::RedirectByHostPrefix, |registered, sent| {
        let (host, path) = split(registered);
        sent.starts_with(host) && split(sent).1 == path
    }),
    (Flaw::RedirectIgnoresScheme, |registered, sent| after_scheme(registered) == after_scheme(sent)),
    (Flaw::RedirectIgnoresPort, |registered, sent| sent.replace(":8443/", "/") == registered),
];

fn after_scheme(uri: &str) -> &str {
    uri.split_once("://").map_or(uri, |(_, rest)| rest)
}

/// Scheme and host without the port, and the path.
fn split(uri: &str) -> (&str, &str) {
    let rest = after_scheme(uri);
    let start = uri.len() - rest.len();
    let path = start + rest.find('/').unwrap_or(rest.len());
    let host = start + rest.find([':', '/']).unwrap_or(rest.len());
    (&uri[..host], &uri[path..])
}

/// Whether a registered redirect URI allows the one that was sent: byte for byte, but for the port
/// of `http` on a loopback IP literal.
pub(crate) fn allows(registered: &str, sent: &str) -> bool {
    if registered == sent {
        return true;
    }
    match (loopback(registered), loopback(sent)) {
        (Some((registered, _)), Some((sent, port))) => registered == sent && is_port(port),
        _ => false,
    }
}

/// Host and rest of an `http` URI whose host is a loopback IP literal, and its port apart.
fn loopback(uri: &str) -> Option<((&str, &str), &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| rest.starts_with(host))?;
    let rest = &rest[host.len()..];
    let Some(after_colon) = rest.strip_prefix(':') else {
        // What follows must begin the path, not lengthen the host.
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(((host, rest), ""));
    };
    let end = after_colon.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after_colon.len());
    let (port, rest) = after_colon.split_at(end);
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(((host, rest), port))
}

fn is_port(port: &str) -> bool {
    port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Whether a browser can be sent there at all: absolute, without fragment, blanks or controls.
pub(crate) fn is_address(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        && !rest.is_empty()
        && !uri.contains('#')
        && uri.chars().all(|letter| letter.is_ascii_graphic())
        && !["javascript", "data", "file", "vbscript"].contains(&scheme.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_loopback_literal_may_differ() {
        let allowed = [
            ("http://127.0.0.1/cb", "http://127.0.0.1:50123/cb"),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1/cb"),
            ("http://[::1]/cb?a=b", "http://[::1]:1/cb?a=b"),
            ("https://app.example/cb", "https://app.example/cb"),
        ];
        for (registered, sent) in allowed {
            assert!(allows(registered, sent), "{registered} allows {sent}");
        }
        for sent in [
            "http://127.0.0.1:50123/cb/",
            "http://127.0.0.1:50123/CB",
            "http://127.0.0.1:50123/cb?a",
            "http://127.0.0.1:50123/x/../cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1@evil.test/cb",
            "http://127.0.0.1:80@evil.test/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:/cb/",
            "http://localhost:50123/cb",
            "https://127.0.0.1:50123/cb",
            "http://127.0.0.2:50123/cb",
            "http://[::1]:50123/cb",
        ] {
            assert!(!allows("http://127.0.0.1/cb", sent), "{sent} is refused");
        }
        assert!(!allows("http://localhost:8091/callback", "http://localhost:8092/callback"));
        assert!(!allows("https://app.example/cb", "https://app.example:8443/cb"));
    }

    #[test]
    fn a_browser_is_not_sent_to_a_script_or_a_fragment() {
        assert!(is_address("com.example.app:/callback"));
        for uri in
            ["javascript:alert(1)", "DATA:text/html,x", "/callback", "http://a/#b", "http://a/\r\nx: y", "http://a b"]
        {
            assert!(!is_address(uri), "{uri}");
        }
    }
}
