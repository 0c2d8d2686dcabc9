//! Redeeming a code (RFC 6749 section 4.1.3, RFC 7636 section 4.6).

use super::state::Grant;
use super::visit::{Refusal, Visit};
use super::{Server, StoredCode};
use crate::encoding::{s256, same_secret};
use crate::flaw::Flaw;
use crate::rule::Rule;
use crate::setup::ClientAuth;

impl Server {
    /// Finds the code, burns it whatever comes out, and checks that everything it is bound to is
    /// there again.
    pub(super) fn redeem(&self, visit: &mut Visit<'_>, form: &[(String, String)]) -> Result<Grant, Refusal> {
        let sent = visit.parameter(form, "code")?;
        let stored = self.burn(sent.as_deref());
        let client = self.authenticate(visit, form, stored.as_ref().map(|code| code.client_id.as_str()))?;
        let Some(sent) = sent else {
            visit.broken(Rule::CodeMissing, "no code was sent")?;
            return self.latest(&client.id, Rule::CodeMissing);
        };
        let Some(stored) = stored else {
            visit.broken(Rule::CodeUnknown, "this code was never issued here")?;
            return self.latest(&client.id, Rule::CodeUnknown);
        };
        if stored.redeemed {
            // RFC 6749 section 4.1.2: what the first redemption gave is taken back.
            if let Err(refusal) = visit.broken(Rule::CodeReplayed, "this code was presented before") {
                if !self.has(Flaw::TokensSurviveReplay) {
                    self.state().revoke_grant(&sent);
                }
                return Err(refusal);
            }
        }
        if self.clock.unix() >= stored.expires_at {
            visit.broken(Rule::CodeExpired, "this code is older than a code may be")?;
        }
        if stored.client_id != client.id {
            visit.broken(Rule::CodeOfAnotherClient, "this code was issued to another client")?;
        }
        let redirect_uri = visit.parameter(form, "redirect_uri")?;
        let may_be_missing = redirect_uri.is_none() && self.has(Flaw::RedirectMayBeMissingAtToken);
        if redirect_uri.as_deref() != Some(stored.redirect_uri.as_str()) && !may_be_missing {
            visit.broken(Rule::RedirectMismatch, "redirect_uri is not the one of the authorization request")?;
        }
        if client.auth == ClientAuth::None || !self.has(Flaw::ConfidentialClientsSkipPkce) {
            self.check_verifier(visit, &stored, form, client.auth == ClientAuth::None)?;
        }
        self.check_code_key(visit, &sent)?;
        Ok(Grant { jkt: visit.key.clone(), ..grant_of(&stored) })
    }

    /// The code as it stood before, now marked as presented.
    fn burn(&self, code: Option<&str>) -> Option<StoredCode> {
        let mut state = self.state();
        // The newest: a lie may give several codes the same text.
        let stored = state.codes.iter_mut().rev().find(|stored| Some(stored.code.as_str()) == code)?;
        let before = stored.clone();
        stored.redeemed = true;
        Some(before)
    }

    /// What a witness goes on with when there is no code to go by: the client's newest one.
    fn latest(&self, client_id: &str, rule: Rule) -> Result<Grant, Refusal> {
        let state = self.state();
        let newest = state.codes.iter().rev().find(|code| code.client_id == client_id).or(state.codes.last());
        newest.map(grant_of).ok_or(Refusal { rule, detail: "and no code was issued at all".into() })
    }

    fn check_verifier(
        &self,
        visit: &mut Visit<'_>,
        stored: &StoredCode,
        form: &[(String, String)],
        is_public: bool,
    ) -> Result<(), Refusal> {
        let is_sent = form.iter().any(|(name, _)| name == "code_verifier");
        let sent = visit.parameter(form, "code_verifier")?;
        let trimmed = |verifier: String| verifier.trim_end_matches(['=', ' ', '\n']).to_owned();
        let sent = if self.has(Flaw::VerifierTrimmed) { sent.map(trimmed) } else { sent };
        let (challenge, verifier) = match (&stored.challenge, sent.as_deref()) {
            (None, None) => return Ok(()),
            (None, Some(_)) => {
                // RFC 9700 section 4.8.2: the challenge was stripped on its way.
                return visit.broken(
                    Rule::VerifierUnexpected,
                    "a code_verifier, though no code_challenge came with the authorization request",
                );
            }
            (Some(_), None) if is_sent && self.has(Flaw::VerifierMayBeEmpty) => return Ok(()),
            (Some(_), None) if !is_sent && is_public && self.has(Flaw::VerifierMayBeMissing) => return Ok(()),
            (Some(_), None) => return visit.broken(Rule::VerifierMissing, "no code_verifier was sent"),
            (Some(challenge), Some(verifier)) => (challenge, verifier),
        };
        if verifier == challenge && self.has(Flaw::ChallengeIsVerifier) {
            return Ok(());
        }
        let longest = if self.has(Flaw::LongVerifierRefused) { 64 } else { 128 };
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=longest).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            let length = verifier.len();
            visit.broken(
                Rule::VerifierMalformed,
                format!("a code_verifier has 43 to 128 unreserved characters; this one has {length} bytes"),
            )?;
        }
        // Only a witness has stored a method that is not S256, having forgiven it.
        let presented = if stored.method.as_deref() == Some("plain") { verifier.to_owned() } else { s256(verifier) };
        if !same_secret(challenge, &presented) && !self.is_of_another_login(stored, &presented) {
            const DETAIL: &str = "the code_verifier does not belong to the code_challenge";
            if self.has(Flaw::WrongVerifierIsInvalidRequest) {
                return Err(Refusal { rule: Rule::CodeMissing, detail: DETAIL.into() });
            }
            visit.broken(Rule::VerifierMismatch, DETAIL)?;
        }
        Ok(())
    }

    fn is_of_another_login(&self, stored: &StoredCode, presented: &str) -> bool {
        let is_one =
            |code: &StoredCode| code.client_id == stored.client_id && code.challenge.as_deref() == Some(presented);
        self.has(Flaw::ChallengeOfAnyLogin) && self.state().codes.iter().any(is_one)
    }
}

fn grant_of(stored: &StoredCode) -> Grant {
    Grant {
        client_id: stored.client_id.clone(),
        sub: stored.sub.clone(),
        scope: stored.scope.clone(),
        nonce: stored.nonce.clone(),
        acr: stored.acr.clone(),
        auth_time: stored.auth_time,
        code: stored.code.clone(),
        jkt: None,
    }
}
