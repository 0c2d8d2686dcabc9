//! The rules for ID tokens, one function a rule. Each ends in a line of the trace or in an error.

use std::time::{Duration, SystemTime};

use crate::algorithm::HeaderAlgorithm;
use crate::check::{Check, Outcome, Rule};
use crate::claims::Claims;
use crate::compact::{Parts, Signature};
use crate::expected::{Expected, Nonce};
use crate::hash;
use crate::header::Header;
use crate::id_token_error::{ClaimName, Fault, IdTokenError};
use crate::jwk::Jwk;
use crate::jwk_set::JwkSet;
use crate::numeric_date::{self, NumericDate};
use crate::secret::Secret;
use crate::signature_error::SignatureError;
use crate::value::Value;

/// What the rules read.
pub(crate) struct Rules<'a> {
    claims: &'a Claims,
    header: &'a Header,
    expected: &'a Expected,
    keys: &'a JwkSet,
    now: f64,
    leeway: f64,
    checks: Vec<Check>,
}

/// The dates that every ID token has.
#[derive(Clone, Copy)]
pub(crate) struct Dates {
    pub(crate) expires_at: NumericDate,
    pub(crate) issued_at: NumericDate,
}

type Kept = Result<(), IdTokenError>;

impl<'a> Rules<'a> {
    pub(crate) fn new(
        claims: &'a Claims,
        header: &'a Header,
        expected: &'a Expected,
        keys: &'a JwkSet,
        now: SystemTime,
    ) -> Self {
        Self {
            claims,
            header,
            expected,
            keys,
            now: numeric_date::seconds(now),
            leeway: expected.leeway.as_secs_f64(),
            checks: Vec::with_capacity(Rule::ALL.len()),
        }
    }

    pub(crate) fn into_checks(self) -> Vec<Check> {
        self.checks
    }

    /// RFC 8725 section 3.11: at+jwt, dpop+jwt, logout+jwt, secevent+jwt and any other kind are no ID tokens.
    pub(crate) fn token_type(&mut self) -> Kept {
        let Some(typ) = self.header.typ.and_then(|node| self.claims.json().text(node)) else {
            return self.note(Rule::TokenType, Outcome::Absent);
        };
        // A media type: in any case, with "application/" left out or not (RFC 7515 section 4.1.9).
        if typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("application/jwt") {
            return self.note(Rule::TokenType, Outcome::Held);
        }
        Err(IdTokenError::TokenType)
    }

    /// Rule 2.
    pub(crate) fn issuer(&mut self) -> Kept {
        let issuer = self.required_text(ClaimName::Issuer)?;
        let tenant = self.tenant()?;
        let expected = self.expected;
        let outcome = match (&expected.issuer_template, tenant) {
            (Some(template), Some(tenant)) if is_of_tenant(issuer, template, tenant) => Outcome::HeldByTemplate,
            (Some(_), _) => return refuse(ClaimName::Issuer, Fault::Mismatch),
            (None, _) if issuer == expected.issuer => Outcome::Held,
            (None, _) if expected.issuer_alias.as_deref() == Some(issuer) => Outcome::HeldByAlias,
            (None, _) => return refuse(ClaimName::Issuer, Fault::Mismatch),
        };
        self.note(Rule::Issuer, outcome)
    }

