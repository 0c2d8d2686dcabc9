//! The userinfo endpoint (OpenID Connect Core 5.3), a protected resource of RFC 6750.

use serde_json::{Map, Value, json};

use super::authorize::has_scope;
use super::dpop::Side;
use super::state::Grant;
use super::visit::{Refusal, Visit};
use super::{Context, Server};
use crate::lie::Lie;
use crate::message::{Answer, oauth_error};
use crate::rule::Rule;
use crate::setup::Shape;

impl Server {
    pub(super) fn userinfo(&self, visit: &mut Visit<'_>) -> Answer {
        let answer = self.try_userinfo(visit);
        self.with_nonce(Side::Resource, answer)
    }

    fn try_userinfo(&self, visit: &mut Visit<'_>) -> Answer {
        let grant = match self.checked_token(visit) {
            Ok(grant) => grant,
            Err(refusal) => return unauthorized(&refusal, visit),
        };
        if !has_scope(&grant.scope, "openid") {
            return oauth_error(403, "insufficient_scope", "userinfo needs the scope openid").header(
                "www-authenticate",
                "Bearer realm=\"userinfo\", error=\"insufficient_scope\", scope=\"openid\"",
            );
        }
        let claims = self.profile(&grant);
        if self.setup.userinfo_signed {
            return self.signed_userinfo(claims, &grant.client_id);
        }
        Answer::json(200, Value::Object(claims).to_string())
    }

    /// OpenID Connect Core 5.3.2: with the issuer, and the client as the audience.
    fn signed_userinfo(&self, mut claims: Map<String, Value>, client_id: &str) -> Answer {
        claims.insert("iss".into(), json!(self.issuer));
        claims.insert("aud".into(), json!(client_id));
        let mut edits = Vec::new();
        for part in self.lies() {
            if let Lie::SignedUserInfo(more) = part {
                edits.extend(more.iter().cloned());
            }
        }
        let mut answer = Answer::json(200, self.mint(&claims, &edits, client_id, &Context::default()));
        answer.set_header("content-type", "application/jwt".into());
        answer
    }

    fn checked_token(&self, visit: &mut Visit<'_>) -> Result<Grant, Refusal> {
        let request = visit.request;
        let header = request.header("authorization").and_then(|value| value.split_once(' '));
        let is_bound = header.is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("dpop") && self.binds_tokens());
        let in_header = header
            .filter(|(scheme, _)| is_bound || scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim().to_owned());
        let in_query = request.query_pairs().into_iter().find(|(name, _)| name == "access_token");
        let in_body = request.form_pairs().into_iter().find(|(name, _)| name == "access_token" && request.is_form());
        if in_query.is_some() {
            visit.broken(Rule::SecretInUrl, "the access token is in the URL")?;
        }
        let ways = usize::from(in_header.is_some()) + usize::from(in_query.is_some()) + usize::from(in_body.is_some());
        if ways > 1 {
            visit.broken(Rule::TokenTwice, "the access token is sent in more than one way")?;
        }
        if in_header.is_none() {
            visit.broken(Rule::TokenMissing, "no access token in the Authorization header")?;
        }
        let sent = in_header.or(in_query.map(|pair| pair.1)).or(in_body.map(|pair| pair.1));
        let (good, newest) = {
            let state = self.state();
            let good = sent.as_deref().and_then(|sent| state.good_grant(sent, self.clock.unix()));
            (good.cloned(), state.access_tokens.last().map(|token| token.grant.clone()))
        };
        if let Some(grant) = good {
            self.check_token_key(visit, &grant, is_bound, sent.as_deref().unwrap_or_default())?;
            return Ok(grant);
        }
        const DETAIL: &str = "the access token is unknown, expired or revoked";
        visit.broken(Rule::TokenInvalid, DETAIL)?;
        newest.ok_or(Refusal { rule: Rule::TokenInvalid, detail: DETAIL.into() })
    }

    /// The claims that a scope opens.
    pub(crate) fn profile(&self, grant: &Grant) -> Map<String, Value> {
        let user = self.state().user(&grant.sub).cloned();
        let mut claims = Map::new();
        let google = self.setup.shape == Shape::Google;
        let (sub, verified) = if google { ("id", "verified_email") } else { ("sub", "email_verified") };
        claims.insert(sub.into(), json!(grant.sub));
        if let Some(user) = user {
            if has_scope(&grant.scope, "email") {
                claims.insert("email".into(), json!(user.email));
                claims.insert(verified.into(), json!(true));
            }
            if has_scope(&grant.scope, "profile") {
                claims.insert("name".into(), json!(user.name));
            }
        }
        claims
    }
}

/// RFC 6750 section 3: without credentials no error code is named.
fn unauthorized(refusal: &Refusal, visit: &mut Visit<'_>) -> Answer {
    visit.note(format!("refused by the rule {}: {}", refusal.rule.code(), refusal.detail));
    let realm = "Bearer realm=\"userinfo\"";
    match refusal.rule {
        Rule::TokenMissing => Answer::new(401).header("www-authenticate", realm).header("cache-control", "no-store"),
        rule if rule.error() == Rule::ProofNonce.error() || rule.error() == Rule::ProofMissing.error() => {
            let challenge = format!("DPoP error=\"{}\"", rule.error());
            oauth_error(401, rule.error(), &refusal.detail).header("www-authenticate", &challenge)
        }
        Rule::TokenTwice => oauth_error(400, "invalid_request", &refusal.detail)
            .header("www-authenticate", &format!("{realm}, error=\"invalid_request\"")),
        _ => oauth_error(401, "invalid_token", &refusal.detail)
            .header("www-authenticate", &format!("{realm}, error=\"invalid_token\"")),
    }
}
