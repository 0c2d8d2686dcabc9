//! A login on a device without a browser: RFC 8628.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use crate::client_auth::{Pairs, authenticate};
use crate::config::Client;
use crate::context::Context;
use crate::discovery::Metadata;
use crate::dpop::ask_server;
use crate::endpoint;
use crate::failure::{Failure, refuse, stage::TOKEN};
use crate::http::{Answer, Request};
use crate::json::{Duplicates, parse_object};
use crate::token_response::{self, Tokens};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How often a client that knows no end polls, so that a test run has one.
const PATIENCE: usize = 4;

/// Asks for codes, and polls until the user is done.
pub(crate) async fn log_in(
    client: &Client,
    metadata: &Metadata,
    scope: &str,
    cx: &Context<'_>,
) -> Result<Tokens, Failure> {
    let Some(address) = &metadata.endpoints.device else {
        return Err(refuse(TOKEN, "config", "the server names no device authorization endpoint"));
    };
    let begun = Instant::now();
    let answer = send(address, vec![("scope", scope.to_owned())], client, metadata, cx).await?;
    let codes = parse_object(&answer.body, Duplicates::LastWins).filter(|_| answer.status == 200);
    let Some(codes) = codes else { return Err(error_of(&answer)) };
    let (code, expires_at) = check(&codes, begun, cx)?;
    let mut interval = Duration::from_secs(codes.get("interval").and_then(Value::as_u64).unwrap_or(5).max(1));
    for poll in 0.. {
        let wait = if cx.defects.has("device-interval-ignored") { Duration::from_millis(100) } else { interval };
        let is_over = Instant::now() + wait >= expires_at;
        if is_over && !cx.defects.has("device-expiry-ignored") || poll > 100 {
            break;
        }
        if poll >= PATIENCE && (cx.defects.has("device-expiry-ignored") || cx.defects.has("device-refusal-ignored")) {
            break;
        }
        sleep(wait).await;
        let grant = if cx.defects.has("device-grant-type-short") { "device_code" } else { GRANT };
        let pairs = vec![("grant_type", grant.to_owned()), ("device_code", code.clone())];
        let answer = send(&metadata.endpoints.token, pairs, client, metadata, cx).await?;
        let outcome = token_response::read(&answer, TOKEN, cx);
        let Err(failure) = outcome else { return outcome };
        let sent = match &failure {
            Failure::Refused { code: Some(code), .. } => code.as_str(),
            _ => return Err(failure),
        };
        match sent {
            "authorization_pending" if !cx.defects.has("device-pending-stops") => {}
            "slow_down" if cx.defects.has("device-slow-down-ignored") => {}
            "slow_down" => interval += Duration::from_secs(5),
            _ if cx.defects.has("device-refusal-ignored") => {}
            _ => return Err(failure),
        }
    }
    Err(refuse(TOKEN, "timeout", "the user was not done in time"))
}

/// The code to poll with, and when it ends. What the user is shown is fit to be shown.
fn check(codes: &Map<String, Value>, begun: Instant, cx: &Context<'_>) -> Result<(String, Instant), Failure> {
    let malformed = |what: &str| refuse(TOKEN, "token_malformed", what);
    let text = |name: &str| codes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let code = text("device_code").ok_or_else(|| malformed("there is no device_code"))?;
    text("user_code").ok_or_else(|| malformed("there is no user_code"))?;
    let life = codes.get("expires_in").and_then(Value::as_u64).ok_or_else(|| malformed("there is no expires_in"))?;
    for address in [text("verification_uri"), text("verification_uri_complete")].into_iter().flatten() {
        let checked = endpoint::check_scheme(address)
            .and_then(|()| endpoint::check_https(address, cx.allow_http_loopback))
            .and_then(|()| endpoint::check_characters(address));
        if checked.is_err() && !cx.defects.has("device-address-unchecked") {
            return Err(malformed("an address for the user is not fit to be opened"));
        }
    }
    text("verification_uri").ok_or_else(|| malformed("there is no verification_uri"))?;
    Ok((code.to_owned(), begun + Duration::from_secs(life.min(86_400))))
}

fn error_of(answer: &Answer) -> Failure {
    let object = parse_object(&answer.body, Duplicates::LastWins);
    match object.as_ref().and_then(|object| object.get("error")?.as_str()) {
        Some(code) => refuse(TOKEN, "token_error", "the server gave no codes").with_code(code),
        None => refuse(TOKEN, "token_http", format!("the server answered with status {}", answer.status)),
    }
}

async fn send(
    address: &str,
    pairs: Pairs,
    client: &Client,
    metadata: &Metadata,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let make = || {
        let mut pairs = pairs.clone();
        let headers = authenticate(&mut pairs, client, metadata, address, cx)?;
        Ok(Request::pairs(address, &pairs, headers))
    };
    // The codes are no tokens, and need no proof.
    if address == metadata.endpoints.token {
        ask_server(make, TOKEN, cx).await
    } else {
        cx.http.send(make()?, TOKEN, "token_http").await
    }
}
