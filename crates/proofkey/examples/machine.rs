//! A program that logs in as itself, such as a scheduled job: no user, no browser.
//!
//! ```text
//! CLIENT_SECRET=... cargo run --example machine -- https://issuer.example client-id https://api.example/notes
//! ```
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;

use proofkey::http::{Request, StatusCode};
use proofkey::token::{ClientAuthentication, ClientSecret, Http, Transport};
use proofkey::{MachineLogin, discover};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: CLIENT_SECRET=... machine ISSUER CLIENT_ID API";
    let [issuer, client_id, api] = [(); 3].map(|()| arguments.next());
    let (Some(issuer), Some(client_id), Some(api)) = (issuer, client_id, api) else { return Err(usage.into()) };
    let http = Http::new()?;
    let machine = log_in(&http, &issuer, &client_id, std::env::var("CLIENT_SECRET").map_err(|_| usage)?).await?;
    println!("{}", call(&http, &machine, &api).await?);
    Ok(())
}

/// One for the life of the program: it keeps the tokens.
pub async fn log_in(http: &Http, issuer: &str, client_id: &str, secret: String) -> Result<MachineLogin, Failure> {
    let server = discover(http, issuer).await?;
    let secret = ClientAuthentication::secret(ClientSecret::new(secret)?);
    Ok(MachineLogin::new(server, client_id, secret)?.scope("profile")?)
}

/// Calls the API. When it refuses the token, which may have been revoked, a new one is tried, once.
pub async fn call(http: &Http, machine: &MachineLogin, api: &str) -> Result<String, Failure> {
    let mut tries = 0;
    loop {
        let tokens = machine.tokens(http).await?;
        let token = tokens.access_token().ok_or("no access token")?;
        let request = Request::get(api).header("authorization", token.authorization()).body(Vec::new())?;
        let response = http.send(request).await?;
        match response.status() {
            StatusCode::OK => return Ok(String::from_utf8(response.into_body())?),
            StatusCode::UNAUTHORIZED if tries == 0 => machine.discard(&tokens),
            status => return Err(format!("the API answered with status {status}").into()),
        }
        tries += 1;
    }
}
