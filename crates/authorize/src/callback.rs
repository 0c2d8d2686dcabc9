use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use crate::form;
use crate::{Pending, RedirectUri};

/// The most octets of a callback that are read. A code of 4 KiB fits many times; 64 KiB of anything do not.
const MAX_CALLBACK: usize = 32 * 1024;

/// The whole way, ending with the code.
pub(crate) fn accept(pending: &Pending, callback: &str, now: SystemTime) -> Result<String, CallbackError> {
    let parameters = belonging(pending, callback, now)?;
    match parameters.iss {
        None if pending.terms.iss_required => return Err(CallbackError::IssMissing),
        Some(iss) if iss != pending.terms.issuer.as_str() => return Err(CallbackError::IssMismatch),
        _ => {}
    }
    if let Some(error) = parameters.error {
        return Err(CallbackError::Refused(AuthorizationErrorResponse {
            error: permitted(&error, 128),
            description: parameters.error_description.map(|text| permitted(&text, 1024)),
            uri: parameters.error_uri.map(|text| permitted(&text, 1024)),
        }));
    }
    parameters.code.map(Cow::into_owned).ok_or(CallbackError::CodeMissing)
}

/// The way up to `state`: what every callback of this login passes, good news or bad.
pub(crate) fn belonging<'a>(
    pending: &'a Pending,
    callback: &'a str,
    now: SystemTime,
) -> Result<Parameters<'a>, CallbackError> {
    if callback.len() > MAX_CALLBACK {
        return Err(CallbackError::TooLarge { len: callback.len() });
    }
    let parameters = Parameters::parse(form_of(callback, &pending.terms.redirect_uri)?, pending.terms.issuer.as_str())?;
    if pending.is_expired(now) {
        return Err(CallbackError::Expired);
    }
    match &parameters.state {
        None => Err(CallbackError::StateMissing),
        Some(state) if !pending.state.matches(state) => Err(CallbackError::StateMismatch),
        Some(_) => Ok(parameters),
    }
}

/// The parameters of a callback, whichever of the three shapes it has.
fn form_of<'a>(callback: &'a str, redirect_uri: &RedirectUri) -> Result<&'a str, CallbackError> {
    if !is_url(callback) {
        return Ok(callback.strip_prefix('?').unwrap_or(callback));
    }
    // A fragment never reaches a server; in a URL that a person pasted it says nothing.
    let url = callback.split_once('#').map_or(callback, |(url, _)| url);
    let behind = url.strip_prefix(redirect_uri.as_str()).ok_or(CallbackError::AddressMismatch)?;
    // A query of the redirect URI's own is kept by the server, and the answer follows behind a `&`.
    let separator = if redirect_uri.as_str().contains('?') { '&' } else { '?' };
    match behind.strip_prefix(separator) {
        Some(form) => Ok(form),
        None if behind.is_empty() => Ok(behind),
        None => Err(CallbackError::AddressMismatch),
    }
}

/// A scheme and a colon. No parameter name of a callback holds a colon, so a form never looks like this.
fn is_url(callback: &str) -> bool {
    let end = callback.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
    end.is_some_and(|end| end > 0 && callback[end..].starts_with(':'))
}

pub(crate) struct Parameters<'a> {
    pub(crate) state: Option<Cow<'a, str>>,
    iss: Option<Cow<'a, str>>,
    code: Option<Cow<'a, str>>,
    error: Option<Cow<'a, str>>,
    error_description: Option<Cow<'a, str>>,
    error_uri: Option<Cow<'a, str>>,
}

const NAMES: [&str; 6] = ["state", "iss", "code", "error", "error_description", "error_uri"];

impl<'a> Parameters<'a> {
    /// Reads the parameters that this crate knows. Others are ignored (RFC 6749 section 4.1.2), repeated or not:
    /// nobody acts on them. An `iss` that is `issuer` is borrowed from there.
    fn parse(form: &'a str, issuer: &'a str) -> Result<Self, CallbackError> {
        let place = |name: &str| NAMES.iter().position(|known| *known == name);
        let mut values: [Option<Cow<'a, str>>; NAMES.len()] = Default::default();
        for (name, value) in form::raw_pairs(form) {
            let at = match place(name) {
                None => place(&form::decode(name).map_err(|_| CallbackError::BadEncoding { parameter: None })?),
                known => known,
            };
            let Some(at) = at else { continue };
            let parameter = NAMES[at];
            if values[at].is_some() {
                return Err(CallbackError::Repeated { parameter });
            }
            let value = if parameter == "iss" && form::decodes_to(value, issuer) {
                issuer.into()
            } else if form::is_plain(value) {
                value.into()
            } else {
                let bad = CallbackError::BadEncoding { parameter: Some(parameter) };
                let Ok(decoded) = form::decode(value) else { return Err(bad) };
                // What the server says in words is cleaned later; in these three a control character has no place.
                if matches!(parameter, "state" | "iss" | "code")
                    && decoded.bytes().any(|octet| octet.is_ascii_control())
                {
                    return Err(bad);
                }
                decoded
            };
            values[at] = Some(value);
        }
        // A parameter without a value counts as omitted (RFC 6749 section 3.1).
        let [state, iss, code, error, error_description, error_uri] =
            values.map(|value| value.filter(|value| !value.is_empty()));
        Ok(Self { state, iss, code, error, error_description, error_uri })
    }
}

/// Keeps the characters that RFC 6749 section 4.1.2.1 permits and puts a `?` for any other, up to `most` characters.
fn permitted(text: &str, most: usize) -> String {
    let permitted = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.chars().take(most).map(|c| if permitted(c) { c } else { '?' }).collect()
}

/// The authorization server's answer that there is no code (RFC 6749 section 4.1.2.1, OpenID Connect Core section
/// 3.1.2.6), after `state` and `iss` matched.
///
/// The texts hold printable ASCII only, bounded in length. They are the server's words: escape them before they go
/// into a page, where `<` is as permitted as any other character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationErrorResponse {
    error: String,
    description: Option<String>,
    uri: Option<String>,
}

