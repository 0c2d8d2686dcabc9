//! A command-line program that signs a user in once. Later runs refresh the tokens when that is due.
//!
//! ```text
//! cargo run --example session --features file -- login https://issuer.example client-id
//! cargo run --example session --features file -- token https://issuer.example client-id
//! cargo run --example session --features file -- whoami https://issuer.example client-id
//! cargo run --example session --features file -- logout https://issuer.example client-id
//! ```
//!
//! The redirect URI `http://127.0.0.1/callback` must be registered; the port varies.

use std::error::Error;

use proofkey::token::Http;
use proofkey::{Discovery, LazyLogin, Login, discover};
use proofkey_native::{FileStore, NativeLogin, Receiver, Session, SessionClient};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [command, issuer, client_id] = &arguments[..] else {
        return Err("usage: session login|token|whoami|logout ISSUER CLIENT_ID".into());
    };
    let http = Http::new()?;
    let session = open(&http, issuer, client_id)?;
    match command.as_str() {
        "login" => {
            let receiver = Receiver::bind()?;
            let login = Login::new(discover(&http, issuer).await?, client_id, receiver.redirect_uri().as_str())?;
            let request = login.request().scope("openid profile offline_access");
            let identity = NativeLogin::new(&login, receiver).request(request).run(&http).await?;
            session.sign_in(identity).await?;
            println!("signed in; the tokens are in {}", session.store());
        }
        "token" => println!("{}", session.access_token().await?.expose()),
        "whoami" => match session.status().await?.credentials() {
            Some(credentials) => println!("{}", credentials.subject().unwrap_or("a user")),
            None => println!("no user is signed in"),
        },
        "logout" => {
            let is_revoked = session.sign_out().await?.is_revoked();
            println!("signed out{}", if is_revoked { "" } else { "; the server revokes no tokens" });
        }
        _ => return Err("usage: session login|token|whoami|logout ISSUER CLIENT_ID".into()),
    }
    Ok(())
}

/// The session of the user who signed in last. The server is discovered when a request must be made.
fn open(http: &Http, issuer: &str, client_id: &str) -> Result<Session, Box<dyn Error>> {
    let id = client_id.to_owned();
    // No browser comes back here.
    let login =
        LazyLogin::new(Discovery::new(issuer), move |server| Login::new(server, &id, "http://127.0.0.1/callback"));
    let client = SessionClient::lazy(issuer, client_id, login);
    let (store, http) = (FileStore::for_program("proofkey-session-example")?, http.clone());
    Ok(Session::new(client, store, move |requests| drop(tokio::spawn(requests.send_with(http.clone())))))
}
