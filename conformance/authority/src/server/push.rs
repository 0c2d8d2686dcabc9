//! Pushed authorization requests (RFC 9126).

use serde_json::json;

use super::authorize::Refused;
use super::dpop::Side;
use super::state::PushedRequest;
use super::visit::{Refusal, Visit};
use super::{Server, refused};
use crate::encoding::random_text;
use crate::flaw::Flaw;
use crate::message::Answer;
use crate::rule::Rule;
use crate::setup::PushMode;
use crate::wire::Endpoint;

/// How long a reference is good, in seconds.
const LIFETIME: i64 = 60;

impl Server {
    pub(super) fn push(&self, visit: &mut Visit<'_>) -> Answer {
        if self.setup.push == PushMode::Absent {
            return Answer::new(404);
        }
        if visit.request.method == "GET" && self.has(Flaw::PushTakesGet) {
            return Answer::json(201, json!({"request_uri": "urn:x", "expires_in": LIFETIME}).to_string());
        }
        let answer = match self.try_push(visit) {
            Ok(answer) => answer,
            Err(refusal) => refused(&refusal, visit),
        };
        self.with_nonce(Side::Authorization, answer)
    }

    fn try_push(&self, visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
        let pairs = self.posted_form(Endpoint::Push, visit)?;
        let client = self.authenticate(visit, &pairs, None)?;
        let is_reference = pairs.iter().any(|(name, _)| name == "request_uri");
        if is_reference && !self.has(Flaw::PushTakesRequestUri) {
            visit.broken(Rule::RequestUriUnknown, "a pushed request has a request_uri")?;
        }
        // What the authorization endpoint would refuse is refused here.
        self.checked_request(visit, &pairs).map_err(|refused| match refused {
            Refused::Here(refusal) | Refused::AtClient(refusal, _) => refusal,
        })?;
        let key = self.pushed_key(visit, &pairs)?;
        let request_uri = format!("urn:ietf:params:oauth:request_uri:{}", random_text());
        let body = json!({"request_uri": request_uri, "expires_in": LIFETIME});
        let expires_at = self.clock.unix().saturating_add(LIFETIME);
        let secrets = ["client_secret", "client_assertion", "client_assertion_type"];
        let pairs = pairs.into_iter().filter(|(name, _)| !secrets.contains(&name.as_str())).chain(key).collect();
        self.state().pushed.push(PushedRequest { request_uri, client_id: client.id, pairs, expires_at, used: false });
        Ok(Answer::json(201, body.to_string()))
    }

    /// The parameters of an authorization request: those that the browser carries, or those that it refers to.
    pub(super) fn unpacked(
        &self,
        visit: &mut Visit<'_>,
        pairs: Vec<(String, String)>,
    ) -> Result<Vec<(String, String)>, Refused> {
        if self.setup.push == PushMode::Absent {
            return Ok(pairs);
        }
        let sent = visit.parameter(&pairs, "request_uri").map_err(Refused::Here)?;
        let Some(request_uri) = sent else {
            if self.setup.push == PushMode::Required {
                let detail = "this server takes pushed authorization requests only";
                visit.broken(Rule::PushRequired, detail).map_err(Refused::Here)?;
            }
            return Ok(pairs);
        };
        if pairs.iter().any(|(name, _)| !matches!(name.as_str(), "client_id" | "request_uri")) {
            let detail = "the browser carries more than client_id and request_uri";
            visit.broken(Rule::PushLeaked, detail).map_err(Refused::Here)?;
        }
        let client_id = visit.parameter(&pairs, "client_id").map_err(Refused::Here)?.unwrap_or_default();
        let now = self.clock.unix();
        let (is_any_client, is_reused) = (self.has(Flaw::RequestUriOfAnyClient), self.has(Flaw::RequestUriReused));
        let pushed = {
            let mut state = self.state();
            let known = state.pushed.iter_mut().find(|known| {
                known.request_uri == request_uri
                    && (known.client_id == client_id || is_any_client)
                    && (!known.used || is_reused)
                    && known.expires_at > now
            });
            known.map(|known| {
                known.used = true;
                known.pairs.clone()
            })
        };
        match pushed {
            Some(pairs) => Ok(pairs),
            None => {
                let detail = "the request_uri is not known for this client, was used or has expired";
                visit.broken(Rule::RequestUriUnknown, detail).map_err(Refused::Here)?;
                Ok(pairs)
            }
        }
    }
}
