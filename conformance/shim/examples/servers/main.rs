//! Talks to an authorization server of someone else with each feature that its metadata names, and prints a table.
//!
//! `conformance/servers/try` installs the servers and calls this: `servers COMMAND [ARGUMENTS...]`.

#[path = "../../../../crates/proofkey/examples/fapi.rs"]
#[allow(dead_code, unreachable_pub)]
mod fapi;

mod browser;
mod server;
mod tried;

use std::error::Error;

use proofkey::token::Http;

use server::Server;
use tried::Tried;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let command: Vec<_> = std::env::args().skip(1).collect();
    let http = Http::builder().allow_http_loopback().build()?;
    let (key, logouts) = (tried::key()?, tokio::net::TcpListener::bind("127.0.0.1:0").await?);
    let logout_uri = format!("http://{}/logout", logouts.local_addr()?);
    let variables = [
        ("CLIENT_JWK", key.public_jwk()),
        ("CLIENT_SECRET", tried::CLIENT_SECRET.to_owned()),
        ("LOGOUT_URI", logout_uri),
        ("REDIRECT_URI", tried::REDIRECT_URI.to_owned()),
        ("API", tried::API.to_owned()),
    ];
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Server::start(&command, &variables).await?;
    let tried = Tried::new(http, &server.issuer, key, logouts).await?;
    println!("## {} {}\n\n| Feature | Result |\n| --- | --- |", server.name, server.version);
    let mut has_failed = false;
    macro_rules! row {
        ($feature:literal, $is_offered:expr, $trial:ident) => {
            let result = match $is_offered {
                true => tried.$trial().await,
                false => Ok("not offered".to_owned()),
            };
            // Those that are known to fail, and why.
            let known = server.said["known"][$feature].as_str();
            // One that works all of a sudden is as much of a surprise.
            has_failed |= result.is_err() != known.is_some();
            let result = result.unwrap_or_else(|error| format!("**failed**: {}", known.unwrap_or(&error.to_string())));
            println!("| {} | {result} |", $feature);
        };
    }
    row!("code, PKCE with S256, ID token", true, code);
    row!("userinfo", tried.has("userinfo_endpoint"), userinfo);
    row!("refresh", true, refresh);
    row!("revocation", tried.has("revocation_endpoint"), revocation);
    row!("introspection", tried.has("introspection_endpoint"), introspection);
    row!("`private_key_jwt`", tried.lists("token_endpoint_auth_methods_supported", "private_key_jwt"), private_key_jwt);
    row!("client credentials", tried.lists("grant_types_supported", "client_credentials"), client_credentials);
    row!("JWT access token, by `IssuerKeys`", tried.lists("grant_types_supported", "client_credentials"), access_token);
    row!("pushed request (PAR)", tried.has("pushed_authorization_request_endpoint"), pushed);
    row!("DPoP: code, refresh, userinfo", tried.has("dpop_signing_alg_values_supported"), dpop);
    row!("device authorization", tried.has("device_authorization_endpoint"), device);
    row!("RP-initiated logout", tried.has("end_session_endpoint"), logout);
    row!("back-channel logout", tried.has("backchannel_logout_supported"), backchannel_logout);
    row!("FAPI 2.0: PAR, S256, DPoP, `private_key_jwt`, `iss`", tried.can_fapi(), fapi);
    println!();
    server.end().await?;
    if has_failed { Err("a feature failed".into()) } else { Ok(()) }
}
