//! A program that signs a user in once, and after a restart goes on from what it stored.
//!
//! ```text
//! cargo run --example stored -- login https://issuer.example client-id identity.json
//! cargo run --example stored -- resume https://issuer.example client-id identity.json
//! ```
//!
//! The redirect URI `http://localhost:8091/callback` must be registered. Nothing listens there: the address of the page on
//! which the browser ends up is pasted into the terminal.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use proofkey::token::Http;
use proofkey::{Identity, Login, discover};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [task, issuer, client_id, file] = &arguments[..] else {
        return Err("usage: stored login|resume ISSUER CLIENT_ID FILE".into());
    };
    let (http, file) = (Http::new()?, Path::new(file));
    let login = login_at(&http, issuer, client_id).await?;
    if task == "login" {
        let callback = async |url: &str| {
            println!("Open this page, and paste the address on which you end up: {url}");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line)?;
            Ok(line.trim().to_owned())
        };
        return sign_in(&http, &login, file, callback).await;
    }
    println!("{}", resume(&http, &login, file).await?);
    Ok(())
}

/// The client.
pub async fn login_at(http: &Http, issuer: &str, client_id: &str) -> Result<Login, Failure> {
    Ok(Login::new(discover(http, issuer).await?, client_id, "http://localhost:8091/callback")?)
}

/// The first run: signs a user in and stores the identity.
pub async fn sign_in(
    http: &Http,
    login: &Login,
    file: &Path,
    callback: impl AsyncFnOnce(&str) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let (url, pending) = login.request().scope("openid profile email offline_access").begin()?;
    let grant = login.receive(pending, callback(&url).await?)?;
    let identity = login.finish(http, grant).await?;
    store(&identity, file)
}

/// A later run: refreshes, asks for userinfo, and logs out.
pub async fn resume(http: &Http, login: &Login, file: &Path) -> Result<String, Failure> {
    let mut identity = Identity::from_json(&fs::read_to_string(file)?)?;
    let refreshed = login.refresh(http, &mut identity).await;
    // First of all, and also after an error: the old refresh token may not work any more.
    store(&identity, file)?;
    refreshed?;
    let claims = login.userinfo(http, &identity).await?;
    let name = claims.get("name").and_then(|name| name.as_str()).unwrap_or(identity.subject()).to_owned();
    if let Some(token) = identity.tokens().refresh_token() {
        login.revoke(http, token).await?;
    }
    fs::remove_file(file)?;
    // The session at the issuer ends in the browser, if the issuer offers that.
    Ok(match login.logout(&identity).url() {
        Ok(url) => format!("{name} was here; end the session at the issuer: {url}"),
        Err(_) => format!("{name} was here"),
    })
}

/// Writes a file that only this user can read, then puts it in the place of the old one.
fn store(identity: &Identity, file: &Path) -> Result<(), Failure> {
    let new = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&new)?.write_all(identity.to_json().as_bytes())?;
    Ok(fs::rename(new, file)?)
}
