//! The URLs that may be used at all.

/// Why an address is not used.
pub(crate) type Reason = &'static str;

/// `https` or `http`, with a host.
pub(crate) fn check_scheme(address: &str) -> Result<(), Reason> {
    match authority(address) {
        Some(authority) if !authority.is_empty() => Ok(()),
        _ => Err("the address is not one of http or https"),
    }
}

/// `http` on loopback only, and only when it is allowed.
pub(crate) fn check_https(address: &str, allow_http_loopback: bool) -> Result<(), Reason> {
    let insecure = address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
    if insecure && !(allow_http_loopback && is_loopback(address)) {
        return Err("the address is http where https is due");
    }
    Ok(())
}

/// Nothing outside of the characters of a URI, nothing a shell acts on, no fragment, no user name.
pub(crate) fn check_characters(address: &str) -> Result<(), Reason> {
    let (before, query) = address.split_once('?').unwrap_or((address, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%[],=+!*".contains(c);
    if authority(address).is_some_and(|authority| authority.contains('@')) {
        return Err("the address has a user name in it");
    }
    if !before.chars().all(|c| plain(c) || c == '@') || !query.chars().all(|c| plain(c) || "?&@".contains(c)) {
        return Err("the address has a character that does not belong there");
    }
    Ok(())
}

/// Host and port, and a user name if there is one.
fn authority(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    let known = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    known.then(|| rest.split(['/', '?', '#']).next().unwrap_or(""))
}

fn is_loopback(address: &str) -> bool {
    let authority = authority(address).unwrap_or("");
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => authority.split(':').next().unwrap_or(""),
    };
    host.parse::<std::net::IpAddr>().map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, allow_http_loopback: bool) -> Result<(), Reason> {
        check_scheme(address)?;
        check_https(address, allow_http_loopback)?;
        check_characters(address)
    }

    #[test]
    fn fit_and_unfit() {
        for fit in ["https://as.example/a?b=c&d", "http://127.0.0.1:1/x", "http://[::1]:1/x", "http://localhost/x"] {
            assert_eq!(check(fit, true), Ok(()), "{fit}");
        }
        let unfit = [
            "http://as.example/a",
            "http://127.0.0.1.evil.test/",
            "http://127.0.0.1@evil.test/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "https://",
            "//as.example/",
            "",
            "https://as.example/a b",
            "https://as.example/$(id)",
            "https://as.example/a;b",
            "https://as.example/`id`",
            "https://as.example/a|b",
            "https://as.example/a#b",
            "https://as.example/a&b",
            "https://u@as.example/",
        ];
        for address in unfit {
            assert!(check(address, true).is_err(), "{address}");
        }
        assert!(check("http://127.0.0.1:1/x", false).is_err());
    }
}
