//! Tokens that are bound to a key of the client (RFC 9449).

use serde_json::Value;

use super::Server;
use super::jws::{Jws, thumbprint};
use super::state::Grant;
use super::visit::{Refusal, Visit};
use crate::encoding::{random_text, s256};
use crate::message::Answer;
use crate::rule::Rule;
use crate::setup::{Client, ClientAuth, DpopMode};

/// By what a proof may be signed.
pub(super) const ALGORITHMS: &[&str] = &["ES256", "ES384", "EdDSA", "RS256", "PS256"];

/// How old a proof may be, and how far ahead, in seconds.
const WINDOW: i64 = 60;

/// As what this server is addressed: it has nonces for each (section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Authorization,
    Resource,
}

impl Server {
    pub(super) fn binds_tokens(&self) -> bool {
        self.setup.dpop != DpopMode::Absent
    }

    /// The thumbprint of the key that a request proves, for an access token or to get one. None when there is no proof,
    /// and that is forgiven.
    pub(super) fn proved_key(
        &self,
        visit: &mut Visit<'_>,
        side: Side,
        access_token: Option<&str>,
    ) -> Result<Option<String>, Refusal> {
        if !self.binds_tokens() {
            return Ok(None);
        }
        let sent: Vec<&str> = headers(visit);
        let [proof] = sent[..] else {
            visit.broken(Rule::ProofMissing, format!("one DPoP header is due, and {} came", sent.len()))?;
            return Ok(None);
        };
        let Some(jws) = Jws::parse(proof) else {
            visit.broken(Rule::ProofMalformed, "the proof is not a signed JWT")?;
            return Ok(None);
        };
        if let Some(objection) = objection(&jws) {
            visit.broken(Rule::ProofMalformed, objection)?;
        }
        let target = format!("{}{}", self.base, visit.request.path);
        if jws.claim("htm") != Some(visit.request.method.as_str()) || jws.claim("htu") != Some(target.as_str()) {
            visit.broken(Rule::ProofTarget, "htm or htu of the proof are not of this request")?;
        }
        let now = self.clock.unix();
        if jws.time("iat").is_some_and(|iat| iat.abs_diff(now) > WINDOW.unsigned_abs()) {
            visit.broken(Rule::ProofTime, "the proof was not made just now")?;
        }
        if jws.claim("jti").is_some_and(|jti| self.state().seen(jti)) {
            visit.broken(Rule::ProofReplayed, "another proof had the same jti")?;
        }
        self.check_nonce(visit, side, jws.claim("nonce"))?;
        if let Some(token) = access_token
            && jws.claim("ath") != Some(s256(token).as_str())
        {
            visit.broken(Rule::ProofToken, "the proof does not have the hash of the access token")?;
        }
        Ok(jws.header.get("jwk").and_then(Value::as_object).map(thumbprint))
    }

    /// A client that cannot know the nonce is told it, and is not at fault.
    fn check_nonce(&self, visit: &mut Visit<'_>, side: Side, sent: Option<&str>) -> Result<(), Refusal> {
        if self.setup.dpop != DpopMode::Nonces {
            return Ok(());
        }
        let newest = self.nonce(side);
        if newest.is_some() && newest.as_deref() == sent {
            return Ok(());
        }
        let detail = "the proof does not have the newest nonce of this server";
        if newest.is_some() || sent.is_some() {
            let _ = visit.broken(Rule::ProofNonce, detail);
        } else {
            self.state().nonces.push((side, random_text()));
        }
        Err(Refusal { rule: Rule::ProofNonce, detail: detail.into() })
    }

    fn nonce(&self, side: Side) -> Option<String> {
        let state = self.state();
        state.nonces.iter().find(|(of, _)| *of == side).map(|(_, nonce)| nonce.clone())
    }

    /// Tells the newest nonce; a success brings a new one (section 8.2).
    pub(super) fn with_nonce(&self, side: Side, answer: Answer) -> Answer {
        if self.setup.dpop != DpopMode::Nonces {
            return answer;
        }
        if answer.status < 300 {
            let mut state = self.state();
            state.nonces.retain(|(of, _)| *of != side);
            state.nonces.push((side, random_text()));
        }
        match self.nonce(side) {
            Some(nonce) => answer.header("dpop-nonce", &nonce),
            None => answer,
        }
    }

