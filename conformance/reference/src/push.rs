//! Step 2 with a pushed authorization request: RFC 9126.

use crate::client_auth::{Pairs, authenticate};
use crate::config::Client;
use crate::context::Context;
use crate::discovery::Metadata;
use crate::dpop::ask_server;
use crate::failure::{Failure, refuse, stage::AUTHORIZE};
use crate::form;
use crate::http::Request;
use crate::json::{Duplicates, parse_object};

/// Pushes the request that `url` carries, and gives the address that refers to it.
pub(crate) async fn push(url: &str, client: &Client, metadata: &Metadata, cx: &Context<'_>) -> Result<String, Failure> {
    let (endpoint, query) = url.split_once('?').unwrap_or((url, ""));
    match ask(query, client, metadata, cx).await {
        Ok(request_uri) => {
            let reference = form::encode([("client_id", client.id.as_str()), ("request_uri", &request_uri)]);
            if cx.defects.has("push-in-the-open") {
                return Ok(form::with_query(url, &form::encode([("request_uri", request_uri.as_str())])));
            }
            Ok(form::with_query(endpoint, &reference))
        }
        Err(_) if cx.defects.has("push-fallback") => Ok(url.to_owned()),
        Err(failure) => Err(failure),
    }
}

async fn ask(query: &str, client: &Client, metadata: &Metadata, cx: &Context<'_>) -> Result<String, Failure> {
    let Some(address) = &metadata.endpoints.par else {
        return Err(refuse(AUTHORIZE, "config", "the server names no endpoint to push to"));
    };
    let mut body = query.to_owned();
    if cx.defects.has("push-without-challenge") {
        body = body.split('&').filter(|pair| !pair.starts_with("code_challenge")).collect::<Vec<_>>().join("&");
    }
    let make = || {
        let mut pairs = Pairs::new();
        let headers = if cx.defects.has("push-unauthenticated") {
            Vec::new()
        } else {
            authenticate(&mut pairs, client, metadata, address, cx).map_err(|failure| failure.at(AUTHORIZE))?
        };
        // The request names the client already.
        pairs.retain(|(name, _)| *name != "client_id");
        let proof = form::encode(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        let body = if proof.is_empty() { body.clone() } else { format!("{body}&{proof}") };
        let mut request = Request::form(address, body);
        request.headers = headers;
        Ok(request)
    };
    let answer = ask_server(make, AUTHORIZE, cx).await?;
    let object = parse_object(&answer.body, Duplicates::LastWins);
    let text = |name: &str| object.as_ref()?.get(name)?.as_str().map(str::to_owned);
    if answer.status != 201 && !cx.defects.has("push-status-unchecked") {
        return Err(match text("error") {
            Some(code) => {
                let status = answer.status;
                refuse(AUTHORIZE, "token_error", format!("the server refused, with status {status}")).with_code(&code)
            }
            None => refuse(AUTHORIZE, "token_http", format!("the server answered with status {}", answer.status)),
        });
    }
    let lives = object.as_ref().and_then(|object| object.get("expires_in")?.as_u64()).is_some_and(|life| life > 0);
    match text("request_uri") {
        Some(request_uri) if lives && request_uri.contains(':') => Ok(request_uri),
        _ => Err(refuse(AUTHORIZE, "token_malformed", "the answer has no request_uri with a lifetime")),
    }
}
