//! A small HTTP client for loopback, which follows no redirects, keeps no connection and has one deadline.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::message::{Outgoing, Response};
use crate::tls;

const DEADLINE: Duration = Duration::from_secs(10);
const LARGEST_BODY: usize = 1 << 20;

/// A connection, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FetchError(String);

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn failed(what: &str) -> impl Fn(&dyn fmt::Display) -> FetchError {
    let what = what.to_owned();
    move |error| FetchError(format!("{what}: {error}"))
}

/// Sends a request to an `http` URL, or to an `https` one of this process.
pub(crate) async fn send(request: Outgoing) -> Result<Response, FetchError> {
    match tokio::time::timeout(DEADLINE, exchange(request)).await {
        Ok(result) => result,
        Err(_) => Err(FetchError(format!("no answer within {} s", DEADLINE.as_secs()))),
    }
}

async fn exchange(request: Outgoing) -> Result<Response, FetchError> {
    let (scheme, rest) = request.url.split_once("://").unwrap_or_default();
    if !matches!(scheme, "http" | "https") {
        return Err(FetchError("only http and https on loopback are fetched here".into()));
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let address = if authority.rsplit(']').next().unwrap_or_default().contains(':') {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    let stream = TcpStream::connect(address.as_str()).await.map_err(|error| failed("no connection")(&error))?;
    let stream: Box<dyn Stream> = match scheme {
        "https" => {
            let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
            let stream = tls::connector().connect(name, stream).await;
            Box::new(stream.map_err(|error| failed("no connection")(&error))?)
        }
        _ => Box::new(stream),
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed("no connection")(&error))?;
    let connection = tokio::spawn(connection);
    let mut builder = hyper::Request::builder().method(request.method.as_str()).uri(target).header("host", authority);
    for (name, value) in &request.headers {
        builder = builder.header(name.as_str(), value.as_str());
    }
    let outgoing = builder
        .header("connection", "close")
        .body(Full::new(Bytes::from(request.body)))
        .map_err(|error| failed("the request cannot be written")(&error))?;
    let response = sender.send_request(outgoing).await.map_err(|error| failed("no answer")(&error))?;
    let (head, body) = response.into_parts();
    let body =
        Limited::new(body, LARGEST_BODY).collect().await.map_err(|error| failed("the body broke off")(&error))?;
    connection.abort();
    Ok(Response {
        status: head.status.as_u16(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: body.to_bytes().to_vec(),
    })
}

/// The same from code that is not async, and that may itself run on a server's thread: on a thread
/// and a runtime of its own.
pub(crate) fn blocking(request: Outgoing) -> Result<Response, FetchError> {
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed("no runtime")(&error))?
            .block_on(send(request))
    })
    .join()
    .unwrap_or_else(|_| Err(FetchError("the thread that asked has failed".into())))
}
