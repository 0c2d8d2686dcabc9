//! Making the requests to the token and revocation endpoints.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use proofkey_authorize::{AuthorizationServer, ClientId, Deviation, Deviations, Endpoint, form};

use crate::authenticate::{CREDENTIALS, FORM};
use crate::authentication::ClientAuthentication;
use crate::error::TokenRequestError;
use crate::secret::Text;
use crate::shown::shown;

/// A form by POST, with the client's authentication in one place (RFC 6749 sections 2.3 and 3.2).
pub(crate) fn post(
    server: &AuthorizationServer,
    endpoint: &Endpoint,
    client_id: &ClientId,
    authentication: &ClientAuthentication,
    pairs: Vec<(&str, &str)>,
    noted: &mut Deviations,
) -> Result<Request<Vec<u8>>, TokenRequestError> {
    let made = authentication.make(server, client_id)?;
    // What the credential adds lives no longer than this function.
    let mut pairs: Vec<(&str, &str)> = pairs;
    let authorization = made.as_ref().unwrap_or(authentication).apply(server, client_id, &mut pairs, noted);
    let mut request = form(endpoint, encode(&pairs), authorization)?;
    authentication.prove(&mut request, server)?;
    Ok(request)
}

/// A form by POST, encoded before.
pub(crate) fn form(
    endpoint: &Endpoint,
    body: String,
    authorization: Option<HeaderValue>,
) -> Result<Request<Vec<u8>>, TokenRequestError> {
    let mut request = Request::new(body.into_bytes());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.as_str().parse().map_err(|_| TokenRequestError::EndpointAddress)?;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(value) = authorization {
        headers.insert(AUTHORIZATION, value);
    }
    Ok(request)
}

/// The body of a form.
pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    let mut body = String::with_capacity(room_for(pairs));
    for (name, value) in pairs {
        form::append_pair(&mut body, name, value);
    }
    body
}

/// The bytes of the pairs with every character escaped, so that growing leaves no copy of a secret behind.
pub(crate) fn room_for(pairs: &[(&str, &str)]) -> usize {
    pairs.iter().map(|(name, value)| 2 + 3 * (name.len() + value.len())).sum()
}

/// A GET with a bearer token in the header, the only place where it goes (RFC 6750 section 2.1).
pub(crate) fn get(
    endpoint: &Endpoint,
    authorization: HeaderValue,
    accept: &'static str,
) -> Result<Request<Vec<u8>>, TokenRequestError> {
    Request::get(endpoint.as_str())
        .header(ACCEPT, accept)
        .header(AUTHORIZATION, authorization)
        .body(Vec::new())
        .map_err(|_| TokenRequestError::EndpointAddress)
}

/// Adds each API that the access token is for (RFC 8707 section 2.2), unless the server is known to
/// refuse that.
pub(crate) fn push_resources<'a>(
    pairs: &mut Vec<(&'a str, &'a str)>,
    server: &AuthorizationServer,
    resources: &'a [String],
    noted: &mut Deviations,
) {
    if server.compat().allows(Deviation::ResourceNotSent) && !resources.is_empty() {
        *noted = noted.with(Deviation::ResourceNotSent);
    } else {
        pairs.extend(resources.iter().map(|resource| ("resource", resource.as_str())));
    }
}

/// Parameters of the caller, beside those of the specifications.
#[derive(Default)]
pub(crate) struct Parameters(Vec<(String, Text)>);

impl Parameters {
    pub(crate) fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), Text::new(value.into())));
    }

    /// Names and values in turn.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(name, value)| [name.as_str(), value])
    }

    /// Adds them to the request's own, none of whose names they may have, and none of `typed`: the response is
    /// judged by what those were set to.
    pub(crate) fn push_to<'a>(
        &'a self,
        pairs: &mut Vec<(&'a str, &'a str)>,
        typed: &[&str],
    ) -> Result<(), TokenRequestError> {
        for (name, value) in &self.0 {
            let is_taken = typed.contains(&name.as_str()) || pairs.iter().any(|(own, _)| own == name);
            if name.is_empty() || is_taken || CREDENTIALS.contains(&name.as_str()) {
                return Err(TokenRequestError::ReservedParameter { name: shown(name, 128) });
            }
            pairs.push((name, value));
        }
        Ok(())
    }
}

/// The values can be secrets.
impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
