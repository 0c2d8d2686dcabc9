//! The revocation endpoint (RFC 7009).

use super::visit::{Refusal, Visit};
use super::{Server, refused};
use crate::flaw::Flaw;
use crate::message::{Answer, oauth_error};
use crate::rule::Rule;
use crate::wire::Endpoint;

impl Server {
    pub(super) fn revocation(&self, visit: &mut Visit<'_>) -> Answer {
        match self.try_revocation(visit) {
            Ok(answer) => answer,
            Err(refusal) => refused(&refusal, visit),
        }
    }

    fn try_revocation(&self, visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
        let form = self.posted_form(Endpoint::Revocation, visit)?;
        let client = self.authenticate(visit, &form, None)?;
        let Some(sent) = visit.parameter(&form, "token")? else {
            visit.broken(Rule::RevocationTokenMissing, "no token was sent")?;
            return Ok(Answer::new(200));
        };
        let (is_owned_by_all, is_strict, is_deep) = (
            self.has(Flaw::ForeignTokenRevoked),
            self.has(Flaw::UnknownTokenRefused),
            !self.has(Flaw::AccessTokenSurvivesRevocation),
        );
        let mut state = self.state();
        // The hint in token_type_hint is only a hint; both kinds are looked through.
        let refresh = state.refresh_tokens.iter().find(|token| token.text == sent).map(|token| token.grant.clone());
        let access = state.access_tokens.iter().find(|token| token.text == sent).map(|token| token.grant.clone());
        match refresh.as_ref().or(access.as_ref()) {
            // Section 2.2: there is nothing left to revoke, and the client cannot do more.
            None if is_strict => return Ok(oauth_error(400, "invalid_request", "this token is not known")),
            None => {}
            Some(grant) if grant.client_id != client.id && !is_owned_by_all => {
                visit.note("this token was issued to another client, and stays good");
                return Ok(oauth_error(400, "invalid_grant", "this token was issued to another client"));
            }
            // With a refresh token the whole grant dies.
            Some(grant) if refresh.is_some() && is_deep => state.revoke_grant(&grant.code),
            Some(_) => {
                for token in state.access_tokens.iter_mut().filter(|token| token.text == sent) {
                    token.revoked = true;
                }
            }
        }
        Ok(Answer::new(200).header("cache-control", "no-store"))
    }
}
