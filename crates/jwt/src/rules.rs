//! The rules for the claims of ID tokens, one function a rule. Each ends in a check or in an error.

use std::time::{Duration, SystemTime};

use crate::algorithm::HeaderAlgorithm;
use crate::check::{Check, Outcome, Rule};
use crate::claim_fault::{Broken, ClaimFault, ClaimName};
use crate::claims::Claims;
use crate::compact::{Parts, Signature};
use crate::expected::{Expected, Nonce};
use crate::hash;
use crate::header::Header;
use crate::jwk::Jwk;
use crate::jwk_set::JwkSet;
use crate::numeric_date::{self, NumericDate};
use crate::relying_party::RelyingParty;
use crate::secret::Secret;
use crate::shown::{shown, shown_list};
use crate::signature_error::SignatureError;
use crate::value::Value;

/// What the rules read.
pub(crate) struct Rules<'a> {
    claims: &'a Claims,
    header: &'a Header,
    relying_party: &'a RelyingParty,
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

type Kept = Result<(), Broken>;

impl<'a> Rules<'a> {
    pub(crate) fn new(
        claims: &'a Claims,
        header: &'a Header,
        relying_party: &'a RelyingParty,
        keys: &'a JwkSet,
        now: SystemTime,
    ) -> Self {
        Self {
            claims,
            header,
            relying_party,
            keys,
            now: numeric_date::seconds(now),
            leeway: relying_party.leeway.as_secs_f64(),
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
        Err(Broken::TokenType(shown(typ)))
    }

    /// Rule 2.
    pub(crate) fn issuer(&mut self) -> Kept {
        let issuer = self.required_text(ClaimName::Issuer)?;
        let tenant = self.tenant()?;
        let party = self.relying_party;
        let outcome = match (&party.issuer_template, tenant) {
            (Some(template), Some(tenant)) if is_of_tenant(issuer, template, tenant) => Outcome::HeldByTemplate,
            (None, _) if issuer == party.issuer => Outcome::Held,
            (None, _) if party.issuer_alias.as_deref() == Some(issuer) => Outcome::HeldByAlias,
            (template, _) => {
                let expected = template.as_deref().unwrap_or(&party.issuer);
                return Err(Broken::compared(ClaimName::Issuer, ClaimFault::Mismatch, expected, issuer));
            }
        };
        self.note(Rule::Issuer, outcome)
    }

    /// The tenant, when tenants are told apart.
    fn tenant(&self) -> Result<Option<&'a str>, Broken> {
        let Some(tenants) = &self.relying_party.tenants else { return Ok(None) };
        match self.optional_text(ClaimName::Tenant)? {
            Some(tenant) if is_tenant(tenant) && tenants.holds(tenant) => Ok(Some(tenant)),
            Some(_) => Err(broken(ClaimName::Tenant, ClaimFault::Mismatch)),
            None if self.relying_party.issuer_template.is_some() => Err(broken(ClaimName::Tenant, ClaimFault::Missing)),
            None => Ok(None),
        }
    }

    /// Rule 3: the client is an audience, and every other audience is trusted.
    pub(crate) fn audience(&mut self) -> Kept {
        let aud = self.required(ClaimName::Audience)?;
        if let Some(mut items) = aud.items() {
            if items.len() == 0 {
                return refuse(ClaimName::Audience, ClaimFault::Empty);
            }
            if items.any(|item| item.as_str().is_none()) {
                return refuse(ClaimName::Audience, ClaimFault::WrongType);
            }
        } else if aud.as_str().is_none() {
            return refuse(ClaimName::Audience, ClaimFault::WrongType);
        }
        let client_id = &self.relying_party.client_id;
        if !self.claims.audience().any(|audience| audience == client_id) {
            let received = shown_list(self.claims.audience());
            return Err(Broken::compared(ClaimName::Audience, ClaimFault::Mismatch, client_id, &received));
        }
        let mut strangers = self.claims.audience().filter(|audience| !self.relying_party.trusts_audience(audience));
        if let Some(stranger) = strangers.next() {
            let trusted = self.relying_party.trusted_audiences.iter().map(String::as_str);
            let expected = shown_list([client_id.as_str()].into_iter().chain(trusted));
            return Err(Broken::compared(ClaimName::Audience, ClaimFault::Untrusted, &expected, stranger));
        }
        self.note(Rule::Audience, Outcome::Held)
    }

