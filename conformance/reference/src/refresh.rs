//! The refresh of tokens: RFC 6749 section 6.

use crate::client_auth::{Pairs, authenticate};
use crate::config::Client;
use crate::context::Context;
use crate::discovery::Metadata;
use crate::dpop::ask_server;
use crate::failure::{Failure, refuse, stage::REFRESH};
use crate::form;
use crate::http::Request;
use crate::token_response::{self, Tokens};

/// Asks for new tokens. What comes back is whole: with the refresh token to use from now on, and
/// with the scope that holds from now on.
pub(crate) async fn ask(
    old: &Tokens,
    client: &Client,
    metadata: &Metadata,
    resource: Option<&str>,
    cx: &Context<'_>,
) -> Result<Tokens, Failure> {
    let Some(refresh_token) = &old.refresh_token else {
        return Err(refuse(REFRESH, "config", "there is no refresh token"));
    };
    let make = || {
        let mut pairs: Pairs =
            vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh_token.clone())];
        if cx.defects.has("refresh-scope-widened") {
            pairs.push(("scope", format!("{} offline_access admin", old.scope.as_deref().unwrap_or(""))));
        }
        pairs.extend(resource.map(|resource| ("resource", resource.to_owned())));
        let mut address = metadata.endpoints.token.clone();
        let mut headers = authenticate(&mut pairs, client, metadata, &address, cx)?;
        if client.secret.is_some() && cx.defects.has("refresh-unauthenticated") {
            headers.clear();
            pairs.retain(|(name, _)| !matches!(*name, "client_id" | "client_secret"));
            pairs.push(("client_id", client.id.clone()));
        }
        if cx.defects.has("refresh-in-url") {
            address = form::with_query(&address, &form::encode([("refresh_token", refresh_token.as_str())]));
        }
        let mut request = Request::pairs(&address, &pairs, headers);
        request.follow = Some("token-redirect-followed");
        Ok(request)
    };
    let answer = if cx.dpop.is_some() && cx.defects.has("dpop-refresh-unproved") {
        cx.http.send(make()?, REFRESH, "token_http").await?
    } else {
        ask_server(make, REFRESH, cx).await?
    };
    let new = match token_response::read(&answer, REFRESH, cx) {
        Err(failure) if failure.class() == Some("token_error") && cx.defects.has("refresh-error-as-success") => {
            old.clone()
        }
        Err(failure) if failure.class() == Some("token_type") && cx.defects.has("refresh-type-unchecked") => {
            old.clone()
        }
        Err(failure)
            if failure.class() == Some("token_malformed") && cx.defects.has("refresh-access-token-missing-ok") =>
        {
            old.clone()
        }
        other => other?,
    };
    let refresh_token = match new.refresh_token {
        Some(_) if cx.defects.has("refresh-old-kept") => old.refresh_token.clone(),
        None if cx.defects.has("refresh-old-dropped") => None,
        // A new one takes the old one's place; without a new one the old one stays.
        returned => returned.or_else(|| old.refresh_token.clone()),
    };
    Ok(Tokens { refresh_token, scope: new.scope.or_else(|| old.scope.clone()), ..new })
}
