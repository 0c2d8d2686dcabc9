//! The rules that several kinds of token have, one function a rule. Each ends in a check or in an error.

use std::time::{Duration, SystemTime};

use crate::algorithm::HeaderAlgorithm;
use crate::check::{Check, Outcome, Rule};
use crate::claim_fault::{Broken, ClaimFault, ClaimName};
use crate::claims::Claims;
use crate::header::Header;
use crate::jwk::Jwk;
use crate::jwk_set::JwkSet;
use crate::numeric_date::NumericDate;
use crate::opened::Opened;
use crate::reading::{Kept, Reading, broken, refuse};
use crate::registration::Registration;
use crate::shown::shown_list;
use crate::signature_error::SignatureError;

/// What the rules read, and the checks so far.
pub(crate) struct Rules<'a> {
    pub(crate) reading: Reading<'a>,
    pub(crate) keys: &'a JwkSet,
    /// The text of the token.
    pub(crate) token: &'a str,
    registration: &'a Registration,
    checks: Vec<Check>,
}

/// The dates that every ID token and every access token has.
#[derive(Clone, Copy)]
pub(crate) struct Dates {
    pub(crate) expires_at: NumericDate,
    pub(crate) issued_at: NumericDate,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(
        token: &'a str,
        claims: &'a Claims,
        registration: &'a Registration,
        keys: &'a JwkSet,
        now: SystemTime,
    ) -> Self {
        Self {
            reading: Reading::new(claims, now, registration.leeway),
            keys,
            token,
            registration,
            checks: Vec::with_capacity(Rule::ID_TOKEN.len()),
        }
    }

    pub(crate) fn into_checks(self) -> Vec<Check> {
        self.checks
    }

    pub(crate) fn note(&mut self, rule: Rule, outcome: Outcome) -> Kept {
        self.checks.push(Check { rule, outcome });
        Ok(())
    }

    /// Core section 3.1.3.7 rule 2, RFC 9068 section 4.
    pub(crate) fn issuer(&mut self) -> Kept {
        let issuer = self.reading.required_text(ClaimName::Issuer)?;
        let tenant = self.tenant()?;
        let party = self.registration;
        match party.issuer_outcome(issuer, tenant) {
            Some(outcome) => self.note(Rule::Issuer, outcome),
            None => {
                let expected = party.issuer_template.as_deref().unwrap_or(&party.issuer);
                Err(Broken::compared(ClaimName::Issuer, ClaimFault::Mismatch, expected, issuer))
            }
        }
    }

