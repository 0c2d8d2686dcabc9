//! A program that logs in as itself, such as a scheduled job: no user, no browser, and a key in place of a secret.
//!
//! ```text
//! openssl genpkey -algorithm ed25519 -out client.pem
//! cargo run --example machine -- https://issuer.example client-id https://api.example/notes client.pem
//! ```
//!
//! It prints the public key, which must be registered for the client. Without a file, `CLIENT_SECRET` has the client's
//! secret. The program waits while the issuer cannot be reached.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;
use std::time::Duration;

use proofkey::http::{Request, Response, StatusCode};
use proofkey::jwt::{SigningAlgorithm, SigningKey};
use proofkey::token::{Api, ClientAuthentication, ClientSecret, Http};
use proofkey::{Discovery, KeySigner, LazyMachineLogin, LoginError, MachineLogin, fresh};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (arguments, authentication) = match &arguments[..] {
        [arguments @ .., file] if arguments.len() == 3 => (arguments, by_key(&std::fs::read_to_string(file)?)?),
        arguments => (arguments, by_secret(std::env::var("CLIENT_SECRET")?)?),
    };
    let [issuer, client_id, api] = arguments else {
        return Err("usage: machine ISSUER CLIENT_ID API [FILE]".into());
    };
    let machine = machine_at(issuer, client_id, authentication);
    println!("{}", call(&Http::new()?, &machine, &Api::new(api)?, api).await?);
    Ok(())
}

/// Authenticates by a JWT that the private key signs anew for each request.
pub fn by_key(pem: &str) -> Result<ClientAuthentication, Failure> {
    let key = SigningKey::from_pem(SigningAlgorithm::EdDsa, pem)?.with_key_id("2026-11");
    println!("The client is registered with the key {}", key.public_jwk());
    Ok(ClientAuthentication::private_key_jwt(KeySigner::new(key)?, fresh))
}

/// Authenticates by a secret, as the issuer announces it.
pub fn by_secret(secret: String) -> Result<ClientAuthentication, Failure> {
    Ok(ClientAuthentication::secret(ClientSecret::new(secret)?))
}

/// The client: one for the life of the program, because it keeps the tokens.
pub fn machine_at(issuer: &str, client_id: &str, authentication: ClientAuthentication) -> LazyMachineLogin {
    let client_id = client_id.to_owned();
    LazyMachineLogin::new(Discovery::new(issuer), move |server| {
        MachineLogin::new(server, &client_id, authentication.clone())?.with_scope("profile")
    })
}

/// Calls the API. When it refuses the token, which may have been revoked, a new one is tried, once.
pub async fn call(http: &Http, machine: &LazyMachineLogin, api: &Api, url: &str) -> Result<String, Failure> {
    let response = send(http, machine, api, Request::get(url).body(Vec::new())?).await?;
    match response.status() {
        StatusCode::OK => Ok(String::from_utf8(response.into_body())?),
        status => Err(format!("the API answered with status {status}").into()),
    }
}

/// Sends the request with a token. Waits while the issuer cannot be reached: no user does.
async fn send(
    http: &Http,
    machine: &LazyMachineLogin,
    api: &Api,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, LoginError> {
    let mut tries = 0;
    loop {
        match api.send(http, machine, request.clone()).await {
            Err(error) if error.is_retryable() && tries < 10 => {
                eprintln!("{error}: trying again");
                tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_secs(10))).await;
            }
            response => return response,
        }
        tries += 1;
    }
}
