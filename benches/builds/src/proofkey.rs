//! A login at the command line, by proofkey.

use proofkey::{Login, discover, token::Http};
use proofkey_builds::{arguments, callback};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [issuer, client_id, redirect_uri] = arguments()?;
    let http = Http::new()?;
    let server = discover(&http, &issuer).await?;
    let login = Login::new(server, &client_id, &redirect_uri)?;
    let (url, pending) = login.request().scope("openid email").begin()?;
    let grant = login.receive(pending, &callback(&url)?)?;
    let identity = login.finish(&http, grant).await?;
    println!("{} signed in", identity.subject());
    Ok(())
}