impl AuthorizationErrorResponse {
    /// The error code, such as `access_denied` or `login_required`; at most 128 characters.
    pub fn error(&self) -> &str {
        &self.error
    }

    /// `error_description`, for a developer; at most 1024 characters.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// `error_uri`, a page about the error, not checked; at most 1024 characters.
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }
}

/// Why a callback gives no code. No request was made, and none must be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackError {
    /// The callback has more than 32 KiB.
    TooLarge {
        /// Its size in octets.
        len: usize,
    },
    /// The callback is a whole URL and arrived at another address than the redirect URI (RFC 8252 section 8.10).
    AddressMismatch,
    /// A broken `%` escape, octets that are not UTF-8, or a control character.
    BadEncoding {
        /// In the value of this parameter; `None` for a name.
        parameter: Option<&'static str>,
    },
    /// A parameter stands more than once (RFC 6749 section 3.1).
    Repeated {
        /// Which one.
        parameter: &'static str,
    },
    /// The login began too long ago.
    Expired,
    /// There is no `state`, or an empty one.
    StateMissing,
    /// `state` is not this login's (RFC 6749 section 10.12).
    StateMismatch,
    /// The server announces `iss` on every callback and there is none (RFC 9207 section 2.4).
    IssMissing,
    /// `iss` is not the issuer that was asked (RFC 9207 section 2.4): the mix-up attack, or a server that names
    /// itself differently from its metadata.
    IssMismatch,
    /// The server says that there is no code.
    Refused(AuthorizationErrorResponse),
    /// There is neither `error` nor `code`.
    CodeMissing,
}

impl CallbackError {
    /// A stable name, `callback_` and the check that failed, such as `callback_state_mismatch`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "callback_too_large",
            Self::AddressMismatch => "callback_address_mismatch",
            Self::BadEncoding { .. } => "callback_bad_encoding",
            Self::Repeated { .. } => "callback_repeated_parameter",
            Self::Expired => "callback_expired",
            Self::StateMissing => "callback_state_missing",
            Self::StateMismatch => "callback_state_mismatch",
            Self::IssMissing => "callback_iss_missing",
            Self::IssMismatch => "callback_iss_mismatch",
            Self::Refused(_) => "callback_refused",
            Self::CodeMissing => "callback_code_missing",
        }
    }

    /// Whether the callback did not show that it belongs to this login: anybody can send such a one, so it must not
    /// end the login of a person who is still at the authorization server.
    pub fn is_unrelated(&self) -> bool {
        !matches!(self, Self::Expired | Self::IssMissing | Self::IssMismatch | Self::Refused(_) | Self::CodeMissing)
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("callback: ")?;
        match self {
            Self::TooLarge { len } => write!(f, "it has {len} octets; at most {MAX_CALLBACK} are read"),
            Self::AddressMismatch => f.write_str("it arrived at another address than the redirect URI"),
            Self::BadEncoding { parameter: Some(name) } => write!(f, "the value of {name} is not properly encoded"),
            Self::BadEncoding { parameter: None } => f.write_str("a parameter name is not properly encoded"),
            Self::Repeated { parameter } => write!(f, "{parameter} stands more than once"),
            Self::Expired => f.write_str("the login took too long; begin again"),
            Self::StateMissing => f.write_str("there is no state"),
            Self::StateMismatch => f.write_str("state is not the one of this browser's login; begin again"),
            Self::IssMissing => f.write_str("there is no iss, which this authorization server announces"),
            Self::IssMismatch => f.write_str("iss is not the issuer that was asked, byte for byte"),
            Self::Refused(refusal) => match refusal.description() {
                Some(description) => {
                    write!(f, "the authorization server answered {}: {description}", refusal.error)
                }
                None => write!(f, "the authorization server answered {}", refusal.error),
            },
            Self::CodeMissing => f.write_str("there is neither a code nor an error"),
        }
    }
}

impl Error for CallbackError {}
