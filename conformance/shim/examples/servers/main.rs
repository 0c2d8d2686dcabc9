//! Talks to an authorization server of someone else with each feature that its metadata names, or probes it, and prints a
//! table.
//!
//! `conformance/servers/try` installs the servers and calls this: `servers [--probe PROGRAM AS_TOML FOLDER] COMMAND [ARGUMENTS...]`.

#[path = "../../../../crates/proofkey/examples/fapi.rs"]
#[allow(dead_code, unreachable_pub)]
mod fapi;

mod browser;
mod probed;
mod server;
mod tried;

use std::error::Error;

use proofkey::token::Http;
use tokio::net::TcpListener;

use server::Server;
use tried::Tried;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let command: Vec<_> = std::env::args().skip(1).collect();
    match command.split_first_chunk() {
        Some(([flag, program, config, folder], command)) if flag == "--probe" => {
            let (key, logout_uri) = (tried::key()?.public_jwk(), "http://127.0.0.1:8091/logout");
            let variables = variables(&key, probed::REDIRECT_URI, logout_uri);
            let server = Server::start(command, &variables).await?;
            let judged = probed::judged(&server, &variables, program, config, folder.as_ref()).await;
            server.end().await?;
            judged
        }
        _ => use_all(&command).await,
    }
}

/// Uses every feature.
async fn use_all(command: &[String]) -> Result<(), Failure> {
    let http = Http::builder().allow_http_loopback().build()?;
    let (key, logouts) = (tried::key()?, TcpListener::bind("127.0.0.1:0").await?);
    let (public, logout_uri) = (key.public_jwk(), format!("http://{}/logout", logouts.local_addr()?));
    let server = Server::start(command, &variables(&public, tried::REDIRECT_URI, &logout_uri)).await?;
    let tried = Tried::new(http, &server, key, logouts).await?;
    println!("## {}\n\n| Feature | Result |\n| --- | --- |", server.title());
    let (mut has_failed, mut not_offered) = (false, Vec::new());
    macro_rules! row {
        ($feature:literal, $is_offered:expr, $trial:ident) => {
            let said = |of: &str| server.said[of][$feature].as_str();
            match ($is_offered, said("untried"), said("known")) {
                (false, ..) => not_offered.push($feature),
                (true, Some(why), _) => println!("| {} | not tried: {why} |", $feature),
                (true, None, known) => {
                    let result = tried.$trial().await;
                    // One that works all of a sudden is as much of a surprise.
                    has_failed |= result.is_err() != known.is_some();
                    let failed = |error: Failure| format!("**failed**: {}", known.unwrap_or(&error.to_string()));
                    println!("| {} | {} |", $feature, result.unwrap_or_else(failed));
                }
            }
        };
    }
    let machine = tried.lists("grant_types_supported", "client_credentials");
    row!("code, PKCE with S256, ID token", true, code);
    row!("userinfo", tried.has("userinfo_endpoint"), userinfo);
    row!("refresh", true, refresh);
    row!("revocation", tried.can_revoke(), revocation);
    row!("introspection", tried.can_introspect(), introspection);
    row!("`private_key_jwt`", tried.lists("token_endpoint_auth_methods_supported", "private_key_jwt"), private_key_jwt);
    row!("client credentials", machine, client_credentials);
    row!("JWT access token, by `IssuerKeys`", machine, access_token);
    row!("pushed request (PAR)", tried.has("pushed_authorization_request_endpoint"), pushed);
    row!("DPoP: code, refresh, userinfo", tried.has("dpop_signing_alg_values_supported"), dpop);
    row!("device authorization", tried.has("device_authorization_endpoint"), device);
    row!("RP-initiated logout", tried.has("end_session_endpoint"), logout);
    row!("back-channel logout", tried.has("backchannel_logout_supported"), backchannel_logout);
    row!("FAPI 2.0: PAR, S256, DPoP, `private_key_jwt`, `iss`", tried.can_fapi(), fapi);
    if !not_offered.is_empty() {
        println!("\nNot offered: {}.", not_offered.join("; "));
    }
    println!();
    server.end().await?;
    if has_failed { Err("a feature failed".into()) } else { Ok(()) }
}

/// What a server is told of its clients, its API and its user.
fn variables<'a>(key: &'a str, redirect_uri: &'a str, logout_uri: &'a str) -> [(&'static str, &'a str); 7] {
    [
        ("CLIENT_JWK", key),
        ("CLIENT_SECRET", tried::CLIENT_SECRET),
        ("LOGOUT_URI", logout_uri),
        ("REDIRECT_URI", redirect_uri),
        ("API", tried::API),
        ("USERNAME", browser::USER),
        ("PASSWORD", browser::PASSWORD),
    ]
}
