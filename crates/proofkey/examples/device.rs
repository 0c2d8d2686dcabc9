//! A login on a device without a browser: the user opens a page elsewhere and types a code (RFC 8628).
//!
//! ```text
//! cargo run --example device -- https://issuer.example client-id
//! ```
//!
//! Where a browser and a listener on loopback work, the example `command_line` is the better one.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;

use proofkey::token::Http;
use proofkey::{Identity, Login, discover};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, client_id) = arguments.next().zip(arguments.next()).ok_or("usage: device ISSUER CLIENT_ID")?;
    let identity = sign_in(&Http::new()?, &issuer, &client_id, |text| println!("{text}")).await?;
    println!("{} signed in", identity.subject());
    Ok(())
}

/// Signs a user in. `show` shows a text to the user.
pub async fn sign_in(http: &Http, issuer: &str, client_id: &str, show: impl Fn(&str)) -> Result<Identity, Failure> {
    let server = discover(http, issuer).await?;
    // No browser comes back to a device: the redirect URI is not used.
    let login = Login::new(server, client_id, "http://127.0.0.1/callback")?;
    let mut device = login.device().scope("openid profile").start(http).await?;
    show(&format!("Open {} and enter {}", device.verification_uri(), device.user_code()));
    Ok(device.finish(http, tokio::time::sleep).await?)
}
