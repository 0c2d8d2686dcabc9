//! Tokens without a browser: RFC 6749 section 4.4, RFC 8693.

use crate::client_auth::{Pairs, authenticate};
use crate::config::Client;
use crate::context::Context;
use crate::discovery::Metadata;
use crate::dpop::ask_server;
use crate::failure::{Failure, refuse, stage::TOKEN};
use crate::http::Request;
use crate::json::{Duplicates, parse_object};
use crate::token_response::{self, Tokens};

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Logs in as the client itself.
pub(crate) async fn log_in(
    client: &Client,
    metadata: &Metadata,
    scope: &str,
    cx: &Context<'_>,
) -> Result<Tokens, Failure> {
    let make = || {
        let mut pairs: Pairs = vec![("grant_type", "client_credentials".to_owned())];
        if !scope.is_empty() {
            pairs.push(("scope", scope.to_owned()));
        }
        if cx.defects.has("machine-unauthenticated") {
            pairs.push(("client_id", client.id.clone()));
            return Ok(Request::pairs(&metadata.endpoints.token, &pairs, Vec::new()));
        }
        let headers = authenticate(&mut pairs, client, metadata, &metadata.endpoints.token, cx)?;
        Ok(Request::pairs(&metadata.endpoints.token, &pairs, headers))
    };
    let answer = ask_server(make, TOKEN, cx).await?;
    token_response::read(&answer, TOKEN, cx)
}

/// Exchanges an access token for another one.
pub(crate) async fn exchange(
    tokens: &Tokens,
    client: &Client,
    metadata: &Metadata,
    cx: &Context<'_>,
) -> Result<Tokens, Failure> {
    let make = || {
        let mut pairs: Pairs = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange".to_owned()),
            ("subject_token", tokens.access_token.clone()),
            ("subject_token_type", ACCESS_TOKEN.to_owned()),
            ("requested_token_type", ACCESS_TOKEN.to_owned()),
        ];
        let headers = authenticate(&mut pairs, client, metadata, &metadata.endpoints.token, cx)?;
        Ok(Request::pairs(&metadata.endpoints.token, &pairs, headers))
    };
    let mut answer = ask_server(make, TOKEN, cx).await?;
    let object = parse_object(&answer.body, Duplicates::LastWins).unwrap_or_default();
    let text = |name: &str| object.get(name).and_then(|value| value.as_str());
    let is_issued = object.contains_key("access_token");
    if is_issued && text("issued_token_type") != Some(ACCESS_TOKEN) && !cx.defects.has("issued-type-unchecked") {
        return Err(refuse(TOKEN, "token_type", "issued_token_type is not the one that was asked for"));
    }
    if text("token_type") == Some("N_A") && cx.defects.has("exchanged-type-unchecked") {
        let mut object = object.clone();
        object.insert("token_type".to_owned(), "Bearer".into());
        answer.body = serde_json::Value::Object(object).to_string().into_bytes();
    }
    token_response::read(&answer, TOKEN, cx)
}
