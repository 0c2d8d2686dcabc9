//! A login at a terminal without a runtime: `ureq` as HTTP client, one thread, and a listener on loopback (RFC 8252).
//!
//! ```text
//! cargo run --example blocking -- https://issuer.example client-id
//! ```
//!
//! The redirect URI `http://127.0.0.1/callback` must be registered; the port varies.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proofkey::token::{TransportError, TransportErrorKind};
use proofkey::{Discovery, Identity, Login, http};
use ureq::tls::{RootCerts, TlsConfig};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, client_id) = arguments.next().zip(arguments.next()).ok_or("usage: blocking ISSUER CLIENT_ID")?;
    let identity = sign_in(&agent(true), &issuer, &client_id, |url| println!("Open this page: {url}"))?;
    println!("{} signed in", identity.subject());
    Ok(())
}

/// Signs a user in. `open` shows the URL to the user, or opens a browser.
pub fn sign_in(
    agent: &ureq::Agent,
    issuer: &str,
    client_id: &str,
    open: impl FnOnce(&str),
) -> Result<Identity, Failure> {
    let http = |request| send(agent, request);
    let server = Discovery::new(issuer).run_blocking(&http)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let login = Login::new(server, client_id, format!("http://{}/callback", listener.local_addr()?))?;
    let (url, pending) = login.request().scope("openid profile email").begin()?;
    open(&url);
    // A browser also asks for an icon and opens idle connections; only an answer to this login ends the wait.
    let callback = loop {
        let mut stream = listener.accept()?.0;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut line = String::new();
        if BufReader::new(&stream).read_line(&mut line).is_err() {
            continue;
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let is_ours = !pending.check(&target, SystemTime::now()).is_err_and(|error| error.is_unrelated());
        let (status, text) =
            if is_ours { ("200 OK", "You can close this page.") } else { ("404 Not Found", "Nothing is here.") };
        let length = text.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(format!("{head}{text}").as_bytes())?;
        if is_ours {
            break target;
        }
    };
    let grant = login.receive(pending, callback)?;
    Ok(login.finish_blocking(&http, grant)?)
}

/// An agent that keeps the promises of a transport: no redirect, no retry, a deadline, and certificates that are checked
/// with the cryptography that `proofkey` already uses.
pub fn agent(https_only: bool) -> ureq::Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::WebPki)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    ureq::Agent::config_builder()
        .tls_config(tls)
        .https_only(https_only)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .new_agent()
}

/// The transport: one request, and the whole response of at most 1 MiB.
fn send(agent: &ureq::Agent, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
    let (head, mut body) = agent.run(request).map_err(classify)?.into_parts();
    let body = body.with_config().limit(1 << 20).read_to_vec().map_err(classify)?;
    Ok(http::Response::from_parts(head, body))
}

/// Only a failure that certainly came before the request was sent says so.
fn classify(error: ureq::Error) -> TransportError {
    use TransportErrorKind as Kind;
    let classified = match &error {
        ureq::Error::HostNotFound => TransportError::before_sending(Kind::Resolve),
        ureq::Error::ConnectionFailed => TransportError::before_sending(Kind::Connect),
        ureq::Error::Timeout(_) => TransportError::after_sending(Kind::Timeout),
        _ => TransportError::after_sending(Kind::Other),
    };
    classified.caused_by(error)
}
