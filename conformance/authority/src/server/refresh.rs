//! Refreshing, with rotation (RFC 6749 section 6, RFC 9700 section 4.14.2).

use super::Server;
use super::authorize::has_scope;
use super::state::Grant;
use super::visit::{Refusal, Visit};
use crate::flaw::Flaw;
use crate::rule::Rule;

impl Server {
    pub(super) fn refresh(&self, visit: &mut Visit<'_>, form: &[(String, String)]) -> Result<Grant, Refusal> {
        let sent = visit.parameter(form, "refresh_token")?.unwrap_or_default();
        let known = {
            let mut state = self.state();
            let mut tokens = state.refresh_tokens.iter_mut().skip_while(|token| token.text != sent);
            let known = tokens.next().map(|token| (token.grant.clone(), token.spent));
            let successor =
                tokens.find(|token| known.as_ref().is_some_and(|(grant, _)| grant.code == token.grant.code));
            match (known, successor) {
                // Its answer was lost: the client does not have the successor.
                (Some((grant, true)), Some(successor)) if self.setup.refresh_repeatable && !successor.spent => {
                    successor.spent = true;
                    Some((grant, false))
                }
                (known, _) => known,
            }
        };
        let client = self.authenticate(visit, form, known.as_ref().map(|(grant, _)| grant.client_id.as_str()))?;
        let mut grant = match known {
            Some((grant, false)) if grant.client_id == client.id || self.has(Flaw::RefreshByAnotherClient) => grant,
            Some((grant, spent)) => {
                let detail = if spent {
                    "this refresh token was replaced or revoked"
                } else {
                    "this refresh token was issued to another client"
                };
                if let Err(refusal) = visit.broken(Rule::RefreshUnknown, detail) {
                    // A replaced token that comes back was stolen, before or after: RFC 9700 section 4.14.2.
                    if spent && !self.has(Flaw::FamilySurvivesReplay) {
                        self.state().revoke_grant(&grant.code);
                    }
                    return Err(refusal);
                }
                grant
            }
            None => {
                visit.broken(Rule::RefreshUnknown, "this refresh token was never issued here")?;
                let state = self.state();
                let newest = state.refresh_tokens.last().map(|token| token.grant.clone());
                newest.ok_or(Refusal {
                    rule: Rule::RefreshUnknown,
                    detail: "no refresh token was issued at all".into(),
                })?
            }
        };
        self.check_refresh_key(visit, &client, &grant)?;
        grant.jkt = visit.key.clone().or(grant.jkt);
        if let Some(scope) = visit.parameter(form, "scope")? {
            let is_granted = scope.split(' ').all(|word| has_scope(&grant.scope, word));
            if is_granted || self.has(Flaw::RefreshWidensScope) {
                grant.scope = scope;
            } else {
                visit.broken(Rule::ScopeWidened, "a refresh asks for more scope than was granted")?;
            }
        }
        let is_kept = self.has(Flaw::RefreshTokenKept);
        for token in self.state().refresh_tokens.iter_mut().filter(|token| token.text == sent) {
            token.spent = !is_kept;
        }
        Ok(grant)
    }
}
