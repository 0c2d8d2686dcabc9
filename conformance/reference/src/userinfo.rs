//! User info: OpenID Connect Core section 5.3, RFC 6750 section 2.

use reqwest::header::AUTHORIZATION;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::dpop::ask_api;
use crate::failure::{Failure, refuse, stage::USERINFO};
use crate::form;
use crate::http::{Answer, Request};
use crate::id_token::{Signer, check_signature};
use crate::json::parse_once;
use crate::jwt;

/// By what a signed response is checked.
pub(crate) struct Signed<'a> {
    pub(crate) signer: Signer<'a>,
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
}

/// Asks the user info endpoint. `subject` is that of the ID token, when there was one.
pub(crate) async fn ask(
    address: Option<&str>,
    access_token: &str,
    subject: Option<&str>,
    signed: Option<Signed<'_>>,
    cx: &Context<'_>,
) -> Result<Map<String, Value>, Failure> {
    let Some(address) = address else {
        return Err(refuse(USERINFO, "config", "the server names no user info endpoint"));
    };
    let make = || Ok(request(address, access_token, cx));
    let mut answer = ask_api(make, access_token, USERINFO, cx).await?;
    if cx.defects.has("userinfo-retry-loop") {
        for _ in 0..5 {
            if answer.status != 200 {
                answer = cx.http.send(request(address, access_token, cx), USERINFO, "token_http").await?;
            }
        }
    }
    let claims = match signed.filter(|_| answer.status == 200 && answer.is_jwt()) {
        Some(signed) => read_signed(&answer, signed, cx).await.map_err(|failure| failure.at(USERINFO))?,
        None => read(&answer, cx)?,
    };
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
        let is_bound = cx.dpop.is_some() && !cx.defects.has("dpop-bearer-scheme");
        let scheme = if is_bound { "DPoP" } else { "Bearer" };
        request.headers.push((AUTHORIZATION, format!("{scheme} {access_token}")));
    }
    request.follow = Some("userinfo-redirect-followed");
    request.uncapped = Some("userinfo-body-uncapped");
    request.insecure = Some("userinfo-http-ok");
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

/// A signed response: OpenID Connect Core sections 5.3.2 and 5.3.4.
async fn read_signed(answer: &Answer, signed: Signed<'_>, cx: &Context<'_>) -> Result<Map<String, Value>, Failure> {
    let Signed { signer, issuer, client_id } = signed;
    let jwt = jwt::decode(String::from_utf8_lossy(&answer.body).trim(), cx.defects)?;
    let is_unsigned = jwt.alg.as_deref() == Some("none") && cx.defects.has("userinfo-alg-none-ok");
    if !is_unsigned && !cx.defects.has("userinfo-signature-ignored") {
        check_signature(&jwt, signer, cx).await?;
    }
    let claims = jwt.claims;
    if claims.get("iss").is_some_and(|iss| iss != issuer) && !cx.defects.has("userinfo-iss-ignored") {
        return Err(refuse(USERINFO, "claim_iss", "the user info is of another issuer"));
    }
    let is_ours = match claims.get("aud") {
        Some(Value::Array(list)) => list.iter().any(|aud| aud == client_id),
        aud => aud.is_none_or(|aud| aud == client_id),
    };
    if !is_ours && !cx.defects.has("userinfo-aud-ignored") {
        return Err(refuse(USERINFO, "claim_aud", "the user info is for another client"));
    }
    Ok(claims)
}
