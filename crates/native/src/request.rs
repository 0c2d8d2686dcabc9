//! The head of an HTTP request, as far as a receiver reads it.

use std::io::{self, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Maximum size of a request head, in bytes. A callback has at most 32 KiB; the rest is for cookies and the like.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Maximum number of header fields.
const MAX_FIELDS: usize = 100;

/// What a browser asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) host: String,
}

/// Reads the head of a request until `deadline`. `None` for a connection that ends without a request or sends something
/// else, which gets no answer.
pub(crate) fn read(mut stream: &TcpStream, deadline: Instant) -> io::Result<Option<Request>> {
    let mut head = Vec::with_capacity(2048);
    let mut chunk = [0; 2048];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let count = stream.read(&mut chunk)?;
        let looked = head.len().saturating_sub(2);
        head.extend(&chunk[..count]);
        if count == 0 || head.len() > MAX_HEAD_BYTES {
            return Ok(None);
        }
        // A peer that sends byte by byte must not have the whole head parsed for each.
        if looked > 0 && !ends_a_head(&head[looked..]) {
            continue;
        }
        match parse(&head) {
            Some(Head::Complete(request)) => return Ok(Some(request)),
            Some(Head::Partial) => {}
            None => return Ok(None),
        }
    }
}

fn ends_a_head(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|end| end == b"\n\r\n") || bytes.windows(2).any(|end| end == b"\n\n")
}

enum Head {
    Complete(Request),
    Partial,
}

/// `None` for what is no request of HTTP/1.1, or has no `Host`, or several.
fn parse(head: &[u8]) -> Option<Head> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    if request.parse(head).ok()?.is_partial() {
        return Some(Head::Partial);
    }
    let mut hosts = request.headers.iter().filter(|field| field.name.eq_ignore_ascii_case("host"));
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    Some(Head::Complete(Request {
        method: request.method?.to_owned(),
        target: request.path?.to_owned(),
        host: String::from_utf8(host.value.to_vec()).ok()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(head: &str) -> Option<Request> {
        match parse(head.as_bytes())? {
            Head::Complete(request) => Some(request),
            Head::Partial => None,
        }
    }

    #[test]
    fn the_request_line_and_the_host_are_read() {
        let request = parsed("GET /callback?code=a&state=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: */*\r\n\r\n");
        let (method, target, host) = ("GET".into(), "/callback?code=a&state=b".into(), "127.0.0.1:8080".into());
        assert_eq!(request, Some(Request { method, target, host }));
    }

    #[test]
    fn what_is_no_request_is_none() {
        for head in [
            "",
            "GET / HTTP/1.1\r\nHost: a\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \u{ff}\r\n\r\nx",
            "\u{16}\u{3}\u{1}\r\n\r\n",
            "GET /\r\n\r\n",
        ] {
            let read = parsed(head);
            assert!(read.is_none() || read.is_some_and(|request| request.host == "\u{ff}"), "{head:?}");
        }
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "x: y\r\n".repeat(MAX_FIELDS));
        assert!(parse(many.as_bytes()).is_none(), "too many fields");
    }
}
