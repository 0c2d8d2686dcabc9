//! Making the requests to the token and revocation endpoints.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use proofkey_authorize::{AuthorizationServer, ClientId, Deviation, Deviations, Endpoint, form};

use crate::authentication::ClientAuthentication;
use crate::error::RequestError;

/// A form by POST, with the client's authentication in one place (RFC 6749 sections 2.3 and 3.2).
pub(crate) fn post(
    server: &AuthorizationServer,
    endpoint: &Endpoint,
    client_id: &ClientId,
    authentication: &ClientAuthentication,
    mut body: String,
    noted: &mut Deviations,
) -> Result<Request<Vec<u8>>, RequestError> {
    let authorization = authentication.apply(server, client_id, &mut body, noted);
    let mut request = Request::new(body.into_bytes());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.as_str().parse().map_err(|_| RequestError::EndpointAddress)?;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(value) = authorization {
        headers.insert(AUTHORIZATION, value);
    }
    Ok(request)
}

/// The most octets that [`append_resources`] adds to a body.
pub(crate) fn room(resources: &[String]) -> usize {
    resources.iter().map(|resource| "&resource=".len() + 3 * resource.len()).sum()
}

/// Each API that the access token is for (RFC 8707 section 2.2), unless the server is known to refuse that.
pub(crate) fn append_resources(
    body: &mut String,
    server: &AuthorizationServer,
    resources: &[String],
    noted: &mut Deviations,
) {
    let is_refused = server.compat().allows(Deviation::ResourceNotSent);
    for resource in resources {
        if is_refused {
            *noted = noted.with(Deviation::ResourceNotSent);
        } else {
            form::append_pair(body, "resource", resource);
        }
    }
}

/// A GET with a bearer token in the header, the only place where it goes (RFC 6750 section 2.1).
pub(crate) fn get(endpoint: &Endpoint, authorization: HeaderValue) -> Result<Request<Vec<u8>>, RequestError> {
    Request::get(endpoint.as_str())
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, authorization)
        .body(Vec::new())
        .map_err(|_| RequestError::EndpointAddress)
}
