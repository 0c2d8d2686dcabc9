//! A client of the FAPI 2.0 Security Profile: its request is pushed (PAR), it authenticates with a key (`private_key_jwt`),
//! its tokens are bound to another (DPoP), and the server's name on the callback is compared (`iss`). PKCE with S256 comes
//! without a word.
//!
//! ```text
//! openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out client.pem
//! cargo run --example fapi -- https://issuer.example client-id client.pem https://api.example/accounts
//! ```
//!
//! It prints the public key, which must be registered for the client, like the redirect URI
//! `http://localhost:8091/callback`. Nothing listens there: the address of the page on which the browser ends up is pasted
//! into the terminal.
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::error::Error;

use proofkey::http::{Request, StatusCode};
use proofkey::jwt::{Algorithm, SigningAlgorithm, SigningKey};
use proofkey::token::{AccessTokenType, Api, ClientAuthentication, Dpop, Http};
use proofkey::{Identity, KeySigner, Login, discover, fresh};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [issuer, client_id, file, url] = &arguments[..] else {
        return Err("usage: fapi ISSUER CLIENT_ID KEY API".into());
    };
    let key = SigningKey::from_pem(SigningAlgorithm::Es256, &std::fs::read_to_string(file)?)?;
    println!("The client is registered with the key {}", key.public_jwk());
    let (http, dpop) = (Http::new()?, dpop()?);
    let login = login_at(&http, issuer, client_id, key, &dpop).await?;
    let callback = async |url: &str| {
        println!("Open this page, and paste the address on which you end up: {url}");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    };
    let identity = sign_in(&http, &login, callback).await?;
    println!("{}", call(&http, &Api::new(url)?.with_dpop(dpop), &identity, url).await?);
    Ok(())
}

/// The key that tokens are bound to: a new one for each run, since this program stores no tokens.
pub fn dpop() -> Result<Dpop, Failure> {
    Ok(Dpop::new(KeySigner::new(SigningKey::generate(SigningAlgorithm::Es256)?)?, fresh)?)
}

/// The client, at a server that can do what the profile demands of it.
pub async fn login_at(
    http: &Http,
    issuer: &str,
    client_id: &str,
    key: SigningKey,
    dpop: &Dpop,
) -> Result<Login, Failure> {
    let server = discover(http, issuer).await?;
    // When it is announced, a callback without `iss` is refused.
    if !server.authorization_response_iss_parameter_supported() {
        return Err("the server does not announce `iss` on its callbacks (FAPI 2.0 section 5.3.2.2)".into());
    }
    let authentication = ClientAuthentication::private_key_jwt(KeySigner::new(key)?, fresh).with_dpop(dpop.clone());
    Ok(Login::new(server, client_id, "http://localhost:8091/callback")?
        .with_client_authentication(authentication)
        // Section 5.4.1 permits these, and not RS256.
        .with_id_token_algorithms([Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa]))
}

/// Signs a user in. `push` fails at a server without PAR, and never falls back to parameters in the URL.
pub async fn sign_in(
    http: &Http,
    login: &Login,
    callback: impl AsyncFnOnce(&str) -> Result<String, Failure>,
) -> Result<Identity, Failure> {
    let (url, pending) = login.request().scope("openid").push().start(http).await?.into_parts();
    let grant = login.receive(pending, callback(&url).await?)?;
    let identity = login.finish(http, grant).await?;
    // With a key, a bearer token was refused already.
    debug_assert_eq!(identity.tokens().token_type(), AccessTokenType::Dpop);
    Ok(identity)
}

/// Calls the API with the bound token and a proof, once more if the API demands a nonce.
pub async fn call(http: &Http, api: &Api, identity: &Identity, url: &str) -> Result<String, Failure> {
    let request = Request::get(url).body(Vec::new())?;
    let response = api.send(http, identity.tokens(), request).await?;
    match response.status() {
        StatusCode::OK => Ok(String::from_utf8(response.into_body())?),
        status => Err(format!("the API answered with status {status}").into()),
    }
}
