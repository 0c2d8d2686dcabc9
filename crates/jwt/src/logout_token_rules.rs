//! The rules that only logout tokens have (OpenID Connect Back-Channel Logout 1.0 section 2.6), one function a rule.

use crate::check::{Outcome, Rule};
use crate::claim_fault::{ClaimFault, ClaimName};
use crate::header::Header;
use crate::reading::{Kept, broken, refuse};
use crate::rules::Rules;

/// The member of `events` that announces a logout.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";

impl Rules<'_> {
    /// Section 2.4: logout+jwt is recommended, so none and the generic type are left. The rules below keep an ID token out.
    pub(crate) fn logout_token_type(&mut self, header: &Header) -> Kept {
        let typ = self.reading.token_type(header, &["logout+jwt", "JWT"])?;
        self.note(Rule::TokenType, if typ.is_some() { Outcome::Held } else { Outcome::Absent })
    }

    /// Rule 5: who is logged out, everywhere or of one session.
    pub(crate) fn logged_out(&mut self) -> Kept {
        let has_subject = self.reading.has(ClaimName::Subject);
        if has_subject {
            self.subject()?;
        } else {
            self.note(Rule::Subject, Outcome::Absent)?;
        }
        if has_subject && !self.reading.has(ClaimName::Session) {
            return self.note(Rule::Session, Outcome::Absent);
        }
        self.reading.required_words(ClaimName::Session)?;
        self.note(Rule::Session, Outcome::Held)
    }

    /// Rule 6.
    pub(crate) fn events(&mut self) -> Kept {
        let claim = ClaimName::Events;
        let events = self.reading.required(claim)?;
        if events.members().is_none() {
            return refuse(claim, ClaimFault::WrongType);
        }
        let logout = events.get(LOGOUT).ok_or(broken(claim, ClaimFault::Mismatch))?;
        if logout.members().is_none() {
            return refuse(claim, ClaimFault::WrongType);
        }
        self.note(Rule::Events, Outcome::Held)
    }

    /// A logout token may have the type of an ID token, so the event tells the two apart (RFC 8725 section 3.12).
    pub(crate) fn no_logout_event(&mut self) -> Kept {
        let events = self.reading.claims.get(ClaimName::Events.as_str());
        match events.and_then(|events| events.get(LOGOUT)) {
            Some(_) => refuse(ClaimName::Events, ClaimFault::Forbidden),
            None => Ok(()),
        }
    }

    /// Rule 7: whatever its value is.
    pub(crate) fn no_nonce(&mut self) -> Kept {
        if self.reading.claims.get(ClaimName::Nonce.as_str()).is_some() {
            return refuse(ClaimName::Nonce, ClaimFault::Forbidden);
        }
        self.note(Rule::Nonce, Outcome::Held)
    }
}
