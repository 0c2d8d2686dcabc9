//! The token endpoint (RFC 6749 section 3.2).

use serde_json::{Map, Value, json};

use super::authorize::has_scope;
use super::dpop::Side;
use super::state::{AccessToken, Grant, RefreshToken};
use super::visit::{Refusal, Visit};
use super::{Context, Server, refused};
use crate::encoding::random_text;
use crate::flaw::Flaw;
use crate::lie::{IdTokenEdit, JsonEdit, Signing};
use crate::message::Answer;
use crate::rule::Rule;
use crate::wire::{Endpoint, SecretKind};

/// The grant types beside those of a login.
pub(super) const CLIENT_GRANT: &str = "client_credentials";
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(super) const EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

impl Server {
    pub(super) fn token(&self, visit: &mut Visit<'_>) -> Answer {
        let answer = match self.try_token(visit) {
            Ok(answer) => answer,
            Err(refusal) => refused(&refusal, visit),
        };
        self.with_nonce(Side::Authorization, answer)
    }

    fn try_token(&self, visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
        let form = self.posted_form(Endpoint::Token, visit)?;
        self.check_resource(visit, &form)?;
        visit.key = self.proved_key(visit, Side::Authorization, None)?;
        match visit.parameter(&form, "grant_type")?.as_deref() {
            Some("authorization_code") => {
                let grant = self.redeem(visit, &form)?;
                Ok(self.issue(&grant, true))
            }
            Some("refresh_token") => {
                let grant = self.refresh(visit, &form)?;
                Ok(self.issue(&grant, false))
            }
            Some(DEVICE_GRANT) if self.setup.device.is_some() => self.device_token(visit, &form),
            Some(CLIENT_GRANT) if self.setup.machine => self.client_credentials(visit, &form),
            Some(EXCHANGE_GRANT) if self.setup.machine => self.token_exchange(visit, &form),
            _ => {
                visit.broken(Rule::GrantType, "grant_type is neither authorization_code nor refresh_token")?;
                let grant = self.redeem(visit, &form)?;
                Ok(self.issue(&grant, true))
            }
        }
    }

    /// The form of a request that must be a POST with a form.
    pub(super) fn posted_form(
        &self,
        endpoint: Endpoint,
        visit: &mut Visit<'_>,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let request = visit.request;
        let is_post = request.method == "POST";
        if !is_post {
            visit.broken(Rule::MethodNotPost, format!("this endpoint takes POST, not {}", request.method))?;
        }
        if is_post && !request.is_form() {
            visit.broken(Rule::NotForm, "the body is not application/x-www-form-urlencoded")?;
        }
        let query = request.query_pairs();
        for name in ["code_verifier", "client_secret", "code", "refresh_token", "token", "device_code", "subject_token"]
        {
            if query.iter().any(|(key, _)| key == name) {
                visit.broken(Rule::SecretInUrl, format!("{name} is in the URL"))?;
            }
        }
        let form = self.received_form(endpoint, visit);
        Ok(if !is_post && form.is_empty() { query } else { form })
    }

    pub(super) fn issue(&self, grant: &Grant, first: bool) -> Answer {
        Answer::json(200, Value::Object(self.issued(grant, first)).to_string())
    }

    /// The members of a token response.
    pub(super) fn issued(&self, grant: &Grant, first: bool) -> Map<String, Value> {
        let access_token = match &self.setup.api {
            Some(audience) => self.access_jwt(grant, audience),
            None => random_text(),
        };
        self.wire.add_secret(SecretKind::AccessToken, &access_token);
        let mut body = Map::new();
        body.insert("access_token".into(), json!(access_token));
        body.insert("token_type".into(), json!(if grant.jkt.is_some() { "DPoP" } else { "Bearer" }));
        body.insert("expires_in".into(), json!(self.setup.token_lifetime));
        // A scope has one word at least (RFC 6749 section 3.3).
        if !grant.scope.is_empty() && !self.has(Flaw::ScopeNotTold) {
            body.insert("scope".into(), json!(grant.scope));
        }
        let mut context = Context {
            request: self.state().requests.iter().position(|request| request.code.as_ref() == Some(&grant.code)),
            code: Some(grant.code.clone()),
            access_token: Some(access_token.clone()),
            sub: Some(grant.sub.clone()),
            ..Context::default()
        };
        let expires_at = self.clock.unix().saturating_add(i64::try_from(self.setup.token_lifetime).unwrap_or(i64::MAX));
        let is_renewed = first || !self.has(Flaw::RefreshTokenKept);
        {
            let mut state = self.state();
            state.access_tokens.push(AccessToken {
                text: access_token,
                grant: grant.clone(),
                expires_at,
                revoked: false,
            });
            if has_scope(&grant.scope, "offline_access") && is_renewed {
                let text = random_text();
                self.wire.add_secret(SecretKind::RefreshToken, &text);
                body.insert("refresh_token".into(), json!(text));
                context.refresh_token = Some(text.clone());
                state.refresh_tokens.push(RefreshToken { text, grant: grant.clone(), spent: false });
            }
        }
        if has_scope(&grant.scope, "openid") {
            let id_token = self.issue_id_token(grant, &context, first);
            self.wire.add_secret(SecretKind::IdToken, &id_token);
            body.insert("id_token".into(), json!(id_token));
        }
        body
    }

    /// An access token that an API can check by itself (RFC 9068 section 2).
    fn access_jwt(&self, grant: &Grant, audience: &str) -> String {
        let now = self.clock.unix();
        let lifetime = i64::try_from(self.setup.token_lifetime).unwrap_or(i64::MAX);
        let mut claims = json!({
            "iss": self.issuer, "sub": grant.sub, "aud": audience, "client_id": grant.client_id,
            "iat": now, "exp": now.saturating_add(lifetime), "jti": random_text(), "scope": grant.scope,
        });
        if let Some(jkt) = &grant.jkt {
            claims["cnf"] = json!({"jkt": jkt});
        }
        let mut edits = vec![IdTokenEdit::Header(JsonEdit::set("typ", "at+jwt"))];
        if self.has(Flaw::AccessTokenUnsigned) {
            edits.push(IdTokenEdit::Sign(Signing::None("none".into())));
        }
        if self.has(Flaw::AccessTokenWithoutAudience) {
            edits.push(IdTokenEdit::Claim(JsonEdit::remove("aud")));
        }
        self.sign(&claims, &edits)
    }
}
