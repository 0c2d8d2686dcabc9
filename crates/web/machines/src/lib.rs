//! The application that the programs `redis` and `postgres` run, each with its store.
//!
//! ```text
//! cargo run --bin redis -- redis://127.0.0.1 https://issuer.example client-id http://localhost:8091 127.0.0.1:8091
//! ```
//!
//! Its arguments are the store, the issuer, the client, the origin under which users reach the application, and the address
//! at which this machine listens. `PROOFKEY_KEY` is the key of all machines: 64 hexadecimal digits.

mod atomic;

use std::error::Error;

use axum::http::StatusCode;
use axum::{Router, routing::get};
use proofkey::token::Http;
use proofkey_web::{Provider, RequireLogin, User, WebLogin};
use tower_sessions_core::SessionStore;

pub use atomic::AtomicPostgres;

/// What the command line and the environment say.
#[derive(Debug)]
pub struct Settings {
    /// The address of the store.
    pub store: String,
    issuer: String,
    client_id: String,
    origin: String,
    listen: String,
    key: [u8; 32],
}

impl Settings {
    /// Reads the arguments of this process.
    ///
    /// # Errors
    ///
    /// If there are too few, or `PROOFKEY_KEY` is no key.
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let mut arguments = std::env::args().skip(1);
        let mut next = || arguments.next().ok_or("usage: STORE ISSUER CLIENT_ID ORIGIN LISTEN");
        let (store, issuer, client_id, origin, listen) = (next()?, next()?, next()?, next()?, next()?);
        let digits = std::env::var("PROOFKEY_KEY").map_err(|_| "PROOFKEY_KEY is not set")?;
        let mut key = [0; 32];
        if digits.len() != 64 || !digits.is_ascii() {
            return Err("PROOFKEY_KEY has not 64 hexadecimal digits".into());
        }
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16)?;
        }
        Ok(Self { store, issuer, client_id, origin, listen, key })
    }

    /// Serves the application until the process ends.
    ///
    /// # Errors
    ///
    /// If an address cannot be used.
    pub async fn serve(self, store: impl SessionStore) -> Result<(), Box<dyn Error>> {
        let provider = Provider::new(self.issuer, self.client_id, format!("{}/callback", self.origin))
            .scope("openid profile offline_access")
            .backchannel_logout("/backchannel-logout");
        let http = Http::builder().allow_http_loopback().build()?; // for an issuer on this machine
        let app = Router::new().route("/", get(home)).route("/account", get(account)).route("/token", get(token));
        let app = WebLogin::new(store, provider).http(http).keys([self.key]).attach(app)?;
        let listener = tokio::net::TcpListener::bind(self.listen).await?;
        println!("{}", listener.local_addr()?);
        axum::serve(listener, app).await?;
        Ok(())
    }
}

async fn home(user: Option<User>) -> String {
    user.map_or("no one".into(), |user| user.subject().to_owned())
}

async fn account(RequireLogin(user): RequireLogin) -> String {
    user.subject().to_owned()
}

/// Stands for a page that calls an API.
async fn token(user: User) -> (StatusCode, &'static str) {
    match user.access_token().await {
        Ok(_) => (StatusCode::OK, "a valid token"),
        Err(error) => (StatusCode::BAD_GATEWAY, error.code()),
    }
}
