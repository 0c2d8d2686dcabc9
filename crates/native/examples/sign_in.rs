//! A command-line program that signs a user in.
//!
//! ```text
//! cargo run --example sign_in -- https://issuer.example client-id
//! ```
//!
//! The redirect URI `http://127.0.0.1/callback` must be registered; the port varies. When there is no browser on this
//! machine, open the URL elsewhere, and paste the URL of the page that failed to load.

use std::error::Error;
use std::thread;

use proofkey::token::Http;
use proofkey::{Login, discover};
use proofkey_native::{NativeLogin, Receiver};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, client_id) = arguments.next().zip(arguments.next()).ok_or("usage: sign_in ISSUER CLIENT_ID")?;
    let http = Http::new()?;
    let receiver = Receiver::bind()?;
    let login = Login::new(discover(&http, &issuer).await?, &client_id, receiver.redirect_uri().as_str())?;

    // A thread that reads the terminal ends with the program.
    let handle = receiver.handle();
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if handle.submit(line.trim()) {
                break;
            }
            eprintln!("This URL is not the callback of this login.");
        }
    });

    let request = login.request().scope("openid profile email");
    let identity = NativeLogin::new(&login, receiver).request(request).run(&http).await?;
    println!("{} is signed in", identity.subject());
    Ok(())
}
