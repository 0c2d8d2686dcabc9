//! What counts as an answer: the one place where strictness is decided.
//!
//! Every reader of a response asks here and nowhere else, so that each deviation is tolerated by
//! name, and is listed when it was needed.

use std::borrow::Cow;
use std::cell::Cell;

use http::StatusCode;
use proofkey_authorize::json_reader::Raw;
use proofkey_authorize::{Compat, Deviation, Deviations};
use serde_json::Value;

use crate::access_token_type::AccessTokenType;
use crate::error::FailedCheck;
use crate::shown::shown_without_secrets;

/// The rules for reading one response, and the deviations that it needed.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    compat: &'a Compat,
    /// Whether a token has to be bound to a key.
    is_bound: bool,
    used: Cell<Deviations>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(compat: &'a Compat) -> Self {
        Self { compat, is_bound: false, used: Cell::new(Deviations::NONE) }
    }

    /// The same for the response to a request with a DPoP proof.
    pub(crate) fn bound(self, is_bound: bool) -> Self {
        Self { is_bound, ..self }
    }

    /// The deviations that were needed up to now.
    pub(crate) fn used(&self) -> Deviations {
        self.used.get()
    }

    /// Whether this deviation is tolerated. If so it is listed: ask only when nothing else would do.
    pub(crate) fn tolerates(&self, deviation: Deviation) -> bool {
        let is_allowed = self.compat.allows(deviation);
        if is_allowed {
            self.used.set(self.used.get().with(deviation));
        }
        is_allowed
    }

    /// Which status is a success: 200 for most (RFC 6749 section 5.1).
    pub(crate) fn is_success(&self, status: StatusCode, expected: StatusCode) -> bool {
        status == expected || status.is_success() && self.tolerates(Deviation::SuccessStatus)
    }

    /// Whether a text is the address of an endpoint: https, or http where that is allowed.
    pub(crate) fn is_endpoint(&self, url: &str) -> bool {
        self.compat.endpoint(url).is_ok()
    }

    /// How a media type is to be read, by its name without parameters (RFC 6749 section 5.1).
    pub(crate) fn form_of(&self, media_type: &str) -> Option<Form> {
        if media_type.eq_ignore_ascii_case("application/json") {
            return Some(Form::Json);
        }
        let is_form = media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        if is_form && self.tolerates(Deviation::FormBody) {
            return Some(Form::UrlEncoded);
        }
        let is_named = self.compat.media_types().any(|named| named.eq_ignore_ascii_case(media_type));
        (is_named && self.tolerates(Deviation::MediaTypes)).then_some(Form::Json)
    }

    /// The type of the token, by its name; `None` when there is none (RFC 6749 sections 5.1 and 7.1, RFC 6750 section 4,
    /// RFC 9449 section 5). Where a token has to be bound, no deviation makes a bearer token of another.
    pub(crate) fn token_type(&self, name: Option<&str>) -> Result<AccessTokenType, FailedCheck> {
        let received = |name| shown_without_secrets(name, 128);
        match name {
            Some(name) if self.is_bound && name.eq_ignore_ascii_case("dpop") => Ok(AccessTokenType::Dpop),
            _ if self.is_bound => Err(FailedCheck::NotBound { received: name.map(received) }),
            Some(name) if name.eq_ignore_ascii_case("bearer") => Ok(AccessTokenType::Bearer),
            Some(name) => {
                let is_named = self.compat.token_type_names().any(|named| named.eq_ignore_ascii_case(name));
                let is_tolerated = is_named && self.tolerates(Deviation::TokenTypeNames);
                is_tolerated
                    .then_some(AccessTokenType::Bearer)
                    .ok_or_else(|| FailedCheck::TokenTypeUnknown { received: received(name) })
            }
            None => self
                .tolerates(Deviation::TokenTypeMissing)
                .then_some(AccessTokenType::Bearer)
                .ok_or(FailedCheck::TokenTypeMissing),
        }
    }

    /// `expires_in` in whole seconds. Digits only (RFC 6749 Appendix A.14): neither a string nor a
    /// fraction nor an exponent, unless that is allowed.
    pub(crate) fn seconds(&self, value: Raw<'_>) -> Option<u64> {
        match value.string() {
            Some(text) => self.number(&text).filter(|_| self.tolerates(Deviation::ExpiresInText)),
            None => self.number(value.as_str()),
        }
    }

    fn number(&self, text: &str) -> Option<u64> {
        if text.is_empty() {
            return None;
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            // What does not fit is too large.
            return Some(text.parse().unwrap_or(u64::MAX));
        }
        // JSON has fewer ways to write a number than Rust.
        let is_number = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
        let seconds: f64 = text.parse().ok().filter(|seconds: &f64| is_number && seconds.is_finite())?;
        // Truncated, and as large as can be when it does not fit.
        (text.starts_with(|c: char| c.is_ascii_digit()) && self.tolerates(Deviation::ExpiresInFraction))
            .then_some(seconds as u64)
    }

    /// The text of `scope`, with spaces between its tokens (RFC 6749 section 3.3).
    pub(crate) fn scope<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        let has_commas = text.bytes().any(|byte| byte == b',');
        if has_commas && self.tolerates(Deviation::ScopeCommas) { text.replace(',', " ").into() } else { text }
    }

    /// The text of a `scope` that is an array of tokens.
    pub(crate) fn scope_array(&self, value: Raw<'_>) -> Option<String> {
        let Value::Array(values) = value.value()? else { return None };
        let token =
            |value: &Value| value.as_str().filter(|token| !token.is_empty() && !token.contains(' ')).map(str::to_owned);
        let tokens = values.iter().map(token).collect::<Option<Vec<_>>>()?;
        self.tolerates(Deviation::ScopeArray).then(|| tokens.join(" "))
    }
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    UrlEncoded,
}
