//! Grants without a user: tokens of the client itself (RFC 6749 section 4.4), and tokens for tokens (RFC 8693).

use serde_json::{Value, json};

use super::Server;
use super::state::Grant;
use super::visit::{Refusal, Visit};
use crate::message::Answer;
use crate::rule::Rule;
use crate::setup::ClientAuth;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

impl Server {
    pub(super) fn client_credentials(
        &self,
        visit: &mut Visit<'_>,
        form: &[(String, String)],
    ) -> Result<Answer, Refusal> {
        let client = self.authenticate(visit, form, None)?;
        if client.auth == ClientAuth::None {
            visit.broken(Rule::ClientAuthentication, "a public client cannot log in as itself")?;
        }
        let scope = visit.parameter(form, "scope")?.unwrap_or_default();
        let sub = client.id.clone();
        Ok(self.issue(&Grant::without_code(client.id, sub, scope, visit.key.clone()), true))
    }

    pub(super) fn token_exchange(&self, visit: &mut Visit<'_>, form: &[(String, String)]) -> Result<Answer, Refusal> {
        let client = self.authenticate(visit, form, None)?;
        let sent = visit.parameter(form, "subject_token")?.unwrap_or_default();
        let sent_type = visit.parameter(form, "subject_token_type")?;
        let known = self.state().good_grant(&sent, self.clock.unix()).cloned();
        if known.is_none() || sent_type.as_deref() != Some(ACCESS_TOKEN) {
            visit.broken(Rule::SubjectTokenUnknown, "the subject token is no access token of this server")?;
        }
        let scope = visit.parameter(form, "scope")?.unwrap_or_default();
        let sub = known.map(|grant| grant.sub).unwrap_or_default();
        let mut body = self.issued(&Grant::without_code(client.id, sub, scope, visit.key.clone()), true);
        body.insert("issued_token_type".into(), json!(ACCESS_TOKEN));
        Ok(Answer::json(200, Value::Object(body).to_string()))
    }
}
