//! Two spellings of one URL (RFC 3986 sections 6.2.2 and 6.2.3).

/// The URL without query and fragment, in its one spelling: scheme, host and escapes in one case, no default port, no
/// escape that is not needed, no dot segment. `None` for a text that is no absolute URL with a host, or has user
/// information.
pub(crate) fn normalized(url: &str) -> Option<String> {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://")?;
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if !scheme.starts_with(|first: char| first.is_ascii_alphabetic()) || !scheme.bytes().all(is_scheme) {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = without_default_port(unescaped(authority)?.to_ascii_lowercase(), &scheme)?;
    let path = without_dot_segments(&unescaped(path)?);
    Some(format!("{scheme}://{authority}{path}"))
}

fn without_default_port(mut authority: String, scheme: &str) -> Option<String> {
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => ":",
    };
    for port in [":", default] {
        if let Some(host) = authority.strip_suffix(port) {
            authority.truncate(host.len());
        }
    }
    let is_host = !authority.is_empty() && !authority.starts_with(':') && !authority.contains('@');
    is_host.then_some(authority)
}

/// Escapes of unreserved characters undone, all others in capitals. `None` where a `%` is no escape, and for characters
/// that no URL has.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        let (digits, behind) = after.split_at_checked(2)?;
        let byte = u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        out.push_str(before);
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        rest = behind;
    }
    out.push_str(rest);
    out.bytes().all(|byte| byte.is_ascii_graphic()).then_some(out)
}

/// RFC 3986 section 5.2.4, for a path that is absolute or empty.
fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                // "/a/." is "/a/".
                if segments.peek().is_none() {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn spellings_of_one_url_are_equal() {
        for (one, other) in [
            ("https://api.example/orders", "HTTPS://API.example:443/orders?x=1#y"),
            ("https://api.example/", "https://api.example"),
            ("https://api.example/", "https://api.example:?x"),
            ("http://[::1]/a", "http://[::1]:80/a"),
            ("https://api.example/%7Ea%2fb", "https://api.example/~a%2Fb"),
            ("https://api.example/a/b", "https://api.example/./a/x/../%62"),
            ("https://api.example/a/", "https://api.example/a/b/.."),
            ("https://api.example/a/", "https://api.example/a/."),
            ("https://api.example/", "https://api.example/../.."),
        ] {
            assert_eq!(normalized(one).unwrap(), normalized(other).unwrap(), "{one} {other}");
        }
    }

    #[test]
    fn other_urls_are_others() {
        let urls = [
            "https://api.example/",
            "http://api.example/",
            "https://api.example:8443/",
            "https://api.example.evil.example/",
            "https://api.example//",
            "https://api.example/a",
            "https://api.example/A",
            "https://api.example/a/",
            "https://api.example/a%2Fb",
            "https://api.example/a/b",
            "https://api.example/a%3Fb",
            "https://api.example:80/",
        ];
        let mut all: Vec<_> = urls.iter().map(|url| normalized(url).unwrap()).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), urls.len());
    }

    #[test]
    fn what_is_no_url_has_no_spelling() {
        for text in [
            "",
            "/orders",
            "api.example/orders",
            "https:/api.example",
            "https://",
            "https:///a",
            "https://:443/",
            "https://user@api.example/",
            "https://api.example/%",
            "https://api.example/%4",
            "https://api.example/%+1",
            "https://api.example/a b",
            "https://api.example/\u{e9}",
            "1https://api.example/",
            "ht_tp://api.example/",
            "https://user%40api.example/\n",
        ] {
            assert_eq!(normalized(text), None, "{text}");
        }
    }
}
