//! What a browser sends, byte by byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Connects to the host and port of `url`.
pub(crate) fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(authority(url)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends a GET for `url`, and returns the whole answer.
pub(crate) fn get(url: &str) -> String {
    send(url, "GET", authority(url))
}

pub(crate) fn send(url: &str, method: &str, host: &str) -> String {
    let target = url.split_once(authority(url)).unwrap().1;
    ask(connect(url), &format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
}

/// Writes `request`, and reads until the other side closes, or resets what it has not read.
pub(crate) fn ask(mut stream: TcpStream, request: &str) -> String {
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// Follows the redirect of an answer of the same place.
pub(crate) fn follow(url: &str, answer: &str) -> String {
    let location = answer.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
    get(&format!("http://{}{location}", authority(url)))
}

fn authority(url: &str) -> &str {
    url.strip_prefix("http://").unwrap().split('/').next().unwrap()
}
