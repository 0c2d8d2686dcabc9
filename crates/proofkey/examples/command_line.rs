//! A login of a command line with tokio: the browser of the user, and a listener on loopback (RFC 8252).
//!
//! ```text
//! cargo run --example command_line -- https://issuer.example client-id
//! ```
//!
//! The redirect URI `http://127.0.0.1/callback` must be registered; the port varies.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;
use std::time::{Duration, SystemTime};

use proofkey::authorize::Pending;
use proofkey::token::Http;
use proofkey::{Identity, Login, discover};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, client_id) = arguments.next().zip(arguments.next()).ok_or("usage: command_line ISSUER CLIENT_ID")?;
    let identity = sign_in(&Http::new()?, &issuer, &client_id, |url| println!("Open this page: {url}")).await?;
    println!("{} signed in", identity.subject());
    Ok(())
}

/// Signs a user in. `open` shows the URL to the user, or opens a browser.
pub async fn sign_in(http: &Http, issuer: &str, client_id: &str, open: impl FnOnce(&str)) -> Result<Identity, Failure> {
    let server = discover(http, issuer).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let login = Login::new(server, client_id, format!("http://{}/callback", listener.local_addr()?))?;
    let (url, pending) = login.request().scope("openid profile email").begin()?;
    open(&url);
    let callback = timeout(Duration::from_secs(600), callback(&listener, &pending)).await??;
    let grant = login.receive(pending, callback)?;
    Ok(login.finish(http, grant).await?)
}

/// Waits for the answer to this login. A browser also asks for an icon and opens idle connections.
async fn callback(listener: &TcpListener, pending: &Pending) -> Result<String, Failure> {
    loop {
        let (stream, _) = listener.accept().await?;
        if let Ok(Ok(Some(target))) = timeout(Duration::from_secs(5), answer(stream, pending)).await {
            return Ok(target);
        }
    }
}

/// Answers one request. Its target, if it is the answer to this login.
async fn answer(stream: TcpStream, pending: &Pending) -> Result<Option<String>, Failure> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let is_ours = !pending.check(&target, SystemTime::now()).is_err_and(|error| error.is_unrelated());
    let (status, text) =
        if is_ours { ("200 OK", "You can close this page.") } else { ("404 Not Found", "Nothing is here.") };
    let length = text.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.get_mut().write_all(format!("{head}{text}").as_bytes()).await?;
    Ok(is_ours.then_some(target))
}
