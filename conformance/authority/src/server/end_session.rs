//! The end session endpoint (OpenID Connect RP-Initiated Logout 1.0).

use super::redirect_uri::{allows, is_address};
use super::visit::{Refusal, Visit};
use super::{Server, page};
use crate::message::Answer;
use crate::rule::Rule;
use crate::url::with_query;

impl Server {
    pub(super) fn end_session(&self, visit: &mut Visit<'_>) -> Answer {
        match self.try_end_session(visit) {
            Ok(answer) => answer.header("set-cookie", &format!("{}; Max-Age=0", self.cookie("session", ""))),
            // Section 4: the browser is not redirected.
            Err(refusal) => {
                visit.note(format!("refused by the rule {}: {}", refusal.rule.code(), refusal.detail));
                page::message(400, &refusal.detail)
            }
        }
    }

    fn try_end_session(&self, visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
        let posted = visit.request.method == "POST";
        let pairs = if posted { visit.request.form_pairs() } else { visit.request.query_pairs() };
        let mut sent = |name| visit.parameter(&pairs, name);
        let (hint, client) = (sent("id_token_hint")?, sent("client_id")?);
        let (back, state) = (sent("post_logout_redirect_uri")?, sent("state")?);
        // An ID token that has expired is as good a hint as any (section 2).
        if hint.as_ref().is_some_and(|hint| !self.state().issued_id_tokens.contains(hint)) {
            visit.broken(Rule::LogoutHintUnknown, "id_token_hint is no ID token of this server")?;
        }
        if client.as_ref().is_some_and(|client| self.state().client(client).is_none()) {
            visit.broken(Rule::ClientUnknown, "client_id is not registered")?;
        }
        if let Some(session) = visit.request.cookie(&self.cookie_name("session")) {
            self.state().sessions.retain(|known| known.id != session);
        }
        let Some(back) = back else { return Ok(page::message(200, "You are signed out.")) };
        // Section 3: without either the server cannot tell whose redirect URI it is.
        if hint.is_none() && client.is_none() {
            visit.broken(Rule::LogoutHintUnknown, "neither id_token_hint nor client_id is sent")?;
        }
        let is_registered = self.setup.post_logout_redirect_uris.iter().any(|registered| allows(registered, &back));
        if !is_registered {
            visit.broken(Rule::LogoutRedirectUnregistered, "post_logout_redirect_uri is not registered")?;
        }
        if !is_address(&back) {
            return Ok(page::message(400, "post_logout_redirect_uri is no address that a browser can go to."));
        }
        let state: Vec<_> = state.map(|state| ("state".to_owned(), state)).into_iter().collect();
        Ok(Answer::redirect(302, &with_query(&back, &state)))
    }
}
