//! A program whose tokens are bound to a key (DPoP, RFC 9449): a stolen token is worth nothing without it. Key and
//! identity are stored, and a later run goes on from them.
//!
//! ```text
//! cargo run --example dpop -- https://issuer.example client-id https://api.example/notes FOLDER
//! ```
//!
//! The redirect URI `http://localhost:8091/callback` must be registered. Nothing listens there: the address of the page on
//! which the browser ends up is pasted into the terminal.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use proofkey::http::{Request, StatusCode};
use proofkey::jwt::{SigningAlgorithm, SigningKey};
use proofkey::token::{Api, ClientAuthentication, Dpop, Http, Retry, Transport};
use proofkey::{Identity, KeySigner, Login, discover, fresh};

type Failure = Box<dyn Error + Send + Sync>;

const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Es256;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [issuer, client_id, url, folder] = &arguments[..] else {
        return Err("usage: dpop ISSUER CLIENT_ID API FOLDER".into());
    };
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let (http, dpop) = (Http::new()?, dpop_at(&folder.join("dpop.key"))?);
    let login = login_at(&http, issuer, client_id, &dpop).await?;
    let file = folder.join("identity.json");
    if !file.exists() {
        let callback = async |url: &str| {
            println!("Open this page, and paste the address on which you end up: {url}");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line)?;
            Ok(line.trim().to_owned())
        };
        sign_in(&http, &login, &file, callback).await?;
    }
    let api = Api::new(url)?.with_dpop(dpop);
    println!("{}", call(&http, &login, &api, &file, url).await?);
    Ok(())
}

/// The key, which is kept as long as the tokens.
pub fn dpop_at(file: &Path) -> Result<Dpop, Failure> {
    let key = match fs::read(file) {
        Ok(der) => SigningKey::from_pkcs8_der(ALGORITHM, &der)?,
        Err(_) => {
            let key = SigningKey::generate(ALGORITHM)?;
            store(file, key.to_pkcs8_der()?.expose())?;
            key
        }
    };
    Ok(Dpop::new(KeySigner::new(key)?, fresh)?)
}

/// The client.
pub async fn login_at(http: &Http, issuer: &str, client_id: &str, dpop: &Dpop) -> Result<Login, Failure> {
    let login = Login::new(discover(http, issuer).await?, client_id, "http://localhost:8091/callback")?;
    Ok(login.with_client_authentication(ClientAuthentication::none().with_dpop(dpop.clone())))
}

/// The first run: signs a user in and stores the identity.
pub async fn sign_in(
    http: &Http,
    login: &Login,
    file: &Path,
    callback: impl AsyncFnOnce(&str) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let (url, pending) = login.request().scope("openid offline_access").begin()?;
    let grant = login.receive(pending, callback(&url).await?)?;
    let identity = login.finish(http, grant).await?;
    store(file, identity.to_json().as_bytes())
}

/// A later run: calls the API, with refreshed tokens if they have expired or the API refuses them.
pub async fn call(http: &Http, login: &Login, api: &Api, file: &Path, url: &str) -> Result<String, Failure> {
    let mut identity = Identity::from_json(&fs::read_to_string(file)?)?;
    if identity.tokens().is_expired(SystemTime::now() + Duration::from_secs(30)) {
        refresh(http, login, &mut identity, file).await?;
    }
    let request = Request::get(url).body(Vec::new())?;
    let mut call = api.call();
    loop {
        let mut attempt = request.clone();
        call.authorize(&mut attempt, identity.tokens())?;
        let response = http.send(attempt).await?;
        match call.retry(request.uri(), &response) {
            Retry::WithNonce => {}
            Retry::WithNewTokens => refresh(http, login, &mut identity, file).await?,
            Retry::No if response.status() == StatusCode::OK => return Ok(String::from_utf8(response.into_body())?),
            Retry::No => return Err(format!("the API answered with status {}", response.status()).into()),
        }
    }
}

async fn refresh(http: &Http, login: &Login, identity: &mut Identity, file: &Path) -> Result<(), Failure> {
    let refreshed = login.refresh(http, identity).await;
    store(file, identity.to_json().as_bytes())?; // also after an error: the old refresh token may be used up
    Ok(refreshed?)
}

/// Writes a file that only this user can read, then puts it in the place of the old one.
fn store(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let new = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&new)?.write_all(bytes)?;
    Ok(fs::rename(new, file)?)
}
