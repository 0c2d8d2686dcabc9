//! Step 4: the exchange of the code for tokens. RFC 6749 section 4.1.3, RFC 7636 section 4.5.

use reqwest::Method;
use reqwest::header::REFERER;
use serde_json::{Map, Value};

use crate::authorize::Sent;
use crate::client_auth::{Pairs, authenticate};
use crate::config::Client;
use crate::context::Context;
use crate::discovery::Metadata;
use crate::dpop::ask_server;
use crate::failure::{Failure, Restart, stage::TOKEN};
use crate::form;
use crate::http::{Answer, Request};
use crate::token_response::{self, Tokens};

/// What is redeemed, where, and as whom.
pub(crate) struct Redemption<'a> {
    pub(crate) code: &'a str,
    /// The verifier that belongs to the challenge sent; `None` only by a switch.
    pub(crate) verifier: Option<&'a str>,
    pub(crate) sent: &'a Sent,
    pub(crate) client: &'a Client,
    pub(crate) metadata: &'a Metadata,
}

/// Sends the code, once, whatever becomes of it.
pub(crate) async fn redeem(redemption: &Redemption<'_>, cx: &Context<'_>) -> Result<Tokens, Failure> {
    let answer = redemption.send(redemption.verifier, "authorization_code", cx).await;
    let outcome = answer.and_then(|answer| token_response::read(&answer, TOKEN, cx));
    let Err(failure) = outcome else { return outcome };
    match redemption.second_try(&failure, cx).await {
        Some(second) => second.and_then(|answer| token_response::read(&answer, TOKEN, cx)),
        None => Err(restart(failure, cx)),
    }
}

impl Redemption<'_> {
    async fn send(&self, verifier: Option<&str>, grant: &str, cx: &Context<'_>) -> Result<Answer, Failure> {
        ask_server(|| self.request(verifier, grant, cx), TOKEN, cx).await
    }

    fn request(&self, verifier: Option<&str>, grant: &str, cx: &Context<'_>) -> Result<Request, Failure> {
        let defects = cx.defects;
        let mut pairs = Pairs::new();
        if !defects.has("grant-type-missing") {
            pairs.push(("grant_type", grant.to_owned()));
        }
        if defects.has("token-parameter-twice") {
            pairs.push(("grant_type", grant.to_owned()));
        }
        pairs.push(("code", self.code.to_owned()));
        if !defects.has("redirect-omitted") {
            pairs.push(("redirect_uri", self.redirect_uri(cx)));
        }
        let resource = self.sent.resource.clone().filter(|_| !defects.has("resource-not-repeated"));
        pairs.extend(resource.map(|resource| ("resource", resource)));
        let verifier = verifier.filter(|_| !defects.has("verifier-missing"));
        if let Some(verifier) = verifier {
            let end = if defects.has("verifier-truncated") { verifier.len() - 1 } else { verifier.len() };
            pairs.push(("code_verifier", verifier.get(..end).unwrap_or(verifier).to_owned()));
        }
        let token = &self.metadata.endpoints.token;
        let headers = authenticate(&mut pairs, self.client, self.metadata, token, cx)?;
        let mut request = Request::form(&self.address(verifier, cx), body(&pairs, cx));
        request.headers = headers;
        request.follow = Some("token-redirect-followed");
        request.uncapped = Some("token-body-uncapped");
        if defects.has("verifier-in-referer") {
            let page = format!("{}?code_verifier={}", self.sent.redirect_uri, verifier.unwrap_or(""));
            request.headers.push((REFERER, page));
        }
        if defects.has("token-json") {
            let members = pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())));
            request.body = Some(("application/json", Value::Object(Map::from_iter(members)).to_string()));
        }
        if defects.has("token-get") {
            request.method = Method::GET;
            request.url = form::with_query(&request.url, &body(&pairs, cx));
            request.body = None;
        }
        Ok(request)
    }

    /// The redirect URI of the authorization request, octet by octet.
    fn redirect_uri(&self, cx: &Context<'_>) -> String {
        let sent = &self.sent.redirect_uri;
        if cx.defects.has("redirect-altered") {
            format!("{sent}/")
        } else if sent.contains('?') && cx.defects.has("redirect-query-dropped") {
            sent.split('?').next().unwrap_or(sent).to_owned()
        } else if cx.defects.has("redirect-port-altered") {
            sent.replacen("127.0.0.1:", "127.0.0.1:1", 1).replacen("localhost:", "localhost:1", 1)
        } else if cx.defects.has("redirect-case-altered") {
            sent.to_uppercase()
        } else {
            sent.clone()
        }
    }

    /// The endpoint with its own query, and nothing else in it.
    fn address(&self, verifier: Option<&str>, cx: &Context<'_>) -> String {
        let mut address = self.metadata.endpoints.token.clone();
        if address.contains('?') && cx.defects.has("token-query-dropped") {
            address = address.split('?').next().unwrap_or("").to_owned();
        }
        if cx.defects.has("verifier-in-token-url") {
            address = form::with_query(&address, &form::encode([("code_verifier", verifier.unwrap_or(""))]));
        }
        if let Some(secret) = self.client.secret.as_deref().filter(|_| cx.defects.has("secret-in-token-url")) {
            address = form::with_query(&address, &form::encode([("client_secret", secret)]));
        }
        address
    }

    /// There is none: a code is sent at most once. Only the switches send it again.
    async fn second_try(&self, failure: &Failure, cx: &Context<'_>) -> Option<Result<Answer, Failure>> {
        let answered = failure.class() == Some("token_error")
            || matches!(failure, Failure::Refused { class: "token_http", detail, .. } if detail.contains("status"));
        let broke = failure.class() == Some("token_http") && !answered;
        if (answered && cx.defects.has("retry-code"))
            || (broke && cx.defects.has("retry-on-reset"))
            || (failure.class() == Some("timeout") && cx.defects.has("retry-on-timeout"))
        {
            Some(self.send(self.verifier, "authorization_code", cx).await)
        } else if answered && cx.defects.has("no-pkce-fallback") {
            Some(self.send(None, "authorization_code", cx).await)
        } else if answered && cx.defects.has("plain-token-fallback") {
            let challenge = self.sent.pkce.as_ref().map(|pkce| pkce.challenge.as_str());
            Some(self.send(challenge, "authorization_code", cx).await)
        } else if answered && cx.defects.has("grant-type-password") {
            Some(self.send(self.verifier, "password", cx).await)
        } else {
            None
        }
    }
}

/// A server's error ends the login. Only the switches begin a new one by themselves.
pub(crate) fn restart(failure: Failure, cx: &Context<'_>) -> Failure {
    if !matches!(failure.class(), Some("token_error" | "as_error")) {
        return failure;
    }
    if cx.defects.has("plain-fallback") {
        Failure::Restarted(Restart::Plain)
    } else if cx.defects.has("new-flow-fallback") {
        Failure::Restarted(Restart::WithoutPkce)
    } else {
        failure
    }
}

fn body(pairs: &Pairs, cx: &Context<'_>) -> String {
    let pairs = pairs.iter().map(|(name, value)| (*name, value.as_str()));
    if cx.defects.has("token-unescaped") { form::encode_raw(pairs) } else { form::encode(pairs) }
}
