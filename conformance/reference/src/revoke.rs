//! The revocation of a token: RFC 7009.

use reqwest::Method;

use crate::client_auth::{Pairs, authenticate};
use crate::config::Client;
use crate::context::Context;
use crate::discovery::Metadata;
use crate::failure::{Failure, refuse, stage::REVOKE};
use crate::form;
use crate::http::Request;
use crate::json::{Duplicates, parse_object};
use crate::token_response::Tokens;

/// Revokes the refresh token, or the access token when there is no other.
pub(crate) async fn ask(
    tokens: &Tokens,
    client: &Client,
    metadata: &Metadata,
    cx: &Context<'_>,
) -> Result<(), Failure> {
    let Some(address) = &metadata.endpoints.revocation else {
        return Err(refuse(REVOKE, "config", "the server names no revocation endpoint"));
    };
    let (token, hint) = match &tokens.refresh_token {
        Some(token) => (token, "refresh_token"),
        None => (&tokens.access_token, "access_token"),
    };
    let mut pairs: Pairs = vec![("token", token.clone()), ("token_type_hint", hint.to_owned())];
    let headers = if cx.defects.has("revoke-unauthenticated") {
        Vec::new()
    } else {
        authenticate(&mut pairs, client, metadata, address, cx).map_err(|failure| failure.at(REVOKE))?
    };
    let body = form::encode(pairs.iter().map(|(name, value)| (*name, value.as_str())));
    let mut request = Request::form(address, body.clone());
    if cx.defects.has("revoke-get") {
        request = Request { method: Method::GET, ..Request::get(&form::with_query(address, &body)) };
    }
    request.headers = headers;
    request.follow = Some("revoke-redirect-followed");
    let answer = cx.http.send(request, REVOKE, "token_http").await?;
    let object = parse_object(&answer.body, Duplicates::LastWins);
    match answer.status {
        // The body says nothing: section 2.2.
        200 if object.is_none() && cx.defects.has("revoke-body-required") => {
            Err(refuse(REVOKE, "token_malformed", "the answer is no JSON object"))
        }
        200 => Ok(()),
        503 if cx.defects.has("revoke-503-as-success") => Ok(()),
        503 => Err(refuse(REVOKE, "token_http", "the server cannot revoke now: the token is still valid, try again")),
        status => match object.as_ref().and_then(|object| object.get("error")).and_then(|error| error.as_str()) {
            Some(_) if cx.defects.has("revoke-error-as-success") => Ok(()),
            Some(code) if code.chars().all(|c| matches!(c, ' '..='~')) => {
                Err(refuse(REVOKE, "token_error", format!("the server refused, with status {status}")).with_code(code))
            }
            _ => Err(refuse(REVOKE, "token_http", format!("the revocation endpoint answered with status {status}"))),
        },
    }
}
