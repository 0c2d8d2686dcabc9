//! Who it is, in more words: OpenID Connect Core section 5.3, RFC 6750 section 2.

use reqwest::header::AUTHORIZATION;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::failure::{Failure, refuse, stage::USERINFO};
use crate::form;
use crate::http::{Answer, Request};
use crate::json::parse_once;

/// Asks the user info endpoint. `subject` is that of the ID token, when there was one.
pub(crate) async fn ask(
    address: Option<&str>,
    access_token: &str,
    subject: Option<&str>,
    cx: &Context<'_>,
) -> Result<Map<String, Value>, Failure> {
    let Some(address) = address else {
        return Err(refuse(USERINFO, "config", "the server names no user info endpoint"));
    };
    let mut answer = cx.http.send(request(address, access_token, cx), USERINFO, "token_http").await?;
    if cx.defects.has("userinfo-retry-loop") {
        for _ in 0..5 {
            if answer.status != 200 {
                answer = cx.http.send(request(address, access_token, cx), USERINFO, "token_http").await?;
            }
        }
    }
    let claims = read(&answer, cx)?;
    let missing = !claims.contains_key("sub") && cx.defects.has("userinfo-sub-missing-ok");
    let same = subject.is_none_or(|subject| claims.get("sub").is_some_and(|sub| sub == subject));
    if !same && !missing && !cx.defects.has("userinfo-sub-ignored") {
        return Err(refuse(USERINFO, "userinfo_sub", "the user info is about somebody else"));
    }
    Ok(claims)
}

/// The token goes into the `Authorization` header, and nowhere else.
fn request(address: &str, access_token: &str, cx: &Context<'_>) -> Request {
    let parameter = form::encode([("access_token", access_token)]);
    let in_query = cx.defects.has("userinfo-query") || cx.defects.has("userinfo-token-twice");
    let mut request = if cx.defects.has("userinfo-post") {
        Request::form(address, parameter)
    } else if in_query {
        Request::get(&form::with_query(address, &parameter))
    } else {
        Request::get(address)
    };
    if !cx.defects.has("userinfo-post") && !cx.defects.has("userinfo-query") {
        request.headers.push((AUTHORIZATION, format!("Bearer {access_token}")));
    }
    request.follow = Some("userinfo-redirect-followed");
    request.uncapped = Some("userinfo-body-uncapped");
    request
}

fn read(answer: &Answer, cx: &Context<'_>) -> Result<Map<String, Value>, Failure> {
    if answer.status != 200 && !cx.defects.has("userinfo-status-ignored") {
        return Err(refuse(USERINFO, "token_http", format!("user info came with status {}", answer.status)));
    }
    if !answer.is_json() && !cx.defects.has("userinfo-type-ignored") {
        return Err(refuse(USERINFO, "token_malformed", "user info is not application/json"));
    }
    match parse_once(&answer.body, "userinfo-duplicates-ok", cx.defects) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(refuse(USERINFO, "token_malformed", "user info is no JSON object")),
    }
}
