//! A web application whose users choose one of two providers.
//!
//! ```text
//! cargo run --example providers -- https://one.example client-id https://other.example other-client-id
//! ```
//!
//! Register `http://localhost:8091/callback/one` at the first and `http://localhost:8091/callback/other` at the second: a
//! redirect URI of its own for each provider tells their callbacks apart.

use std::error::Error;

use axum::{Router, routing::get, serve};
use proofkey::token::Http;
use proofkey_web::{Provider, RequireLogin, WebLogin};
use tower_sessions::MemoryStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [one, one_client, other, other_client] = arguments.as_slice() else {
        return Err("usage: providers ISSUER CLIENT_ID ISSUER CLIENT_ID".into());
    };
    let one = Provider::new(one, one_client, "http://localhost:8091/callback/one").named("one", "Staff");
    let other = Provider::new(other, other_client, "http://localhost:8091/callback/other").named("other", "Customers");
    let http = Http::builder().allow_http_loopback().build()?;

    let app = Router::new().route("/", get(home));
    let app = WebLogin::new(MemoryStore::default(), one).provider(other).http(http).attach(app)?;
    serve(tokio::net::TcpListener::bind("localhost:8091").await?, app).await?;
    Ok(())
}

async fn home(RequireLogin(user): RequireLogin) -> String {
    // A subject is unique at its issuer only: the key of an account is both.
    format!("{} at {}, by the login {}", user.subject(), user.issuer(), user.provider())
}
