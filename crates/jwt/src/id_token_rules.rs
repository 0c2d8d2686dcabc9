//! The rules that only ID tokens have, one function a rule.

use crate::algorithm::Hash;
use crate::check::{Outcome, Rule};
use crate::claim_fault::{Broken, ClaimFault, ClaimName};
use crate::expected::{Expected, Nonce};
use crate::hash;
use crate::header::Header;
use crate::numeric_date::NumericDate;
use crate::reading::{Kept, refuse};
use crate::relying_party::RelyingParty;
use crate::rules::Rules;
use crate::secret::Secret;
use crate::shown::shown_list;

impl Rules<'_> {
    /// RFC 8725 section 3.11: at+jwt, dpop+jwt, logout+jwt, secevent+jwt and any other kind are no ID tokens.
    pub(crate) fn generic_type(&mut self, header: &Header) -> Kept {
        let typ = self.reading.token_type(header, &["JWT"])?;
        self.note(Rule::TokenType, if typ.is_some() { Outcome::Held } else { Outcome::Absent })
    }

    /// Rule 3: the client is an audience, and every other audience is trusted.
    pub(crate) fn client_audience(&mut self, party: &RelyingParty) -> Kept {
        self.has_audience(std::slice::from_ref(&party.client_id))?;
        let mut strangers = self.reading.claims.audience().filter(|audience| !party.trusts_audience(audience));
        if let Some(stranger) = strangers.next() {
            let trusted = party.trusted_audiences.iter().map(String::as_str);
            let expected = shown_list([party.client_id.as_str()].into_iter().chain(trusted));
            return Err(Broken::compared(ClaimName::Audience, ClaimFault::Untrusted, &expected, stranger));
        }
        self.note(Rule::Audience, Outcome::Held)
    }

    /// Rules 4 and 5. Errata set 2 leaves `azp` to extensions and its comparison to the client. One that is there must
    /// name this client or one that it trusts. None is demanded: every audience is trusted already.
    pub(crate) fn authorized_party(&mut self, party: &RelyingParty) -> Kept {
        let Some(named) = self.reading.optional_text(ClaimName::AuthorizedParty)? else {
            return self.note(Rule::AuthorizedParty, Outcome::Absent);
        };
        let (client_id, trusted) = (&party.client_id, &party.trusted_parties);
        if named == client_id {
            return self.note(Rule::AuthorizedParty, Outcome::Held);
        }
        if trusted.iter().any(|trusted| trusted == named) {
            return self.note(Rule::AuthorizedParty, Outcome::HeldByTrust);
        }
        let expected = shown_list([client_id].into_iter().chain(trusted).map(String::as_str));
        Err(Broken::compared(ClaimName::AuthorizedParty, ClaimFault::Mismatch, &expected, named))
    }

    /// Rule 11.
    pub(crate) fn nonce(&mut self, party: &RelyingParty, expected: &Expected) -> Kept {
        let nonce = self.reading.optional_text(ClaimName::Nonce)?;
        let outcome = match (&expected.nonce, nonce) {
            (Nonce::Any, _) | (Nonce::None, None) => Outcome::NotAsked,
            (Nonce::None, Some(_)) => return refuse(ClaimName::Nonce, ClaimFault::Unasked),
            (Nonce::Sent(_), None) if party.nonce_not_returned => Outcome::NotReturned,
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

    /// Section 3.1.3.8.
    pub(crate) fn access_token_hash(&mut self, header: &Header, expected: &Expected) -> Kept {
        let hashed = Hashed {
            of: expected.access_token.as_ref(),
            by: header.algorithm.hash(),
            is_required: expected.front_channel,
        };
        self.hash(Rule::AccessTokenHash, ClaimName::AccessTokenHash, hashed)
    }

    /// Section 3.3.2.10.
    pub(crate) fn code_hash(&mut self, header: &Header, expected: &Expected) -> Kept {
        let hashed =
            Hashed { of: expected.code.as_ref(), by: header.algorithm.hash(), is_required: expected.front_channel };
        self.hash(Rule::CodeHash, ClaimName::CodeHash, hashed)
    }

    /// Core section 12.2, less what the rules above have compared already.
    pub(crate) fn refresh(&mut self, party: &RelyingParty, expected: &Expected) -> Kept {
        let Some(before) = &expected.before else {
            return self.note(Rule::Refresh, Outcome::NotAsked);
        };
        // Of many tenants, it is still the same one. An alias is another name for the same issuer.
        let issuer = self.reading.claims.issuer().unwrap_or_default();
        if party.registration.issuer_template.is_some() && issuer != before.issuer {
            return Err(Broken::compared(ClaimName::Issuer, ClaimFault::Mismatch, &before.issuer, issuer));
        }
        if !self.reading.claims.subject().is_some_and(|subject| before.subject.matches(subject)) {
            return refuse(ClaimName::Subject, ClaimFault::Mismatch);
        }
        if !before.audience.iter().all(|audience| self.reading.claims.audience().any(|ours| ours == audience)) {
            let (expected, received) =
                (shown_list(before.audience.iter().map(String::as_str)), shown_list(self.reading.claims.audience()));
            return Err(Broken::compared(ClaimName::Audience, ClaimFault::Mismatch, &expected, &received));
        }
        if self.reading.claims.issued_at().is_some_and(|issued_at| issued_at.as_secs_f64() < before.issued_at) {
            return refuse(ClaimName::IssuedAt, ClaimFault::TooOld);
        }
        let named = self.reading.claims.authorized_party();
        if named != before.authorized_party.as_deref() {
            let text = |party: Option<&str>| party.unwrap_or("none").to_owned();
            let (expected, received) = (text(before.authorized_party.as_deref()), text(named));
            return Err(Broken::compared(ClaimName::AuthorizedParty, ClaimFault::Mismatch, &expected, &received));
        }
        let auth_time = self.reading.claims.auth_time().map(NumericDate::as_secs_f64);
        let outcome = match (before.auth_time, auth_time) {
            (Some(before), Some(now)) if before == now => Outcome::Held,
            (Some(_), Some(_)) if party.auth_time_changed => Outcome::AuthTimeChanged,
            (Some(_), Some(_)) => return refuse(ClaimName::AuthTime, ClaimFault::Mismatch),
            _ => Outcome::Held,
        };
        self.note(Rule::Refresh, outcome)
    }

    /// OpenID Connect Core section 5.3.2: what a signed userinfo response is about.
    pub(crate) fn same_subject(&mut self, subject: &str) -> Kept {
        if self.reading.required_text(ClaimName::Subject)? != subject {
            return refuse(ClaimName::Subject, ClaimFault::Mismatch);
        }
        self.note(Rule::Subject, Outcome::Held)
    }

    fn hash(&mut self, rule: Rule, claim: ClaimName, hashed: Hashed<'_>) -> Kept {
        let hash = self.reading.optional_text(claim)?;
        let outcome = match (hashed.of, hash) {
            (None, _) => Outcome::NotAsked,
            (Some(_), None) if hashed.is_required => return refuse(claim, ClaimFault::Missing),
            (Some(_), None) => Outcome::Absent,
            (Some(of), Some(hash)) => {
                let digest = self.keys.digest(hashed.by, of.as_bytes());
                if hash != hash::left_half(&digest) {
                    return refuse(claim, ClaimFault::Mismatch);
                }
                Outcome::Held
            }
        };
        self.note(rule, outcome)
    }
}

/// What a hash in the token is of, and whether the token must have it.
struct Hashed<'a> {
    of: Option<&'a Secret>,
    by: Hash,
    is_required: bool,
}
