//! The callback over HTTP: a loopback listener for one login. RFC 8252 sections 7.3 and 8.3.
//!
//! Only a GET with the parameters of a response counts; any other request is answered and ignored.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{JoinHandle, JoinSet};

use crate::defects::Defects;
use crate::form;

/// The longest request head that is read. A callback that is too long for the login is still read,
/// so that it can be refused.
const HEAD_LIMIT: usize = 128 * 1024;
/// How long a browser may take for a request.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many browsers may be connected at once.
const CONNECTIONS: usize = 16;

/// A callback that came in: the login's name, and the whole address.
pub(crate) type Arrival = (String, String);

/// A listener that runs until it is dropped.
pub(crate) struct Listener {
    task: JoinHandle<()>,
    stays_open: bool,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if !self.stays_open {
            self.task.abort();
        }
    }
}

/// Whether `redirect_uri` asks for a listener: http, loopback, port 0.
pub(crate) fn is_wanted(redirect_uri: &str) -> bool {
    split(redirect_uri).is_some()
}

/// Listens; the address with the real port.
pub(crate) async fn open(
    flow: &str,
    redirect_uri: &str,
    arrivals: UnboundedSender<Arrival>,
    defects: &Defects,
) -> io::Result<(Listener, String)> {
    let (host, path) = split(redirect_uri).ok_or(io::ErrorKind::InvalidInput)?;
    let literal = if host == "localhost" { "127.0.0.1" } else { host.trim_start_matches('[').trim_end_matches(']') };
    let interface = if defects.has("listener-all-interfaces") { "0.0.0.0" } else { literal };
    let socket = TcpListener::bind((interface, 0)).await?;
    let authority = format!("{host}:{}", socket.local_addr()?.port());
    let redirect_uri = format!("http://{authority}{path}");
    let acceptor = Acceptor {
        flow: flow.to_owned(),
        path: path.split('?').next().unwrap_or(path).to_owned(),
        authority,
        arrivals,
        defects: defects.clone(),
    };
    let one_at_a_time = defects.has("listener-one-connection");
    let task = tokio::spawn(async move {
        let mut open = JoinSet::new();
        loop {
            let Ok((stream, _)) = socket.accept().await else {
                // Most likely the process has too many files open, and will not have fewer at once.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let acceptor = acceptor.clone();
            if one_at_a_time {
                acceptor.serve(stream).await;
                continue;
            }
            while open.len() >= CONNECTIONS {
                open.join_next().await;
            }
            open.spawn(async move {
                let _ = tokio::time::timeout(PATIENCE, acceptor.serve(stream)).await;
            });
        }
    });
    Ok((Listener { task, stays_open: defects.has("listener-stays-open") }, redirect_uri))
}

/// Host and path of a redirect URI with port 0 on loopback.
fn split(redirect_uri: &str) -> Option<(&str, &str)> {
    let rest = redirect_uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.strip_suffix(":0")?;
    (matches!(host, "127.0.0.1" | "[::1]" | "localhost") && !path.is_empty()).then_some((host, path))
}

#[derive(Clone)]
struct Acceptor {
    flow: String,
    authority: String,
    path: String,
    arrivals: UnboundedSender<Arrival>,
    defects: Defects,
}

impl Acceptor {
    async fn serve(&self, mut stream: TcpStream) {
        let head = read_head(&mut stream).await;
        let callback = head.as_deref().and_then(|head| self.callback(head));
        let page = match &callback {
            Some(url) if url.starts_with(&self.redirect_uri()) => self.page(url),
            _ => answer("404 Not Found", "", "<p>Nothing is here.</p>"),
        };
        let _ = stream.write_all(page.as_bytes()).await;
        let _ = stream.shutdown().await;
        if let Some(url) = callback {
            let _ = self.arrivals.send((self.flow.clone(), url));
        } else if self.defects.has("listener-junk-ends") && head.is_some() {
            let _ = self.arrivals.send((self.flow.clone(), self.redirect_uri()));
        }
    }

    /// The address that an answer came to. An answer at a wrong address is one as well: it is handed on,
    /// so that the login can refuse it.
    fn callback(&self, head: &str) -> Option<String> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let (path, query) = target.split_once('?')?;
        let mut headers = lines.filter_map(|line| line.split_once(':'));
        let (_, host) = headers.find(|(name, _)| name.eq_ignore_ascii_case("host"))?;
        let right_method = method == "GET" || self.defects.has("listener-any-method");
        let parameters = form::decode(query, true).unwrap_or_default();
        let answer = parameters.iter().any(|(name, _)| matches!(name.as_str(), "code" | "error" | "state"));
        let path = if self.defects.has("listener-any-path") { &self.path } else { path };
        (right_method && answer).then(|| format!("http://{}{path}?{query}", host.trim()))
    }

    fn redirect_uri(&self) -> String {
        format!("http://{}{}", self.authority, self.path)
    }

    /// A page of our own, with nothing of the request in it.
    fn page(&self, url: &str) -> String {
        let parameters = form::decode(url.split_once('?').map_or("", |(_, query)| query), true).unwrap_or_default();
        if self.defects.has("listener-open-redirect") {
            let address = parameters
                .iter()
                .find(|(name, value)| matches!(name.as_str(), "return_to" | "state") && value.starts_with("http"));
            if let Some((_, address)) = address {
                return format!(
                    "HTTP/1.1 302 Found\r\nLocation: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
            }
        }
        let mut headers = String::new();
        if !self.defects.has("listener-referrer") {
            headers.push_str("Referrer-Policy: no-referrer\r\n");
        }
        if !self.defects.has("listener-cacheable") {
            headers.push_str("Cache-Control: no-store\r\n");
        }
        let mut body = "<p>Back at the application. You may close this window.</p>".to_owned();
        if self.defects.has("listener-echo") {
            parameters.iter().for_each(|(name, value)| body.push_str(&format!("<p>{name}: {value}</p>")));
        }
        if self.defects.has("listener-third-party") {
            body.push_str("<img src=\"https://cdn.example/logo.png\">");
        } else {
            headers.push_str("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
        }
        answer("200 OK", &headers, &body)
    }
}

/// The head of a request, when it comes whole.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut block = [0; 4096];
    loop {
        let read = stream.read(&mut block).await.ok()?;
        head.extend_from_slice(block.get(..read)?);
        if head.windows(4).any(|end| end == b"\r\n\r\n") {
            return String::from_utf8(head).ok();
        }
        if read == 0 || head.len() > HEAD_LIMIT {
            return None;
        }
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let body = format!("<!doctype html><title>Sign-in</title>{body}");
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n{headers}\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
