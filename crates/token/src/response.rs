//! Reading a response, up to the members of its document.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};
use std::time::Duration;

use crate::error::{FailedCheck, Malformed, Problem, Refusal, Unusable};
use crate::rules::Rules;
use crate::transport::LONGEST_WAIT;

mod members;

pub(crate) use members::Members;

/// The most octets of a body that are read, whatever the transport let through.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// A response, taken apart for reading.
pub(crate) struct Answer<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    body: &'a [u8],
    rules: Rules,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(response: &'a Response<impl AsRef<[u8]>>, rules: Rules) -> Self {
        Self { status: response.status(), headers: response.headers(), body: response.body().as_ref(), rules }
    }

    /// The members of a successful answer. Anything else is an error that says what came instead.
    pub(crate) fn success(&self) -> Result<Members<'a>, Unusable> {
        if !self.is_success() {
            return Err(self.failure());
        }
        let members = self.document()?;
        if members.has("error") {
            return Err(FailedCheck::ErrorWithSuccess(self.refusal(&members)?.into()).into());
        }
        Ok(members)
    }

    pub(crate) fn is_success(&self) -> bool {
        self.rules.is_success(self.status)
    }

    /// What an answer that is no success says.
    pub(crate) fn failure(&self) -> Unusable {
        if self.status.is_redirection() {
            return FailedCheck::Redirected { status: self.status.as_u16() }.into();
        }
        let page = || FailedCheck::UnexpectedStatus {
            status: self.status.as_u16(),
            bytes: self.body.len(),
            retry_after: self.retry_after(),
        };
        if !self.rules.carries_refusal(self.status) || self.check_media_type().is_err() {
            return page().into();
        }
        match self.document() {
            Ok(members) => self.refusal(&members).map_or_else(Unusable::from, Unusable::from),
            Err(unusable) => unusable,
        }
    }

    /// How long the server asks to wait. Only the number of seconds is read: a date would need a
    /// clock.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        let seconds = value.trim().bytes().try_fold(0_u64, |sum, octet| {
            let digit = char::from(octet).to_digit(10)?;
            Some(sum.saturating_mul(10).saturating_add(digit.into()))
        })?;
        (!value.trim().is_empty()).then(|| Duration::from_secs(seconds).min(LONGEST_WAIT))
    }

    fn document(&self) -> Result<Members<'a>, Unusable> {
        if self.body.len() > BODY_LIMIT {
            let problem = Problem::TooLong { limit: BODY_LIMIT };
            return Err(Malformed::new("body", problem, self.body.len()).into());
        }
        self.check_media_type()?;
        Ok(Members::parse(self.body)?)
    }

    fn check_media_type(&self) -> Result<(), FailedCheck> {
        let mut values = self.headers.get_all(CONTENT_TYPE).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let name =
            only.and_then(|value| value.to_str().ok()).and_then(|value| value.split(';').next()).unwrap_or_default();
        if self.rules.is_json(name.trim()) { Ok(()) } else { Err(FailedCheck::ContentType { bytes: self.body.len() }) }
    }

    /// The refusal that a document with `error` states.
    fn refusal(&self, members: &Members<'_>) -> Result<Refusal, Malformed> {
        let error = members.text("error")?.ok_or_else(|| Malformed::new("error", Problem::Missing, self.body.len()))?;
        if error.is_empty() {
            return Err(Malformed::new("error", Problem::Empty, 0));
        }
        // What goes with the error may be malformed without hiding it.
        let optional = |name| members.text(name).ok().flatten();
        Ok(Refusal::new(
            self.status.as_u16(),
            &error,
            optional("error_description").as_ref().map(|text| text.as_str()),
            optional("error_uri").as_ref().map(|text| text.as_str()),
            members.further(&["error", "error_description", "error_uri"]),
            self.retry_after(),
        ))
    }
}
