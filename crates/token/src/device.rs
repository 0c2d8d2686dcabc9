//! Device authorization grant (RFC 8628): the user enters a code in a browser elsewhere while the device
//! polls.

use std::time::{Duration, SystemTime};

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId, Issuer};

use crate::asked::{Asked, Awaited, asks};
use crate::authentication::ClientAuthentication;
use crate::error::{DeviceAuthorizationError, Malformed, MalformedKind, ResponseErrorKind, TokenRequestError};
use crate::request;
use crate::response::{Answer, Members};
use crate::rules::Rules;
use crate::token_set::expires_in;

mod grant;

pub use grant::{DeviceGrant, DeviceStep};

/// The interval between polls when the server names none (RFC 8628 section 3.2).
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// The request that begins a login on a device without a browser, finished by [`build`](Self::build).
///
/// Where a browser and a listener on loopback work, prefer those: a user can be tricked into entering the
/// code of an attacker's device (RFC 8628 section 5.4).
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct DeviceAuthorizationRequest<'a> {
    server: &'a AuthorizationServer,
    client_id: &'a ClientId,
    asked: Asked,
}

asks!(DeviceAuthorizationRequest);

impl<'a> DeviceAuthorizationRequest<'a> {
    /// Creates a request for a device login of the client `client_id` at `server`.
    pub fn new(server: &'a AuthorizationServer, client_id: &'a ClientId) -> Self {
        Self { server, client_id, asked: Asked::default() }
    }

    /// Builds the request, and the value that reads its response: a POST with the client's authentication as
    /// at the token endpoint (RFC 8628 section 3.1).
    ///
    /// # Errors
    ///
    /// [`DeviceAuthorizationError::Request`] with [`TokenRequestError::NoEndpoint`] when the server's metadata has no
    /// `device_authorization_endpoint`, for a reserved parameter, or for a credential that could not be created.
    pub fn build(
        self,
        authentication: &ClientAuthentication,
    ) -> Result<(Request<Vec<u8>>, DeviceAuthorization), DeviceAuthorizationError> {
        let Self { server, client_id, asked } = self;
        let missing = TokenRequestError::NoEndpoint { endpoint: "device_authorization_endpoint" };
        let endpoint = server.device_authorization_endpoint().ok_or(missing)?;
        let mut noted = server.deviations();
        let mut pairs = Vec::new();
        asked.push_to(&mut pairs, server, &mut noted)?;
        let request = request::post(server, endpoint, client_id, authentication, pairs, &mut noted)?;
        let permits_http = !is_https(server.token_endpoint().as_str());
        let (issuer, awaited) = (server.issuer().clone(), asked.awaited(server, authentication, noted));
        Ok((request, DeviceAuthorization { issuer, permits_http, awaited }))
    }
}

/// A device authorization that waits for its response.
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct DeviceAuthorization {
    issuer: Issuer,
    /// Whether the server itself is reached over http: on loopback, or on a host that was allowed by name.
    permits_http: bool,
    awaited: Awaited,
}

impl DeviceAuthorization {
    /// Reads the response, which arrived at `now`: what to show to the user, and what to poll with.
    ///
    /// # Errors
    ///
    /// [`DeviceAuthorizationError::Response`]: the server refused, a member is missing, an address for the
    /// user is not https, or the response cannot be read.
    pub fn receive(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<DeviceGrant, DeviceAuthorizationError> {
        let rules = Rules::new(&self.awaited.terms.compat);
        let answer = Answer::new(response, &rules);
        self.read(&answer, &rules, now).map_err(|kind| answer.error(kind).into())
    }

    fn read(&self, answer: &Answer<'_>, rules: &Rules<'_>, now: SystemTime) -> Result<DeviceGrant, ResponseErrorKind> {
        let members = answer.success()?;
        let device_code = members.required("device_code")?;
        if device_code.is_empty() {
            return Err(Malformed::new("device_code", MalformedKind::Empty, 0).into());
        }
        let user_code = user_code(&members)?;
        let address = |name| address(&members, name, rules, self.permits_http);
        let missing = |name| Malformed::new(name, MalformedKind::Missing, 0);
        let verification_uri = address("verification_uri")?.ok_or_else(|| missing("verification_uri"))?;
        let verification_uri_complete = address("verification_uri_complete")?;
        let life = expires_in(&members, rules)?.ok_or_else(|| missing("expires_in"))?;
        let interval = interval(&members, rules)?;
        let mut awaited = self.awaited.clone();
        awaited.terms.noted = awaited.terms.noted.union(rules.used());
        Ok(DeviceGrant::new(
            self.issuer.clone(),
            (device_code, user_code),
            (verification_uri, verification_uri_complete),
            life,
            interval,
            awaited,
            now,
        ))
    }
}

/// Maximum length of the code that is shown, in bytes. A user has to type it.
const MAX_USER_CODE: usize = 128;

/// The code that is shown. Characters that a terminal or a reader could take for something else are refused.
fn user_code(members: &Members<'_>) -> Result<String, Malformed> {
    let text = members.required("user_code")?;
    if text.len() > MAX_USER_CODE {
        return Err(Malformed::new("user_code", MalformedKind::TooLong { limit: MAX_USER_CODE }, text.len()));
    }
    match text.bytes().position(|byte| !matches!(byte, b' '..=b'~')) {
        Some(position) => Err(Malformed::new("user_code", MalformedKind::BadCharacter { position }, text.len())),
        None if text.trim().is_empty() => Err(Malformed::new("user_code", MalformedKind::Empty, text.len())),
        None => Ok(text.to_string()),
    }
}

/// An address for the user's browser: https, or http where the server itself is reached by it. Every
/// character is one of a URI's, so that it can be printed as it is.
fn address(
    members: &Members<'_>,
    name: &'static str,
    rules: &Rules<'_>,
    permits_http: bool,
) -> Result<Option<String>, Malformed> {
    let Some(text) = members.word(name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    // A page for the user may have a fragment, an endpoint may not.
    let (page, fragment) = text.split_once('#').unwrap_or((&text, ""));
    let is_page = rules.is_endpoint(page) && rules.is_endpoint(&format!("https://h/{fragment}"));
    if is_page && (permits_http || is_https(page)) {
        return Ok(Some(text.into_owned()));
    }
    let kind = MalformedKind::WrongType { expected: "an https URL" };
    Err(Malformed::new(name, kind, text.len()).showing(crate::shown::shown_without_secrets(page, 128)))
}

fn is_https(url: &str) -> bool {
    url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

/// The minimum interval between polls. One second at least, whatever the server says.
fn interval(members: &Members<'_>, rules: &Rules<'_>) -> Result<Duration, Malformed> {
    let Some(value) = members.raw("interval") else { return Ok(DEFAULT_INTERVAL) };
    let kind = MalformedKind::WrongType { expected: "a number of seconds without a fraction" };
    let seconds = rules.seconds(value).ok_or_else(|| Malformed::new("interval", kind, value.as_str().len()))?;
    Ok(Duration::from_secs(seconds.max(1)))
}
