//! A command-line program with tokio. Its first run signs the user in with a browser and a listener on loopback (RFC
//! 8252); later ones go on from what is stored, also one that was restarted while the user was at the issuer.
//!
//! ```text
//! cargo run --example command_line -- https://issuer.example client-id FOLDER
//! ```
//!
//! The redirect URI `http://127.0.0.1/callback` must be registered; the port varies.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.
#![allow(clippy::incompatible_msrv)] // `File::lock` came with Rust 1.89.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use proofkey::authorize::{AuthorizationServer, Pending};
use proofkey::http::Uri;
use proofkey::token::Http;
use proofkey::{Identity, Login, discover};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [issuer, client_id, folder] = &arguments[..] else {
        return Err("usage: command_line ISSUER CLIENT_ID FOLDER".into());
    };
    let show = |url: &str| println!("Open this page: {url}");
    let identity = sign_in(&Http::new()?, issuer, client_id, Path::new(folder), show).await?;
    println!("{} is signed in", identity.subject());
    Ok(())
}

/// Returns the stored identity, refreshed if necessary, or signs the user in. `open` shows the URL to the user, or opens a
/// browser.
pub async fn sign_in(
    http: &Http,
    issuer: &str,
    client_id: &str,
    folder: &Path,
    open: impl FnOnce(&str),
) -> Result<Identity, Failure> {
    fs::create_dir_all(folder)?;
    // A second process waits here and finds what the first one stored: a refresh token must not be used twice.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    let file = folder.join("identity.json");
    let stored = fs::read_to_string(&file).ok().and_then(|text| Identity::from_json(&text).ok());
    let stored = stored.filter(|identity| identity.issuer() == issuer);
    let soon = SystemTime::now() + Duration::from_secs(30);
    match stored {
        Some(identity) if !identity.tokens().is_expired(soon) => return Ok(identity),
        _ => {}
    }
    let server = discover(http, issuer).await?;
    if let Some(mut identity) = stored {
        let login = Login::new(server.clone(), client_id, "http://127.0.0.1/callback")?; // no browser comes back here
        let refreshed = login.refresh(http, &mut identity).await;
        store(&file, &identity.to_json())?; // also after an error: the old refresh token may be used up
        match refreshed {
            Ok(()) => return Ok(identity),
            Err(error) if error.is_retryable() => return Err(error.into()),
            Err(error) => eprintln!("{error}: sign in again"),
        }
    }
    let identity = log_in(http, server, client_id, &folder.join("login.json"), open).await?;
    store(&file, &identity.to_json())?;
    Ok(identity)
}

/// A login whose user is at the issuer.
struct Begun {
    login: Login,
    listener: TcpListener,
    url: String,
    pending: Pending,
}

async fn log_in(
    http: &Http,
    server: AuthorizationServer,
    client_id: &str,
    file: &Path,
    open: impl FnOnce(&str),
) -> Result<Identity, Failure> {
    let begun = match begun_before(&server, client_id, file).await {
        Some(begun) => begun,
        None => begin(http, server, client_id).await?,
    };
    store(file, &serde_json::to_string(&(&begun.url, &begun.pending))?)?;
    open(&begun.url);
    let callback = timeout(Duration::from_secs(600), callback(&begun.listener, &begun.pending)).await??;
    fs::remove_file(file)?;
    let grant = begun.login.receive(begun.pending, callback)?;
    Ok(begun.login.finish(http, grant).await?)
}

async fn begin(http: &Http, server: AuthorizationServer, client_id: &str) -> Result<Begun, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let login = Login::new(server, client_id, format!("http://{}/callback", listener.local_addr()?))?;
    let started = login.request().scope("openid profile email offline_access").start(http).await?;
    let (url, pending) = started.into_parts();
    Ok(Begun { login, listener, url, pending })
}

/// The login that another run began, if it has not expired and its port is still free.
async fn begun_before(server: &AuthorizationServer, client_id: &str, file: &Path) -> Option<Begun> {
    let (url, pending): (String, Pending) = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
    if pending.issuer() != server.issuer() || pending.is_expired(SystemTime::now()) {
        return None;
    }
    let redirect_uri: Uri = pending.redirect_uri().as_str().parse().ok()?;
    let listener = TcpListener::bind(redirect_uri.authority()?.as_str()).await.ok()?;
    let login = Login::new(server.clone(), client_id, pending.redirect_uri()).ok()?;
    Some(Begun { login, listener, url, pending })
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
    (&mut stream).take(1 << 16).read_line(&mut line).await?;
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let is_ours = !pending.check(&target, SystemTime::now()).is_err_and(|error| error.is_unrelated());
    let (status, text) =
        if is_ours { ("200 OK", "You can close this page.") } else { ("404 Not Found", "Nothing is here.") };
    let length = text.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.get_mut().write_all(format!("{head}{text}").as_bytes()).await?;
    Ok(is_ours.then_some(target))
}

/// Writes a file that only this user can read, then puts it in the place of the old one.
fn store(file: &Path, text: &str) -> Result<(), Failure> {
    let new = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&new)?.write_all(text.as_bytes())?;
    Ok(fs::rename(new, file)?)
}