    /// What a pushed request binds its code to (section 10.1): the key in `dpop_jkt`, that of a proof, or both.
    pub(super) fn pushed_key(
        &self,
        visit: &mut Visit<'_>,
        pairs: &[(String, String)],
    ) -> Result<Option<(String, String)>, Refusal> {
        if headers(visit).is_empty() {
            return Ok(None);
        }
        let Some(key) = self.proved_key(visit, Side::Authorization, None)? else { return Ok(None) };
        match visit.parameter(pairs, "dpop_jkt")? {
            None => Ok(Some(("dpop_jkt".into(), key))),
            Some(named) => {
                if named != key {
                    visit.broken(Rule::CodeOfAnotherKey, "dpop_jkt is not the key of the proof beside it")?;
                }
                Ok(None)
            }
        }
    }

    /// The key that a code is bound to (section 10).
    pub(super) fn check_code_key(&self, visit: &mut Visit<'_>, code: &str) -> Result<(), Refusal> {
        let bound = {
            let state = self.state();
            let request = state.requests.iter().find(|request| request.code.as_deref() == Some(code));
            request.and_then(|request| request.dpop_jkt.clone())
        };
        if self.binds_tokens() && bound.is_some() && bound != visit.key {
            visit.broken(Rule::CodeOfAnotherKey, "the authorization request named another key in dpop_jkt")?;
        }
        Ok(())
    }

    /// The key that the refresh token of a public client is bound to (section 5).
    pub(super) fn check_refresh_key(
        &self,
        visit: &mut Visit<'_>,
        client: &Client,
        grant: &Grant,
    ) -> Result<(), Refusal> {
        if client.auth == ClientAuth::None && grant.jkt.is_some() && grant.jkt != visit.key {
            visit.broken(Rule::ProofKey, "this refresh token is bound to another key")?;
        }
        Ok(())
    }

    /// A bound token and its proof (section 7.1).
    pub(super) fn check_token_key(
        &self,
        visit: &mut Visit<'_>,
        grant: &Grant,
        is_bound: bool,
        token: &str,
    ) -> Result<(), Refusal> {
        if grant.jkt.is_none() {
            return Ok(());
        }
        if !is_bound {
            visit.broken(Rule::ProofToken, "a bound token does not come by the scheme DPoP")?;
        }
        let key = self.proved_key(visit, Side::Resource, Some(token))?;
        if key.is_some() && key != grant.jkt {
            visit.broken(Rule::ProofToken, "the proof is by another key than the token's")?;
        }
        Ok(())
    }
}

fn headers<'r>(visit: &Visit<'r>) -> Vec<&'r str> {
    visit.request.headers.iter().filter(|(name, _)| name == "dpop").map(|(_, value)| value.as_str()).collect()
}

/// What of section 4.2 a proof does not have.
fn objection(jws: &Jws) -> Option<&'static str> {
    if jws.header("typ") != Some("dpop+jwt") {
        return Some("typ of the proof is not dpop+jwt");
    }
    if !jws.header("alg").is_some_and(|alg| ALGORITHMS.contains(&alg)) {
        return Some("alg of the proof is none that this server announces");
    }
    let Some(jwk) = jws.header.get("jwk").and_then(Value::as_object) else {
        return Some("the proof does not have its key");
    };
    if ["d", "k", "p", "q"].iter().any(|name| jwk.contains_key(*name)) {
        return Some("the proof gives its private key away");
    }
    if !jws.is_signed_by(jwk) {
        return Some("the proof is not signed by its key");
    }
    let is_text = |name| jws.claim(name).is_some_and(|text| !text.is_empty());
    let is_whole =
        ["jti", "htm", "htu"].into_iter().all(is_text) && jws.claims.get("iat").is_some_and(Value::is_number);
    (!is_whole).then_some("jti, htm, htu or iat of the proof are missing")
}