    /// The tenant, when tenants are told apart.
    fn tenant(&self) -> Result<Option<&'a str>, IdTokenError> {
        let Some(tenants) = &self.expected.tenants else { return Ok(None) };
        match self.optional_text(ClaimName::Tenant)? {
            Some(tenant) if tenants.permit(tenant) => Ok(Some(tenant)),
            Some(_) => Err(IdTokenError::Claim(ClaimName::Tenant, Fault::Mismatch)),
            None if self.expected.issuer_template.is_some() => {
                Err(IdTokenError::Claim(ClaimName::Tenant, Fault::Missing))
            }
            None => Ok(None),
        }
    }

    /// Rule 3: the client is an audience, and no audience is a stranger.
    pub(crate) fn audience(&mut self) -> Kept {
        let aud = self.required(ClaimName::Audience)?;
        if let Some(mut items) = aud.items() {
            if items.len() == 0 {
                return refuse(ClaimName::Audience, Fault::Empty);
            }
            if items.any(|item| item.as_str().is_none()) {
                return refuse(ClaimName::Audience, Fault::WrongType);
            }
        } else if aud.as_str().is_none() {
            return refuse(ClaimName::Audience, Fault::WrongType);
        }
        if !self.claims.audience().any(|audience| audience == self.expected.client_id) {
            return refuse(ClaimName::Audience, Fault::Mismatch);
        }
        let expected = self.expected;
        let is_known = |audience: &str| {
            audience == expected.client_id || expected.trusted_audiences.iter().any(|trusted| trusted == audience)
        };
        if !self.claims.audience().all(is_known) {
            return refuse(ClaimName::Audience, Fault::Untrusted);
        }
        self.note(Rule::Audience, Outcome::Held)
    }

    /// Rules 4 and 5. Errata set 2 leaves `azp` to extensions. It is demanded here with several
    /// audiences, as before the errata, and where it stands it must name the client.
    pub(crate) fn authorized_party(&mut self) -> Kept {
        match self.optional_text(ClaimName::AuthorizedParty)? {
            Some(party) if party == self.expected.client_id => self.note(Rule::AuthorizedParty, Outcome::Held),
            Some(_) => refuse(ClaimName::AuthorizedParty, Fault::Mismatch),
            None if self.claims.audience().nth(1).is_some() => refuse(ClaimName::AuthorizedParty, Fault::Missing),
            None => self.note(Rule::AuthorizedParty, Outcome::Absent),
        }
    }

    /// Rule 7.
    pub(crate) fn algorithm(&mut self) -> Kept {
        let is_accepted = match self.header.algorithm {
            HeaderAlgorithm::Signature(algorithm) => self.expected.algorithms.contains(&algorithm),
            HeaderAlgorithm::Mac(algorithm) => {
                self.expected.hmac_key.as_ref().is_some_and(|key| key.algorithm() == algorithm)
            }
        };
        if !is_accepted {
            return Err(SignatureError::AlgorithmNotAccepted.into());
        }
        self.note(Rule::Algorithm, Outcome::Held)
    }

    /// Rules 6 and 8.
    pub(crate) fn signature(&mut self, parts: &Parts<'_>, signature: &Signature) -> Kept {
        let message = parts.signing_input.as_bytes();
        match self.header.algorithm {
            HeaderAlgorithm::Signature(algorithm) => {
                let kid = self.header.kid.and_then(|node| self.claims.json().text(node));
                // One set of keys for many issuers: a key may say for which.
                let (issuer, template) = (self.claims.issuer(), self.expected.issuer_template.as_deref());
                let vouches = |key: &Jwk| {
                    template.is_none() || key.issuer().is_none_or(|own| [issuer, template].contains(&Some(own)))
                };
                self.keys.verify(algorithm, kid, message, signature.octets(), vouches)?;
            }
            HeaderAlgorithm::Mac(_) => {
                let key = self.expected.hmac_key.as_ref().ok_or(SignatureError::AlgorithmNotAccepted)?;
                key.verify(message, signature.octets()).map_err(|_| SignatureError::BadSignature)?;
            }
        }
        self.note(Rule::Signature, Outcome::Held)
    }

    /// Section 2: 1 to 255 characters of ASCII.
    pub(crate) fn subject(&mut self) -> Kept {
        let subject = self.required_text(ClaimName::Subject)?;
        if subject.is_empty() {
            return refuse(ClaimName::Subject, Fault::Empty);
        }
        if subject.chars().nth(255).is_some() {
            return refuse(ClaimName::Subject, Fault::TooLong);
        }
        if !subject.bytes().all(|octet| (b' '..=b'~').contains(&octet)) {
            return refuse(ClaimName::Subject, Fault::BadCharacter);
        }
        self.note(Rule::Subject, Outcome::Held)
    }

    /// Rule 9.
    pub(crate) fn expiry(&mut self) -> Result<NumericDate, IdTokenError> {
        let expires_at = self.required_date(ClaimName::Expiry)?;
        if self.now >= expires_at.as_secs_f64() + self.leeway {
            return Err(IdTokenError::Claim(ClaimName::Expiry, Fault::Expired));
        }
        self.note(Rule::Expiry, Outcome::Held)?;
        Ok(expires_at)
    }

    /// RFC 7519 section 4.1.5.
    pub(crate) fn not_before(&mut self) -> Kept {
        match self.optional_date(ClaimName::NotBefore)? {
            None => self.note(Rule::NotBefore, Outcome::Absent),
            Some(start) if start.as_secs_f64() > self.now + self.leeway => {
                refuse(ClaimName::NotBefore, Fault::NotYetValid)
            }
            Some(_) => self.note(Rule::NotBefore, Outcome::Held),
        }
    }

    /// Rule 10.
    pub(crate) fn issued_at(&mut self) -> Result<NumericDate, IdTokenError> {
        let issued_at = self.required_date(ClaimName::IssuedAt)?;
        self.check_past(ClaimName::IssuedAt, issued_at, self.expected.max_issued_age)?;
        self.note(Rule::IssuedAt, Outcome::Held)?;
        Ok(issued_at)
    }

    /// Rule 11.
    pub(crate) fn nonce(&mut self) -> Kept {
        let nonce = self.optional_text(ClaimName::Nonce)?;
        let outcome = match (&self.expected.nonce, nonce) {
            (Nonce::None | Nonce::OfAnother, None) => Outcome::NotAsked,
            (Nonce::OfAnother, Some(_)) => Outcome::NotAsked,
            (Nonce::None, Some(_)) => return refuse(ClaimName::Nonce, Fault::Unasked),
            (Nonce::Sent(_), None) => return refuse(ClaimName::Nonce, Fault::Missing),
            (Nonce::Sent(_), Some("")) => return refuse(ClaimName::Nonce, Fault::Empty),
            (Nonce::Sent(sent), Some(nonce)) if sent.matches(nonce) => Outcome::Held,
            (Nonce::Sent(_), Some(_)) => return refuse(ClaimName::Nonce, Fault::Mismatch),
            // A refreshed token should have none; if it has, it is the one of the login.
            (Nonce::Before, None) => Outcome::Absent,
            (Nonce::Before, Some(nonce)) => {
                let before = self.expected.before.as_ref().and_then(|before| before.nonce.as_ref());
                if !before.is_some_and(|before| before.matches(nonce)) {
                    return refuse(ClaimName::Nonce, Fault::Mismatch);
                }
                Outcome::Held
            }
        };
        self.note(Rule::Nonce, outcome)
    }

    /// Rule 12.
    pub(crate) fn authentication_context(&mut self) -> Kept {
        let acr = self.optional_text(ClaimName::AuthenticationContext)?;
        if self.expected.acr.is_empty() {
            return self.note(Rule::AuthenticationContext, Outcome::NotAsked);
        }
        let acr = acr.ok_or(IdTokenError::Claim(ClaimName::AuthenticationContext, Fault::Missing))?;
        if !self.expected.acr.iter().any(|accepted| accepted == acr) {
            return refuse(ClaimName::AuthenticationContext, Fault::Mismatch);
        }
        self.note(Rule::AuthenticationContext, Outcome::Held)
    }

    /// Rule 13.
    pub(crate) fn auth_time(&mut self) -> Kept {
        let auth_time = self.optional_date(ClaimName::AuthTime)?;
        let outcome = match (self.expected.max_age, auth_time) {
            (Some(_), None) => return refuse(ClaimName::AuthTime, Fault::Missing),
            (max_age, Some(auth_time)) => {
                self.check_past(ClaimName::AuthTime, auth_time, max_age)?;
                if max_age.is_some() { Outcome::Held } else { Outcome::NotAsked }
            }
            (None, None) => Outcome::NotAsked,
        };
        self.note(Rule::AuthTime, outcome)
    }

    /// Section 3.1.3.8.
    pub(crate) fn access_token_hash(&mut self) -> Kept {
        self.hash(Rule::AccessTokenHash, ClaimName::AccessTokenHash, self.expected.access_token.as_ref())
    }

    /// Section 3.3.2.10.
    pub(crate) fn code_hash(&mut self) -> Kept {
        self.hash(Rule::CodeHash, ClaimName::CodeHash, self.expected.code.as_ref())
    }

    /// Section 12.2, less what the rules above have compared already.
    pub(crate) fn refresh(&mut self) -> Kept {
        let Some(before) = &self.expected.before else {
            return self.note(Rule::Refresh, Outcome::NotAsked);
        };
        // Of many tenants, it is still the same one. An alias is another name for the same issuer.
        if self.expected.issuer_template.is_some() && self.claims.issuer() != Some(before.issuer.as_str()) {
            return refuse(ClaimName::Issuer, Fault::Mismatch);
        }
        if !self.claims.subject().is_some_and(|subject| before.subject.matches(subject)) {
            return refuse(ClaimName::Subject, Fault::Mismatch);
        }
        if !before.audience.iter().all(|audience| self.claims.audience().any(|ours| ours == audience)) {
            return refuse(ClaimName::Audience, Fault::Mismatch);
        }
        if self.claims.issued_at().is_some_and(|issued_at| issued_at.as_secs_f64() < before.issued_at) {
            return refuse(ClaimName::IssuedAt, Fault::TooOld);
        }
        let auth_time = self.claims.auth_time().map(NumericDate::as_secs_f64);
        if auth_time.is_some() && before.auth_time.is_some() && auth_time != before.auth_time {
            return refuse(ClaimName::AuthTime, Fault::Mismatch);
        }
        if self.claims.authorized_party() != before.authorized_party.as_deref() {
            return refuse(ClaimName::AuthorizedParty, Fault::Mismatch);
        }
        self.note(Rule::Refresh, Outcome::Held)
    }

    fn hash(&mut self, rule: Rule, claim: ClaimName, of: Option<&Secret>) -> Kept {
        let hash = self.optional_text(claim)?;
        let outcome = match (of, hash) {
            (None, _) => Outcome::NotAsked,
            (Some(_), None) if self.expected.front_channel => return refuse(claim, Fault::Missing),
            (Some(_), None) => Outcome::Absent,
            (Some(of), Some(hash)) => {
                let digest = self.keys.digest(self.header.algorithm.hash(), of.octets());
                if hash != hash::left_half(&digest) {
                    return refuse(claim, Fault::Mismatch);
                }
                Outcome::Held
            }
        };
        self.note(rule, outcome)
    }

    fn check_past(&self, claim: ClaimName, date: NumericDate, limit: Option<Duration>) -> Kept {
        let date = date.as_secs_f64();
        if date > self.now + self.leeway {
            return refuse(claim, Fault::InTheFuture);
        }
        if limit.is_some_and(|limit| self.now > date + limit.as_secs_f64() + self.leeway) {
            return refuse(claim, Fault::TooOld);
        }
        Ok(())
    }

    fn required(&self, claim: ClaimName) -> Result<Value<'a>, IdTokenError> {
        self.claims.get(claim.as_str()).ok_or(IdTokenError::Claim(claim, Fault::Missing))
    }

    fn required_text(&self, claim: ClaimName) -> Result<&'a str, IdTokenError> {
        self.required(claim)?.as_str().ok_or(IdTokenError::Claim(claim, Fault::WrongType))
    }

    fn optional_text(&self, claim: ClaimName) -> Result<Option<&'a str>, IdTokenError> {
        match self.claims.get(claim.as_str()) {
            None => Ok(None),
            Some(_) => self.required_text(claim).map(Some),
        }
    }

    fn required_date(&self, claim: ClaimName) -> Result<NumericDate, IdTokenError> {
        let seconds = self.required(claim)?.as_f64().ok_or(IdTokenError::Claim(claim, Fault::WrongType))?;
        NumericDate::new(seconds).ok_or(IdTokenError::Claim(claim, Fault::OutOfRange))
    }

    fn optional_date(&self, claim: ClaimName) -> Result<Option<NumericDate>, IdTokenError> {
        match self.claims.get(claim.as_str()) {
            None => Ok(None),
            Some(_) => self.required_date(claim).map(Some),
        }
    }

    fn note(&mut self, rule: Rule, outcome: Outcome) -> Kept {
        self.checks.push(Check { rule, outcome });
        Ok(())
    }
}

/// Whether `issuer` is `template` with `tenant` in its place.
fn is_of_tenant(issuer: &str, template: &str, tenant: &str) -> bool {
    template.split_once("{tenantid}").is_some_and(|(front, behind)| {
        issuer.strip_prefix(front).and_then(|rest| rest.strip_suffix(behind)) == Some(tenant)
    })
}

fn refuse(claim: ClaimName, fault: Fault) -> Kept {
    Err(IdTokenError::Claim(claim, fault))
}
