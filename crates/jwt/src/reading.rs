//! The claims of a token with their types, at a time. A claim whose value is `null` is absent.

use std::time::{Duration, SystemTime};

use crate::claim_fault::{Broken, ClaimFault, ClaimName};
use crate::claims::Claims;
use crate::header::Header;
use crate::numeric_date::{self, NumericDate};
use crate::shown::shown;
use crate::value::Value;

/// What a rule reads.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) claims: &'a Claims,
    pub(crate) now: f64,
    pub(crate) leeway: f64,
}

/// The outcome of a rule that has nothing to say when it holds.
pub(crate) type Kept = Result<(), Broken>;

impl<'a> Reading<'a> {
    pub(crate) fn new(claims: &'a Claims, now: SystemTime, leeway: Duration) -> Self {
        Self { claims, now: numeric_date::seconds(now), leeway: leeway.as_secs_f64() }
    }

    /// The header's `typ`, unless it is one of `accepted`: media types, without `application/`.
    pub(crate) fn token_type(self, header: &Header, accepted: &[&str]) -> Result<Option<&'a str>, Broken> {
        match header.typ.and_then(|node| self.claims.json().text(node)) {
            Some(typ) if !accepted.iter().any(|name| is_media_type(typ, name)) => {
                Err(Broken::TokenType(Some(shown(typ))))
            }
            typ => Ok(typ),
        }
    }

    /// Whether the token has the claim.
    pub(crate) fn has(self, claim: ClaimName) -> bool {
        self.claims.present(claim.as_str()).is_some()
    }

    pub(crate) fn required(self, claim: ClaimName) -> Result<Value<'a>, Broken> {
        self.claims.present(claim.as_str()).ok_or(broken(claim, ClaimFault::Missing))
    }

    pub(crate) fn required_text(self, claim: ClaimName) -> Result<&'a str, Broken> {
        self.required(claim)?.as_str().ok_or(broken(claim, ClaimFault::WrongType))
    }

    /// A non-empty string.
    pub(crate) fn required_words(self, claim: ClaimName) -> Result<&'a str, Broken> {
        let text = self.required_text(claim)?;
        if text.is_empty() { Err(broken(claim, ClaimFault::Empty)) } else { Ok(text) }
    }

    pub(crate) fn optional_text(self, claim: ClaimName) -> Result<Option<&'a str>, Broken> {
        if self.has(claim) { self.required_text(claim).map(Some) } else { Ok(None) }
    }

    pub(crate) fn required_date(self, claim: ClaimName) -> Result<NumericDate, Broken> {
        let seconds = self.required(claim)?.as_f64().ok_or(broken(claim, ClaimFault::WrongType))?;
        NumericDate::new(seconds).ok_or(broken(claim, ClaimFault::OutOfRange))
    }

    pub(crate) fn optional_date(self, claim: ClaimName) -> Result<Option<NumericDate>, Broken> {
        if self.has(claim) { self.required_date(claim).map(Some) } else { Ok(None) }
    }

    /// The date is that of a past event, and not longer ago than `limit`.
    pub(crate) fn check_past(self, claim: ClaimName, date: NumericDate, limit: Option<Duration>) -> Kept {
        let date = date.as_secs_f64();
        if date > self.now + self.leeway {
            return refuse(claim, ClaimFault::InTheFuture);
        }
        if limit.is_some_and(|limit| self.now > date + limit.as_secs_f64() + self.leeway) {
            return refuse(claim, ClaimFault::TooOld);
        }
        Ok(())
    }
}

/// A media type in any case, with `application/` left out or not (RFC 7515 section 4.1.9).
pub(crate) fn is_media_type(typ: &str, name: &str) -> bool {
    const PREFIX: &str = "application/";
    let has_prefix = typ.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    let subtype = if has_prefix { typ.get(PREFIX.len()..).unwrap_or_default() } else { typ };
    subtype.eq_ignore_ascii_case(name)
}

pub(crate) fn broken(claim: ClaimName, fault: ClaimFault) -> Broken {
    Broken::Claim(claim, fault, None)
}

pub(crate) fn refuse(claim: ClaimName, fault: ClaimFault) -> Kept {
    Err(broken(claim, fault))
}
