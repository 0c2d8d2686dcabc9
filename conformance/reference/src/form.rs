//! `application/x-www-form-urlencoded`: RFC 6749 Appendix B.

use std::fmt::Write as _;

/// Writes names and values, escaped.
pub(crate) fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Writes names and values as they are: what a careless client does.
pub(crate) fn encode_raw<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// One name or value, escaped: a blank as `+`, what is not unreserved as `%XX`.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(octet)),
            b' ' => escaped.push('+'),
            _ => {
                let _ = write!(escaped, "%{octet:02X}");
            }
        }
    }
    escaped
}

/// Names and values, in their order. `None` when the encoding is broken, unless `repair` is asked
/// for.
pub(crate) fn decode(text: &str, repair: bool) -> Option<Vec<(String, String)>> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((unescape(name, repair)?, unescape(value, repair)?))
        })
        .collect()
}

fn unescape(text: &str, repair: bool) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, behind @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let value = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or(0) as u8;
                octets.push(value(high) << 4 | value(low));
                rest = behind;
            }
            (b'%', _) if !repair => return None,
            (b'+', _) => octets.push(b' '),
            (other, _) => octets.push(*other),
        }
    }
    match String::from_utf8(octets) {
        Ok(text) => Some(text),
        Err(broken) if repair => Some(String::from_utf8_lossy(broken.as_bytes()).into_owned()),
        Err(_) => None,
    }
}

/// Appends a query to an address that may have one already.
pub(crate) fn with_query(address: &str, query: &str) -> String {
    let joint = if !address.contains('?') {
        "?"
    } else if address.ends_with(['?', '&']) {
        ""
    } else {
        "&"
    };
    format!("{address}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = "a b+c%d/e=f&g\u{fc}\u{2713}\r\n\0";
        let encoded = encode([("x", text), ("y", "")]);
        assert_eq!(encoded, "x=a+b%2Bc%25d%2Fe%3Df%26g%C3%BC%E2%9C%93%0D%0A%00&y=");
        let back = decode(&encoded, false).unwrap();
        assert_eq!(back, [("x".to_owned(), text.to_owned()), ("y".to_owned(), String::new())]);
    }

    #[test]
    fn what_is_broken() {
        for text in ["a=%", "a=%4", "a=%zz", "%g1=a", "a=%ff", "a=%c3%28"] {
            assert_eq!(decode(text, false), None, "{text}");
            assert!(decode(text, true).is_some(), "{text}");
        }
    }

    #[test]
    fn an_address_keeps_its_query() {
        assert_eq!(with_query("http://a/b", "c=d"), "http://a/b?c=d");
        assert_eq!(with_query("http://a/b?x=y", "c=d"), "http://a/b?x=y&c=d");
        assert_eq!(with_query("http://a/b?", "c=d"), "http://a/b?c=d");
    }
}
