//! HTTP by hand: what is sent is what stands here.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("JSON, not {:?}", self.text()))
    }

    /// The `error` member, or nothing.
    pub(crate) fn error(&self) -> Option<String> {
        serde_json::from_slice::<Value>(&self.body).ok()?["error"].as_str().map(String::from)
    }

    /// The query of the redirect, decoded.
    #[track_caller]
    pub(crate) fn location_pairs(&self) -> Vec<(String, String)> {
        let location = self.header("location").expect("a redirect");
        pairs(location.split_once('?').map_or("", |(_, query)| query))
    }
}

pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

pub(crate) fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn get(url: &str) -> Response {
    request("GET", url, &[], "")
}

pub(crate) fn post(url: &str, headers: &[(&str, &str)], pairs: &[(&str, &str)]) -> Response {
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    request("POST", url, &headers, &form(pairs))
}

/// # Panics
///
/// When no whole answer comes.
pub(crate) fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Response {
    try_request(method, url, headers, body).expect("an answer")
}

/// None when the connection breaks off, or what comes is no answer.
pub(crate) fn try_request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Option<Response> {
    let rest = url.strip_prefix("http://")?;
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let mut stream = TcpStream::connect(authority).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(text.as_bytes()).ok()?;
    let mut received = Vec::new();
    stream.read_to_end(&mut received).ok()?;
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let headers: Vec<(String, String)> = lines
        .clone()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = received[end + 4..].to_vec();
    let announced = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    if announced.is_some_and(|announced: usize| announced != body.len()) {
        return None;
    }
    Some(Response { status: lines.next()?.split(' ').nth(1)?.parse().ok()?, headers, body })
}
