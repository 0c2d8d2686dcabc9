//! What a callback holds, read once.

use std::borrow::Cow;

use crate::pending::Terms;
use crate::shown::{IssuerMismatch, sanitised};
use crate::{AuthorizationErrorResponse, CallbackError, address, form};

/// Maximum size of a callback, in bytes. It is read before anything shows that it belongs to a login, so it is bounded;
/// the longest codes known (Entra, AD FS) have about 4 KiB.
const MAX_CALLBACK: usize = 32 * 1024;

/// The parameters of an authorization response (RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207 section 2).
#[derive(Clone, Copy)]
enum Parameter {
    State,
    Iss,
    Code,
    Error,
    ErrorDescription,
    ErrorUri,
}

/// Their names, in the order of the variants.
const NAMES: [&str; 6] = ["state", "iss", "code", "error", "error_description", "error_uri"];

/// The longest name, each character escaped.
const LONGEST_NAME: usize = 3 * "error_description".len();

/// A callback, split and not yet decoded. Parameters that this crate does not know are ignored (RFC 6749 section
/// 4.1.2), whatever they hold: nothing acts on them.
pub(crate) struct Callback<'a> {
    /// The URL at which it arrived, if that is known, without its fragment.
    url: Option<&'a str>,
    values: [Option<&'a str>; NAMES.len()],
    /// The first parameter of [`NAMES`] that stands more than once.
    repeated: Option<&'static str>,
    is_state_repeated: bool,
}

impl<'a> Callback<'a> {
    /// Splits a query with or without its `?`, a path with a query, a whole URL, or a form body.
    pub(crate) fn parse(callback: &'a str) -> Result<Self, CallbackError> {
        if callback.len() > MAX_CALLBACK {
            return Err(CallbackError::TooLarge { length: callback.len(), limit: MAX_CALLBACK });
        }
        let (url, form) = split(callback);
        let mut values = [None; NAMES.len()];
        let mut repeated = [false; NAMES.len()];
        for (name, value) in form::raw_pairs(form) {
            if let Some(at) = place(name) {
                repeated[at] |= values[at].is_some();
                values[at].get_or_insert(value);
            }
        }
        let first = repeated.iter().position(|is_repeated| *is_repeated);
        Ok(Self {
            url,
            values,
            repeated: first.map(|at| NAMES[at]),
            is_state_repeated: repeated[Parameter::State as usize],
        })
    }

    /// Checks the address, if it is known. The path that a web framework hands out says nothing about the host, and a
    /// proxy may have shortened it, so it is not compared.
    pub(crate) fn check_address(&self, redirect_uri: &str) -> Result<(), CallbackError> {
        match self.url {
            Some(url) if !address::arrived_at(url, redirect_uri) => Err(CallbackError::AddressMismatch),
            _ => Ok(()),
        }
    }

    pub(crate) fn state(&self) -> Result<Cow<'a, str>, CallbackError> {
        if self.is_state_repeated {
            return Err(CallbackError::Repeated { parameter: NAMES[Parameter::State as usize] });
        }
        self.value(Parameter::State)?.ok_or(CallbackError::StateMissing)
    }

    /// The code, after every other check of a callback whose `state` matched.
    pub(crate) fn code(&self, terms: &Terms) -> Result<String, CallbackError> {
        if let Some(parameter) = self.repeated {
            return Err(CallbackError::Repeated { parameter });
        }
        self.check_iss(terms)?;
        if let Some(error) = self.words(Parameter::Error, 128) {
            return Err(CallbackError::Refused(AuthorizationErrorResponse {
                error,
                description: self.words(Parameter::ErrorDescription, 1024),
                uri: self.words(Parameter::ErrorUri, 1024),
            }));
        }
        self.value(Parameter::Code)?.map(Cow::into_owned).ok_or(CallbackError::CodeMissing)
    }

    fn check_iss(&self, terms: &Terms) -> Result<(), CallbackError> {
        let issuer = &terms.issuer;
        if self.raw(Parameter::Iss).is_some_and(|raw| form::decodes_to(raw, issuer.as_str())) {
            return Ok(());
        }
        match self.value(Parameter::Iss)? {
            None if terms.iss_required => Err(CallbackError::IssMissing),
            None => Ok(()),
            Some(iss) => Err(CallbackError::IssMismatch(IssuerMismatch::new(issuer, &iss))),
        }
    }

    /// A parameter without a value counts as omitted (RFC 6749 section 3.1).
    fn raw(&self, parameter: Parameter) -> Option<&'a str> {
        self.values[parameter as usize].filter(|value| !value.is_empty())
    }

    /// A value that is compared or sent on: decoded exactly, and without a control character.
    fn value(&self, parameter: Parameter) -> Result<Option<Cow<'a, str>>, CallbackError> {
        match self.raw(parameter) {
            Some(raw) if !form::is_plain(raw) => match form::decode(raw) {
                Ok(decoded) if !decoded.bytes().any(|byte| byte.is_ascii_control()) => Ok(Some(decoded)),
                _ => Err(CallbackError::BadEncoding { parameter: NAMES[parameter as usize] }),
            },
            raw => Ok(raw.map(Cow::Borrowed)),
        }
    }

    /// Words of the server: whatever can be read of them. A broken encoding must not hide the error.
    fn words(&self, parameter: Parameter, limit: usize) -> Option<String> {
        self.raw(parameter).map(|raw| sanitised(&form::decode_lossy(raw), limit))
    }
}

/// The URL, if it is known, and the parameters.
fn split(callback: &str) -> (Option<&str>, &str) {
    let is_url = is_url(callback);
    if !is_url && !callback.starts_with('/') {
        return (None, callback.strip_prefix('?').unwrap_or(callback));
    }
    // A fragment never reaches a server; in a URL that a user pasted it holds no parameter.
    let url = callback.split_once('#').map_or(callback, |(url, _)| url);
    let form = url.split_once('?').map_or("", |(_, form)| form);
    (is_url.then_some(url), form)
}

/// A scheme and a colon. No parameter name of a callback holds a colon, so a form never looks like this.
fn is_url(callback: &str) -> bool {
    let end = callback.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
    end.is_some_and(|end| end > 0 && callback[end..].starts_with(':'))
}

/// The place in [`NAMES`] of the parameter with this name, escaped or not.
fn place(name: &str) -> Option<usize> {
    let place = |name: &str| NAMES.iter().position(|known| *known == name);
    place(name).or_else(|| {
        let may_be_escaped = name.len() <= LONGEST_NAME && name.bytes().any(|byte| byte == b'%');
        may_be_escaped.then(|| form::decode(name).ok()).flatten().and_then(|name| place(&name))
    })
}
