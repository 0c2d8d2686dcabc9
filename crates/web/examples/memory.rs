//! A web application with a login. Its sessions are in memory, so nothing has to be installed.
//!
//! ```text
//! cargo run --example memory -- https://issuer.example client-id
//! ```
//!
//! The redirect URI `http://localhost:8091/callback` must be registered. Open <http://localhost:8091>.

use std::error::Error;

use axum::response::Html;
use axum::{Router, routing::get, serve};
use proofkey::token::Http;
use proofkey_web::{Provider, RequireLogin, User, WebLogin};
use tower_sessions::MemoryStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, client_id) = arguments.next().zip(arguments.next()).ok_or("usage: memory ISSUER CLIENT_ID")?;
    let provider = Provider::new(issuer, client_id, "http://localhost:8091/callback").scope("openid profile");
    let http = Http::builder().allow_http_loopback().build()?; // for an issuer on this machine

    let app = Router::new().route("/", get(home)).route("/account", get(account));
    let app = WebLogin::new(MemoryStore::default(), provider).http(http).attach(app)?;
    serve(tokio::net::TcpListener::bind("localhost:8091").await?, app).await?;
    Ok(())
}

async fn home(user: Option<User>) -> Html<&'static str> {
    Html(match user {
        Some(_) => "<a href=/account>Your account</a> <form method=post action=/logout><button>Log out</button></form>",
        None => "<a href=/login>Log in</a>",
    })
}

async fn account(RequireLogin(user): RequireLogin) -> String {
    format!("You are {}", user.claims().name().unwrap_or(user.subject()))
}
