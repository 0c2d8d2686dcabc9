//! Reading a response, up to the members of its document.

use std::cell::OnceCell;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Response, StatusCode};
use proofkey_authorize::{Deviation, content_encoding, media_type};
use zeroize::Zeroizing;

use crate::error::{
    ErrorResponse, FailedCheck, Malformed, MalformedKind, ReceivedTokens, ResponseError, ResponseErrorKind,
};
use crate::rules::{Form, Rules};
use crate::secret::{AccessToken, IdTokenText, RefreshToken};
use crate::shown::{shown, shown_without_secrets};

mod members;
mod url_encoded;

pub(crate) use members::Members;
pub(crate) use url_encoded::push_string;

/// Maximum size of a body, in bytes, whatever the transport let through.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// A response, taken apart for reading.
pub(crate) struct Answer<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    rules: &'a Rules<'a>,
    /// The body as JSON, when it came as a form.
    rewritten: OnceCell<Zeroizing<String>>,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(response: &'a Response<impl AsRef<[u8]>>, rules: &'a Rules<'a>) -> Self {
        let (status, headers, body) = (response.status(), response.headers(), response.body().as_ref());
        Self { status, headers, body, rules, rewritten: OnceCell::new() }
    }

    /// The members of a successful response, or what came instead of one.
    pub(crate) fn success(&self) -> Result<Members<'_>, ResponseErrorKind> {
        self.success_as(StatusCode::OK)
    }

    /// The same for an endpoint whose success has another status than 200.
    pub(crate) fn success_as(&self, expected: StatusCode) -> Result<Members<'_>, ResponseErrorKind> {
        if !self.rules.is_success(self.status, expected) {
            return Err(self.failure());
        }
        let members = self.document(self.form()?)?;
        if members.has("error") {
            // Asked first, so that the error document lists it.
            let is_known = self.rules.tolerates(Deviation::ErrorWithSuccess);
            let error = self.error_response(&members)?;
            return Err(if is_known { error.into() } else { FailedCheck::ErrorWithSuccess(error).into() });
        }
        Ok(members)
    }

    /// What a response says that is not a success. An error document is read whatever the status and
    /// the media type: there are no tokens either way.
    pub(crate) fn failure(&self) -> ResponseErrorKind {
        if self.status.is_redirection() {
            return FailedCheck::Redirected { status: self.status.as_u16() }.into();
        }
        // With these an error document is due (RFC 6749 section 5.2).
        let is_due = matches!(self.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
        let form = self.form();
        let is_labelled = form.is_ok();
        let failure = match self.document(form.unwrap_or(Form::Json)) {
            Ok(members) => {
                let is_stated = members.has("error") || members.has("errorCode");
                match self.error_response(&members) {
                    Ok(error) if is_due => return error.into(),
                    Ok(error) => {
                        self.rules.tolerates(Deviation::RefusalStatus);
                        return error.listing(self.rules.used()).into();
                    }
                    Err(malformed) if is_due && (is_labelled || is_stated) => return malformed.into(),
                    Err(_) => None,
                }
            }
            Err(failure @ ResponseErrorKind::Check(_)) => Some(failure),
            Err(failure) => (is_due && is_labelled).then_some(failure),
        };
        failure.unwrap_or_else(|| {
            let (status, length) = (self.status.as_u16(), self.body.len());
            FailedCheck::UnexpectedStatus { status, length, retry_after: self.retry_after() }.into()
        })
    }

    /// The error for `kind`, with what there is to see of the response.
    pub(crate) fn error(&self, kind: impl Into<ResponseErrorKind>) -> ResponseError {
        ResponseError::new(kind.into(), self.status.as_u16(), self.excerpt(), self.tokens())
    }

    /// How long the server asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        proofkey_authorize::retry_after(self.headers)
    }

    /// The media type, without its parameters, when it is stated once.
    pub(crate) fn media_type(&self) -> &str {
        media_type(self.headers)
    }

    /// The failure of a success that has another media type than `expected`.
    pub(crate) fn wrong_media_type(&self, expected: &'static str) -> FailedCheck {
        let received = self.only(CONTENT_TYPE).map(|value| shown_without_secrets(value, 128));
        FailedCheck::ContentType { expected, received, length: self.body.len() }
    }

    fn only(&self, name: HeaderName) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())?.to_str().ok()
    }

    fn form(&self) -> Result<Form, FailedCheck> {
        self.rules.form_of(self.media_type()).ok_or_else(|| self.wrong_media_type("application/json"))
    }

    fn document(&self, form: Form) -> Result<Members<'_>, ResponseErrorKind> {
        if self.body.len() > BODY_LIMIT {
            return Err(Malformed::new("body", MalformedKind::TooLong { limit: BODY_LIMIT }, self.body.len()).into());
        }
        let read = match form {
            Form::Json => Members::parse(self.body),
            Form::UrlEncoded => url_encoded::to_json(self.body)
                .and_then(|json| Members::parse(self.rewritten.get_or_init(|| json).as_bytes())),
        };
        read.and_then(Members::each_once).map_err(|malformed| match content_encoding(self.headers) {
            Some(value) if malformed.field() == "body" => {
                FailedCheck::ContentEncoding { received: shown_without_secrets(value, 128) }.into()
            }
            _ => malformed.into(),
        })
    }

    /// The refusal that a document with `error` states.
    fn error_response(&self, members: &Members<'_>) -> Result<ErrorResponse, Malformed> {
        let has_own = !members.has("error") && members.has("errorCode");
        let names = if has_own && self.rules.tolerates(Deviation::ErrorCodeMember) {
            ["errorCode", "errorSummary", "errorLink"]
        } else {
            ["error", "error_description", "error_uri"]
        };
        let [error, description, uri] = names;
        let malformed = |kind, length| Malformed::new("error", kind, length);
        let text = members.word(error)?.ok_or_else(|| malformed(MalformedKind::Missing, self.body.len()))?;
        if text.is_empty() {
            return Err(malformed(MalformedKind::Empty, 0));
        }
        // What goes with the error may be malformed without hiding it.
        let optional = |name| members.word(name).ok().flatten();
        let error = ErrorResponse::new(
            self.status.as_u16(),
            &text,
            optional(description).as_deref(),
            optional(uri).as_deref(),
            members.further(&names),
            self.retry_after(),
        );
        Ok(error.listing(self.rules.used()))
    }

    /// The tokens in a response that is refused: the server may have given them up for these.
    fn tokens(&self) -> ReceivedTokens {
        let as_form = || url_encoded::to_json(self.body).ok().map(|json| self.rewritten.get_or_init(|| json));
        if self.body.len() > BODY_LIMIT {
            return ReceivedTokens::default();
        }
        let members = Members::parse(self.body).or_else(|malformed| match as_form() {
            Some(json) => Members::parse(json.as_bytes()),
            None => Err(malformed),
        });
        let Ok(members) = members else { return ReceivedTokens::default() };
        let text = |name| members.text(name).ok().flatten().filter(|text| !text.is_empty());
        ReceivedTokens {
            access_token: text("access_token").and_then(|text| AccessToken::from_text(text).ok()),
            refresh_token: text("refresh_token").and_then(|text| RefreshToken::from_text(text).ok()),
            id_token: text("id_token").map(IdTokenText::new),
        }
    }

    fn excerpt(&self) -> Option<String> {
        const LENGTH: usize = 512;
        let text = String::from_utf8_lossy(self.body.get(..4 * LENGTH).unwrap_or(self.body));
        let text = shown(&text.replace(['\r', '\n', '\t'], " "), LENGTH);
        let has_token = text.contains("_token\"") || text.contains("_token=");
        let mentions_token = self.status.is_success() && text.to_ascii_lowercase().contains("token");
        (!text.is_empty() && !has_token && !mentions_token).then_some(text)
    }
}