    /// Rules 4 and 5. Errata set 2 leaves `azp` to extensions and its comparison to the client. One that is there must
    /// name this client or one that it trusts. None is demanded: every audience is trusted already.
    pub(crate) fn authorized_party(&mut self) -> Kept {
        let Some(party) = self.optional_text(ClaimName::AuthorizedParty)? else {
            return self.note(Rule::AuthorizedParty, Outcome::Absent);
        };
        let (client_id, trusted) = (&self.relying_party.client_id, &self.relying_party.trusted_parties);
        if party == client_id {
            return self.note(Rule::AuthorizedParty, Outcome::Held);
        }
        if trusted.iter().any(|trusted| trusted == party) {
            return self.note(Rule::AuthorizedParty, Outcome::HeldByTrust);
        }
        let expected = shown_list([client_id].into_iter().chain(trusted).map(String::as_str));
        Err(Broken::compared(ClaimName::AuthorizedParty, ClaimFault::Mismatch, &expected, party))
    }

    /// Rule 7.
    pub(crate) fn algorithm(&mut self) -> Kept {
        let (algorithms, key) = (&self.relying_party.algorithms, self.relying_party.hmac_key.as_ref());
        let is_accepted = match self.header.algorithm {
            HeaderAlgorithm::Signature(algorithm) => algorithms.contains(&algorithm),
            HeaderAlgorithm::Mac(algorithm) => key.is_some_and(|key| key.algorithm() == algorithm),
        };
        if !is_accepted {
            let accepted = algorithms.iter().map(|algorithm| algorithm.name());
            let accepted = accepted.chain(key.map(|key| key.algorithm().name()));
            return Err(SignatureError::algorithm_not_accepted(self.header.algorithm.name(), accepted).into());
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
                let (issuer, template) = (self.claims.issuer(), self.relying_party.issuer_template.as_deref());
                let is_eligible = |key: &Jwk| {
                    template.is_none() || key.issuer().is_none_or(|own| [issuer, template].contains(&Some(own)))
                };
                self.keys.verify(algorithm, kid, message, signature.as_bytes(), is_eligible)?;
            }
            HeaderAlgorithm::Mac(_) => {
                let key = self.relying_party.hmac_key.as_ref();
                let verified = key.is_some_and(|key| key.verify(message, signature.as_bytes()).is_ok());
                verified.then_some(()).ok_or(SignatureError::BadSignature(None))?;
            }
        }
        self.note(Rule::Signature, Outcome::Held)
    }

    /// Core section 2: 1 to 255 characters of ASCII.
    pub(crate) fn subject(&mut self) -> Kept {
        let subject = self.required_text(ClaimName::Subject)?;
        if subject.is_empty() {
            return refuse(ClaimName::Subject, ClaimFault::Empty);
        }
        if subject.chars().nth(255).is_some() {
            return refuse(ClaimName::Subject, ClaimFault::TooLong);
        }
        if !subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return refuse(ClaimName::Subject, ClaimFault::BadCharacter);
        }
        self.note(Rule::Subject, Outcome::Held)
    }

    /// Rule 9.
    pub(crate) fn expiry(&mut self) -> Result<NumericDate, Broken> {
        let expires_at = self.required_date(ClaimName::Expiry)?;
        if self.now >= expires_at.as_secs_f64() + self.leeway {
            return Err(broken(ClaimName::Expiry, ClaimFault::Expired));
        }
        self.note(Rule::Expiry, Outcome::Held)?;
        Ok(expires_at)
    }

    /// RFC 7519 section 4.1.5.
    pub(crate) fn not_before(&mut self) -> Kept {
        match self.optional_date(ClaimName::NotBefore)? {
            None => self.note(Rule::NotBefore, Outcome::Absent),
            Some(start) if start.as_secs_f64() > self.now + self.leeway => {
                refuse(ClaimName::NotBefore, ClaimFault::NotYetValid)
            }
            Some(_) => self.note(Rule::NotBefore, Outcome::Held),
        }
    }

    /// Rule 10.
    pub(crate) fn issued_at(&mut self) -> Result<NumericDate, Broken> {
        let issued_at = self.required_date(ClaimName::IssuedAt)?;
        self.check_past(ClaimName::IssuedAt, issued_at, self.relying_party.max_issued_age)?;
        self.note(Rule::IssuedAt, Outcome::Held)?;
        Ok(issued_at)
    }

    /// Rule 11.
    pub(crate) fn nonce(&mut self, expected: &Expected) -> Kept {
        let nonce = self.optional_text(ClaimName::Nonce)?;
        let outcome = match (&expected.nonce, nonce) {
            (Nonce::Any, _) | (Nonce::None, None) => Outcome::NotAsked,
            (Nonce::None, Some(_)) => return refuse(ClaimName::Nonce, ClaimFault::Unasked),
            (Nonce::Sent(_), None) if self.relying_party.nonce_not_returned => Outcome::NotReturned,
            (Nonce::Sent(_), None) => return refuse(ClaimName::Nonce, ClaimFault::Missing),
            (Nonce::Sent(_), Some("")) => return refuse(ClaimName::Nonce, ClaimFault::Empty),
            (Nonce::Sent(sent), Some(nonce)) if sent.matches(nonce) => Outcome::Held,
            (Nonce::Sent(_), Some(_)) => return refuse(ClaimName::Nonce, ClaimFault::Mismatch),
            // A refreshed token should have none; if it has, it is the one of the login.
            (Nonce::Before, None) => Outcome::Absent,
            (Nonce::Before, Some(nonce)) => {
                let before = expected.before.as_ref().and_then(|before| before.nonce.as_ref());
                if !before.is_some_and(|before| before.matches(nonce)) {
                    return refuse(ClaimName::Nonce, ClaimFault::Mismatch);
                }
                Outcome::Held
            }
        };
        self.note(Rule::Nonce, outcome)
    }

    /// Rule 12.
    pub(crate) fn authentication_context(&mut self, expected: &Expected) -> Kept {
        let acr = self.optional_text(ClaimName::AuthenticationContext)?;
        if expected.acr.is_empty() {
            return self.note(Rule::AuthenticationContext, Outcome::NotAsked);
        }
        let acr = acr.ok_or(broken(ClaimName::AuthenticationContext, ClaimFault::Missing))?;
        if !expected.acr.iter().any(|accepted| accepted == acr) {
            return refuse(ClaimName::AuthenticationContext, ClaimFault::Mismatch);
        }
        self.note(Rule::AuthenticationContext, Outcome::Held)
    }

    /// Rule 13.
    pub(crate) fn auth_time(&mut self, expected: &Expected) -> Kept {
        let auth_time = self.optional_date(ClaimName::AuthTime)?;
        let outcome = match (expected.max_age, auth_time) {
            (Some(_), None) => return refuse(ClaimName::AuthTime, ClaimFault::Missing),
            (max_age, Some(auth_time)) => {
                self.check_past(ClaimName::AuthTime, auth_time, max_age)?;
                if max_age.is_some() { Outcome::Held } else { Outcome::NotAsked }
            }
            (None, None) => Outcome::NotAsked,
        };
        self.note(Rule::AuthTime, outcome)
    }

    /// Section 3.1.3.8.
    pub(crate) fn access_token_hash(&mut self, expected: &Expected) -> Kept {
        let hashed = Hashed { of: expected.access_token.as_ref(), is_required: expected.front_channel };
        self.hash(Rule::AccessTokenHash, ClaimName::AccessTokenHash, hashed)
    }

    /// Section 3.3.2.10.
    pub(crate) fn code_hash(&mut self, expected: &Expected) -> Kept {
        let hashed = Hashed { of: expected.code.as_ref(), is_required: expected.front_channel };
        self.hash(Rule::CodeHash, ClaimName::CodeHash, hashed)
    }

    /// Core section 12.2, less what the rules above have compared already.
    pub(crate) fn refresh(&mut self, expected: &Expected) -> Kept {
        let Some(before) = &expected.before else {
            return self.note(Rule::Refresh, Outcome::NotAsked);
        };
        // Of many tenants, it is still the same one. An alias is another name for the same issuer.
        let issuer = self.claims.issuer().unwrap_or_default();
        if self.relying_party.issuer_template.is_some() && issuer != before.issuer {
            return Err(Broken::compared(ClaimName::Issuer, ClaimFault::Mismatch, &before.issuer, issuer));
        }
        if !self.claims.subject().is_some_and(|subject| before.subject.matches(subject)) {
            return refuse(ClaimName::Subject, ClaimFault::Mismatch);
        }
        if !before.audience.iter().all(|audience| self.claims.audience().any(|ours| ours == audience)) {
            let (expected, received) =
                (shown_list(before.audience.iter().map(String::as_str)), shown_list(self.claims.audience()));
            return Err(Broken::compared(ClaimName::Audience, ClaimFault::Mismatch, &expected, &received));
        }
        if self.claims.issued_at().is_some_and(|issued_at| issued_at.as_secs_f64() < before.issued_at) {
            return refuse(ClaimName::IssuedAt, ClaimFault::TooOld);
        }
        let party = self.claims.authorized_party();
        if party != before.authorized_party.as_deref() {
            let text = |party: Option<&str>| party.unwrap_or("none").to_owned();
            let (expected, received) = (text(before.authorized_party.as_deref()), text(party));
            return Err(Broken::compared(ClaimName::AuthorizedParty, ClaimFault::Mismatch, &expected, &received));
        }
        let auth_time = self.claims.auth_time().map(NumericDate::as_secs_f64);
        let outcome = match (before.auth_time, auth_time) {
            (Some(before), Some(now)) if before == now => Outcome::Held,
            (Some(_), Some(_)) if self.relying_party.auth_time_changed => Outcome::AuthTimeChanged,
            (Some(_), Some(_)) => return refuse(ClaimName::AuthTime, ClaimFault::Mismatch),
            _ => Outcome::Held,
        };
        self.note(Rule::Refresh, outcome)
    }

    /// OpenID Connect Core section 5.3.2: what a signed userinfo response is about.
    pub(crate) fn same_subject(&mut self, subject: &str) -> Kept {
        if self.required_text(ClaimName::Subject)? != subject {
            return refuse(ClaimName::Subject, ClaimFault::Mismatch);
        }
        self.note(Rule::Subject, Outcome::Held)
    }

    /// Whether the token has the claim.
    pub(crate) fn has(&self, claim: ClaimName) -> bool {
        self.claims.present(claim.as_str()).is_some()
    }

    fn hash(&mut self, rule: Rule, claim: ClaimName, hashed: Hashed<'_>) -> Kept {
        let hash = self.optional_text(claim)?;
        let outcome = match (hashed.of, hash) {
            (None, _) => Outcome::NotAsked,
            (Some(_), None) if hashed.is_required => return refuse(claim, ClaimFault::Missing),
            (Some(_), None) => Outcome::Absent,
            (Some(of), Some(hash)) => {
                let digest = self.keys.digest(self.header.algorithm.hash(), of.as_bytes());
                if hash != hash::left_half(&digest) {
                    return refuse(claim, ClaimFault::Mismatch);
                }
                Outcome::Held
            }
        };
        self.note(rule, outcome)
    }

    fn check_past(&self, claim: ClaimName, date: NumericDate, limit: Option<Duration>) -> Kept {
        let date = date.as_secs_f64();
        if date > self.now + self.leeway {
            return refuse(claim, ClaimFault::InTheFuture);
        }
        if limit.is_some_and(|limit| self.now > date + limit.as_secs_f64() + self.leeway) {
            return refuse(claim, ClaimFault::TooOld);
        }
        Ok(())
    }

    fn required(&self, claim: ClaimName) -> Result<Value<'a>, Broken> {
        self.claims.present(claim.as_str()).ok_or(broken(claim, ClaimFault::Missing))
    }

    fn required_text(&self, claim: ClaimName) -> Result<&'a str, Broken> {
        self.required(claim)?.as_str().ok_or(broken(claim, ClaimFault::WrongType))
    }

    fn optional_text(&self, claim: ClaimName) -> Result<Option<&'a str>, Broken> {
        if self.has(claim) { self.required_text(claim).map(Some) } else { Ok(None) }
    }

    fn required_date(&self, claim: ClaimName) -> Result<NumericDate, Broken> {
        let seconds = self.required(claim)?.as_f64().ok_or(broken(claim, ClaimFault::WrongType))?;
        NumericDate::new(seconds).ok_or(broken(claim, ClaimFault::OutOfRange))
    }

    fn optional_date(&self, claim: ClaimName) -> Result<Option<NumericDate>, Broken> {
        if self.has(claim) { self.required_date(claim).map(Some) } else { Ok(None) }
    }

    fn note(&mut self, rule: Rule, outcome: Outcome) -> Kept {
        self.checks.push(Check { rule, outcome });
        Ok(())
    }
}

/// What a hash in the token is of, and whether the token must have it.
struct Hashed<'a> {
    of: Option<&'a Secret>,
    is_required: bool,
}

/// Whether `issuer` is `template` with `tenant` in its place.
fn is_of_tenant(issuer: &str, template: &str, tenant: &str) -> bool {
    template.split_once("{tenantid}").is_some_and(|(front, behind)| {
        issuer.strip_prefix(front).and_then(|rest| rest.strip_suffix(behind)) == Some(tenant)
    })
}

/// Nothing that could be a part of a path or a host.
fn is_tenant(tenant: &str) -> bool {
    !tenant.is_empty() && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn broken(claim: ClaimName, fault: ClaimFault) -> Broken {
    Broken::Claim(claim, fault, None)
}

fn refuse(claim: ClaimName, fault: ClaimFault) -> Kept {
    Err(broken(claim, fault))
}
