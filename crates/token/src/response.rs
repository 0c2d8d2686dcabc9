//! Reading a response, up to the members of its document.

use std::cell::OnceCell;
use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};
use proofkey_authorize::Deviation;
use zeroize::Zeroizing;

use crate::error::{FailedCheck, Malformed, Problem, Refusal, Unusable};
use crate::rules::{Form, Rules};
use crate::transport::LONGEST_WAIT;

mod members;
mod url_encoded;

pub(crate) use members::Members;

/// The most octets of a body that are read, whatever the transport let through.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// A response, taken apart for reading.
pub(crate) struct Answer<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    body: &'a [u8],
    rules: &'a Rules,
    /// The body as JSON, when it came in another form.
    rewritten: OnceCell<Zeroizing<String>>,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(response: &'a Response<impl AsRef<[u8]>>, rules: &'a Rules) -> Self {
        let (status, headers, body) = (response.status(), response.headers(), response.body().as_ref());
        Self { status, headers, body, rules, rewritten: OnceCell::new() }
    }

    /// The members of a successful answer. Anything else is an error that says what came instead.
    pub(crate) fn success(&self) -> Result<Members<'_>, Unusable> {
        if !self.is_success() {
            return Err(self.failure());
        }
        let members = self.document()?;
        if members.has("error") {
            // Asked first, so that the refusal lists it.
            let is_known = self.rules.goes_along(Deviation::ErrorWithSuccess);
            let refusal = self.refusal(&members)?;
            return Err(if is_known { refusal.into() } else { FailedCheck::ErrorWithSuccess(refusal).into() });
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
        let is_due = self.rules.carries_refusal(self.status);
        if !is_due && !self.rules.may_carry_refusal(self.status) || self.form().is_err() {
            return page().into();
        }
        let document = self.document();
        if !is_due {
            // A page of another kind is no worse for having this status.
            if !document.as_ref().is_ok_and(|members| self.states_refusal(members)) {
                return page().into();
            }
            self.rules.goes_along(Deviation::RefusalStatus);
        }
        match document {
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

    fn document(&self) -> Result<Members<'_>, Unusable> {
        if self.body.len() > BODY_LIMIT {
            let problem = Problem::TooLong { limit: BODY_LIMIT };
            return Err(Malformed::new("body", problem, self.body.len()).into());
        }
        match self.form()? {
            Form::Json => Ok(Members::parse(self.body)?),
            Form::UrlEncoded => {
                let json = url_encoded::to_json(self.body)?;
                Ok(Members::parse(self.rewritten.get_or_init(|| json).as_bytes())?)
            }
        }
    }

    fn form(&self) -> Result<Form, FailedCheck> {
        let mut values = self.headers.get_all(CONTENT_TYPE).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let name =
            only.and_then(|value| value.to_str().ok()).and_then(|value| value.split(';').next()).unwrap_or_default();
        self.rules.form_of(name.trim()).ok_or(FailedCheck::ContentType { bytes: self.body.len() })
    }

    /// Whether the document says `error`, by that name or by one that is allowed.
    fn states_refusal(&self, members: &Members<'_>) -> bool {
        members.has("error") || members.has("errorCode") && self.rules.goes_along(Deviation::ErrorCodeMember)
    }

    /// The refusal that a document with `error` states.
    fn refusal(&self, members: &Members<'_>) -> Result<Refusal, Malformed> {
        let has_own = !members.has("error") && members.has("errorCode");
        let names = if has_own && self.rules.goes_along(Deviation::ErrorCodeMember) {
            ["errorCode", "errorSummary", "errorLink"]
        } else {
            ["error", "error_description", "error_uri"]
        };
        let [error, description, uri] = names;
        let text = members.text(error)?.ok_or_else(|| Malformed::new("error", Problem::Missing, self.body.len()))?;
        if text.is_empty() {
            return Err(Malformed::new("error", Problem::Empty, 0));
        }
        // What goes with the error may be malformed without hiding it.
        let optional = |name| members.text(name).ok().flatten();
        let refusal = Refusal::new(
            self.status.as_u16(),
            &text,
            optional(description).as_deref(),
            optional(uri).as_deref(),
            members.further(&names),
            self.retry_after(),
        );
        Ok(refusal.listing(self.rules.used()))
    }
}
