//! As much of HTTP as the browser and the reference client need, on loopback.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    head: String,
    /// The body.
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header field.
    #[must_use]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Fetches a URL.
///
/// # Errors
///
/// When there is no answer.
pub(crate) async fn get(url: &str) -> io::Result<Answer> {
    send("GET", url, "", "").await
}

/// Sends a request; `fields` are whole lines.
///
/// # Errors
///
/// When there is no answer.
pub(crate) async fn send(method: &str, url: &str, fields: &str, body: &str) -> io::Result<Answer> {
    let rest = url.strip_prefix("http://").ok_or_else(|| io::Error::other("no http URL"))?;
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut stream = TcpStream::connect(host).await?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