    /// The tenant, when tenants are told apart.
    fn tenant(&self) -> Result<Option<&'a str>, Broken> {
        let Some(tenants) = &self.registration.tenants else { return Ok(None) };
        match self.reading.optional_text(ClaimName::Tenant)? {
            Some(tenant) if is_tenant(tenant) && tenants.holds(tenant) => Ok(Some(tenant)),
            Some(_) => Err(broken(ClaimName::Tenant, ClaimFault::Mismatch)),
            None if self.registration.issuer_template.is_some() => Err(broken(ClaimName::Tenant, ClaimFault::Missing)),
            None => Ok(None),
        }
    }

    /// One of `own` is an audience: Core section 3.1.3.7 rule 3 without its second half, RFC 9068 section 4.
    pub(crate) fn has_audience(&self, own: &[String]) -> Kept {
        let aud = self.reading.required(ClaimName::Audience)?;
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
        if !self.reading.claims.audience().any(|audience| own.iter().any(|own| own == audience)) {
            let expected = match own {
                [only] => only.clone(),
                several => shown_list(several.iter().map(String::as_str)),
            };
            let received = shown_list(self.reading.claims.audience());
            return Err(Broken::compared(ClaimName::Audience, ClaimFault::Mismatch, &expected, &received));
        }
        Ok(())
    }

    /// Core section 3.1.3.7 rule 7, RFC 9068 section 4.
    pub(crate) fn algorithm(&mut self, header: &Header) -> Kept {
        let (algorithms, key) = (&self.registration.algorithms, self.registration.hmac_key.as_ref());
        let received = header.algorithm;
        let is_accepted = match received {
            HeaderAlgorithm::Signature(algorithm) => algorithms.contains(&algorithm),
            HeaderAlgorithm::Mac(algorithm) => key.is_some_and(|key| key.algorithm() == algorithm),
        };
        if !is_accepted {
            let accepted = algorithms.iter().map(|algorithm| algorithm.name());
            let accepted = accepted.chain(key.map(|key| key.algorithm().name()));
            return Err(SignatureError::algorithm_not_accepted(received.name(), accepted).into());
        }
        self.note(Rule::Algorithm, Outcome::Held)
    }

    /// Core section 3.1.3.7 rules 6 and 8, RFC 9068 section 4.
    pub(crate) fn signature(&mut self, opened: &Opened<'_>) -> Kept {
        let Opened { parts, header, claims, signature, .. } = opened;
        let (message, signature) = (parts.signing_input.as_bytes(), signature.as_bytes());
        match header.algorithm {
            HeaderAlgorithm::Signature(algorithm) => {
                let kid = header.kid.and_then(|node| claims.json().text(node));
                // One set of keys for many issuers: a key may say for which.
                let (issuer, template) = (claims.issuer(), self.registration.issuer_template.as_deref());
                let is_eligible = |key: &Jwk| {
                    template.is_none() || key.issuer().is_none_or(|own| [issuer, template].contains(&Some(own)))
                };
                self.keys.verify(algorithm, kid, message, signature, is_eligible)?;
            }
            HeaderAlgorithm::Mac(_) => {
                let key = self.registration.hmac_key.as_ref();
                let verified = key.is_some_and(|key| key.verify(message, signature).is_ok());
                verified.then_some(()).ok_or(SignatureError::BadSignature(None))?;
            }
        }
        self.note(Rule::Signature, Outcome::Held)
    }

    /// Core section 2: 1 to 255 characters of ASCII.
    pub(crate) fn subject(&mut self) -> Kept {
        let subject = self.reading.required_words(ClaimName::Subject)?;
        if subject.chars().nth(255).is_some() {
            return refuse(ClaimName::Subject, ClaimFault::TooLong);
        }
        if !subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return refuse(ClaimName::Subject, ClaimFault::BadCharacter);
        }
        self.note(Rule::Subject, Outcome::Held)
    }

    /// Core section 3.1.3.7 rule 9, RFC 9068 section 4.
    pub(crate) fn expiry(&mut self) -> Result<NumericDate, Broken> {
        let expires_at = self.reading.required_date(ClaimName::Expiry)?;
        if self.reading.now >= expires_at.as_secs_f64() + self.reading.leeway {
            return Err(broken(ClaimName::Expiry, ClaimFault::Expired));
        }
        self.note(Rule::Expiry, Outcome::Held)?;
        Ok(expires_at)
    }

    /// RFC 7519 section 4.1.5.
    pub(crate) fn not_before(&mut self) -> Kept {
        match self.reading.optional_date(ClaimName::NotBefore)? {
            None => self.note(Rule::NotBefore, Outcome::Absent),
            Some(start) if start.as_secs_f64() > self.reading.now + self.reading.leeway => {
                refuse(ClaimName::NotBefore, ClaimFault::NotYetValid)
            }
            Some(_) => self.note(Rule::NotBefore, Outcome::Held),
        }
    }

    /// Core section 3.1.3.7 rule 10, RFC 9068 section 2.2.
    pub(crate) fn issued_at(&mut self) -> Result<NumericDate, Broken> {
        let issued_at = self.reading.required_date(ClaimName::IssuedAt)?;
        self.reading.check_past(ClaimName::IssuedAt, issued_at, self.registration.max_issued_age)?;
        self.note(Rule::IssuedAt, Outcome::Held)?;
        Ok(issued_at)
    }

    /// RFC 7519 section 4.1.7, required by RFC 9068 section 2.2 and Back-Channel Logout section 2.4.
    pub(crate) fn token_id(&mut self) -> Kept {
        self.reading.required_words(ClaimName::TokenId)?;
        self.note(Rule::TokenId, Outcome::Held)
    }

    /// Core section 3.1.3.7 rule 12, RFC 9470 section 6.2.
    pub(crate) fn authentication_context(&mut self, accepted: Option<&[String]>) -> Kept {
        let acr = self.reading.optional_text(ClaimName::AuthenticationContext)?;
        let Some(accepted) = accepted else { return self.note(Rule::AuthenticationContext, Outcome::NotAsked) };
        let acr = acr.ok_or(broken(ClaimName::AuthenticationContext, ClaimFault::Missing))?;
        if !accepted.iter().any(|accepted| accepted == acr) {
            return refuse(ClaimName::AuthenticationContext, ClaimFault::Mismatch);
        }
        self.note(Rule::AuthenticationContext, Outcome::Held)
    }

    /// Core section 3.1.3.7 rule 13, RFC 9470 section 6.2.
    pub(crate) fn auth_time(&mut self, max_age: Option<Duration>) -> Kept {
        let auth_time = self.reading.optional_date(ClaimName::AuthTime)?;
        let outcome = match (max_age, auth_time) {
            (Some(_), None) => return refuse(ClaimName::AuthTime, ClaimFault::Missing),
            (max_age, Some(auth_time)) => {
                self.reading.check_past(ClaimName::AuthTime, auth_time, max_age)?;
                if max_age.is_some() { Outcome::Held } else { Outcome::NotAsked }
            }
            (None, None) => Outcome::NotAsked,
        };
        self.note(Rule::AuthTime, outcome)
    }
}

/// Nothing that could be a part of a path or a host.
fn is_tenant(tenant: &str) -> bool {
    !tenant.is_empty() && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
