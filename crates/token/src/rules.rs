//! What counts as an answer: the one place where strictness is decided.
//!
//! Every reader of a response asks here and nowhere else, so that whatever is allowed is allowed by
//! name, and is noted when it was needed.

use std::borrow::Cow;
use std::cell::Cell;

use http::StatusCode;
use proofkey_authorize::{Deviation, Deviations};

/// The rules for reading one response, and what of their leniency it needed.
#[derive(Debug)]
pub(crate) struct Rules {
    allowed: Deviations,
    used: Cell<Deviations>,
}

impl Rules {
    /// What the specifications say, and nothing beside it.
    pub(crate) fn strict() -> Self {
        Self::allowing(Deviations::NONE)
    }

    /// What the specifications say, and what is allowed besides.
    pub(crate) fn allowing(allowed: Deviations) -> Self {
        Self { allowed, used: Cell::new(Deviations::NONE) }
    }

    /// The same for a response whose success has no place where a leniency could be listed: what is
    /// allowed is to be understood when the server refuses.
    pub(crate) fn of_refusals(allowed: Deviations) -> Self {
        const OF_REFUSALS: [Deviation; 3] = [Deviation::FormBody, Deviation::ErrorCodeMember, Deviation::RefusalStatus];
        Self::allowing(OF_REFUSALS.into_iter().filter(|deviation| allowed.contains(*deviation)).collect())
    }

    /// What was needed up to now.
    pub(crate) fn used(&self) -> Deviations {
        self.used.get()
    }

    /// Whether this may be gone along with. If so, it is: ask only when nothing else would do.
    pub(crate) fn goes_along(&self, deviation: Deviation) -> bool {
        let allowed = self.allowed.contains(deviation);
        if allowed {
            self.used.set(self.used.get().with(deviation));
        }
        allowed
    }

    /// Which status is a success (RFC 6749 section 5.1).
    pub(crate) fn is_success(&self, status: StatusCode) -> bool {
        status == StatusCode::OK || status.is_success() && self.goes_along(Deviation::SuccessStatus)
    }

    /// With which status an error document is due (RFC 6749 section 5.2).
    pub(crate) fn carries_refusal(&self, status: StatusCode) -> bool {
        matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED)
    }

    /// With which further status there may be one.
    pub(crate) fn may_carry_refusal(&self, status: StatusCode) -> bool {
        let odd = matches!(status, StatusCode::FORBIDDEN | StatusCode::PRECONDITION_REQUIRED);
        odd && self.allowed.contains(Deviation::RefusalStatus)
    }

    /// How a media type is to be read, by its name without parameters (RFC 6749 section 5.1).
    pub(crate) fn form_of(&self, media_type: &str) -> Option<Form> {
        if media_type.eq_ignore_ascii_case("application/json") {
            return Some(Form::Json);
        }
        let is_form = media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        (is_form && self.goes_along(Deviation::FormBody)).then_some(Form::UrlEncoded)
    }

    /// Which `token_type` is a bearer token; `None` when there is none (RFC 6749 sections 5.1 and
    /// 7.1, RFC 6750 section 4).
    pub(crate) fn is_bearer(&self, token_type: Option<&str>) -> bool {
        match token_type {
            Some(name) => name.eq_ignore_ascii_case("bearer"),
            None => self.goes_along(Deviation::TokenTypeMissing),
        }
    }

    /// `expires_in` out of the JSON text of its value, in whole seconds. Digits only (RFC 6749
    /// Appendix A.14): neither a string nor a fraction nor an exponent, unless that is allowed.
    pub(crate) fn seconds(&self, json: &str) -> Option<u64> {
        if json.starts_with('"') {
            let text: String = serde_json::from_str(json).ok()?;
            return self.number(&text).filter(|_| self.goes_along(Deviation::ExpiresInText));
        }
        self.number(json)
    }

    fn number(&self, text: &str) -> Option<u64> {
        if text.is_empty() {
            return None;
        }
        if text.bytes().all(|octet| octet.is_ascii_digit()) {
            // What does not fit is too large.
            return Some(text.parse().unwrap_or(u64::MAX));
        }
        let fraction: f64 = serde_json::from_str(text).ok()?;
        // Cut off, and as large as can be when it does not fit.
        (!text.starts_with('-') && self.goes_along(Deviation::ExpiresInFraction)).then_some(fraction as u64)
    }

    /// The text of `scope` as the grammar wants it: tokens with one space between them (RFC 6749
    /// section 3.3).
    pub(crate) fn scope<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.contains(',') && self.goes_along(Deviation::ScopeCommas) {
            let tokens: Vec<_> = text.split([',', ' ']).filter(|token| !token.is_empty()).collect();
            return tokens.join(" ").into();
        }
        text.into()
    }

    /// The text of a `scope` that is an array of tokens.
    pub(crate) fn scope_array(&self, json: &str) -> Option<String> {
        if !json.starts_with('[') {
            return None;
        }
        let tokens: Vec<String> = serde_json::from_str(json).ok()?;
        let are_tokens = tokens.iter().all(|token| !token.is_empty() && !token.contains(' '));
        (are_tokens && self.goes_along(Deviation::ScopeArray)).then(|| tokens.join(" "))
    }
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    UrlEncoded,
}
