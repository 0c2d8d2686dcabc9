//! Whether a callback arrived at the redirect URI. Browsers, proxies and web frameworks rewrite an address in ways that
//! RFC 3986 sections 6.2.2 and 6.2.3 call equivalent, so the arriving address is compared in that sense. What is sent
//! keeps its bytes.

use crate::uri::Uri;

/// Whether `url` is `redirect_uri`, with parameters added to its query.
pub(crate) fn arrived_at(url: &str, redirect_uri: &str) -> bool {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (Ok(came), Ok(own)) = (Uri::parse(address), Uri::parse(redirect_uri)) else { return false };
    came.scheme.eq_ignore_ascii_case(own.scheme)
        && same_host(came.host, own.host)
        && came.port() == own.port()
        && Normal::of(path(&came)).eq(Normal::of(path(&own)))
        && begins_with(query, own.query.unwrap_or_default())
}

fn same_host(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (one, other) => one == other,
    }
}

/// Behind an authority the empty path is the root.
fn path<'a>(uri: &Uri<'a>) -> &'a str {
    if uri.path.is_empty() && uri.host.is_some() { "/" } else { uri.path }
}

/// Whether `query` is `own` with nothing or further parameters behind it.
fn begins_with(query: &str, own: &str) -> bool {
    let mut rest = Normal::of(query);
    Normal::of(own).all(|expected| rest.next() == Some(expected))
        && (own.is_empty() || matches!(rest.0, [] | [b'&', ..]))
}

/// The characters of a URI, an escaped unreserved one as itself and the digits of any other escape in one case (RFC 3986
/// section 6.2.2). Each comes with whether it is escaped.
struct Normal<'a>(&'a [u8]);

impl<'a> Normal<'a> {
    fn of(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl Iterator for Normal<'_> {
    type Item = (bool, u8);

    fn next(&mut self) -> Option<(bool, u8)> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        if let [b'%', high, low, rest @ ..] = self.0
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            self.0 = rest;
            let byte = (high * 16 + low) as u8;
            return Some((!matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~'), byte));
        }
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some((false, byte))
    }
}
