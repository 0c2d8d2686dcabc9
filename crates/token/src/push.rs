//! Pushed authorization requests (RFC 9126).

use std::time::{Duration, SystemTime};

use http::{Request, Response, StatusCode};
use proofkey_authorize::{Pending, PushableRequest, RequestUri};

use crate::authentication::ClientAuthentication;
use crate::error::{Malformed, MalformedKind, PushError, ResponseErrorKind, TokenRequestError};
use crate::request;
use crate::response::Answer;
use crate::rules::Rules;
use crate::token_set::expires_in;

/// The request that pushes an authorization request, finished by [`build`](Self::build).
///
/// ```
/// # use std::time::SystemTime;
/// # use proofkey_authorize::{AuthorizationRequest, AuthorizationServer, ClientId, Endpoint, Issuer, RedirectUri};
/// # use proofkey_token::{ClientAuthentication, PushRequest};
/// # let (issuer, endpoint) = (Issuer::new("https://as.example")?, Endpoint::new("https://as.example/authorize")?);
/// # let server = AuthorizationServer::new(issuer, endpoint.clone(), endpoint)
/// #     .with_pushed_authorization_request_endpoint(Endpoint::new("https://as.example/par")?);
/// # let (client_id, redirect_uri) = (ClientId::new("client-id")?, RedirectUri::new("https://app.example/callback")?);
/// # let (entropy, now) = ([7; 96], SystemTime::now());
/// let begun = AuthorizationRequest::new(&server, client_id, redirect_uri).begin_pushed(&entropy, now)?;
/// let (request, push) = PushRequest::new(begun).build(&ClientAuthentication::none())?;
/// # let response = http::Response::builder().status(201).header("content-type", "application/json")
/// #     .body(br#"{"request_uri":"urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c","expires_in":60}"#)?;
/// let pushed = push.receive(&response, SystemTime::now())?;
/// let (url, pending) = push.into_login(&pushed);
/// assert_eq!(url, "https://as.example/authorize?client_id=client-id\
///                  &request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c");
/// # assert!(!pending.is_expired(now) && request.uri().path() == "/par");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct PushRequest<'a> {
    begun: PushableRequest<'a>,
}

impl<'a> PushRequest<'a> {
    /// Creates the request that pushes an authorization request.
    pub fn new(begun: PushableRequest<'a>) -> Self {
        Self { begun }
    }

    /// Builds the request, and the value that reads its response: a POST of every parameter of the
    /// authorization request, the challenge included, with the client's authentication as at the token
    /// endpoint (RFC 9126 section 2.1).
    ///
    /// # Errors
    ///
    /// [`PushError::Request`] with [`TokenRequestError::NoEndpoint`] when the server's metadata has no
    /// `pushed_authorization_request_endpoint`, or for a credential that could not be created.
    pub fn build(self, authentication: &ClientAuthentication) -> Result<(Request<Vec<u8>>, Push<'a>), PushError> {
        let push = Push { begun: self.begun };
        Ok((push.request(authentication)?, push))
    }
}

/// A push that waits for its response.
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct Push<'a> {
    begun: PushableRequest<'a>,
}

impl Push<'_> {
    /// Builds the request again with new authentication, to retry after a
    /// [transient failure](PushError::is_retryable).
    ///
    /// # Errors
    ///
    /// As [`PushRequest::build`].
    pub fn request(&self, authentication: &ClientAuthentication) -> Result<Request<Vec<u8>>, PushError> {
        let server = self.begun.server();
        let missing = TokenRequestError::NoEndpoint { endpoint: "pushed_authorization_request_endpoint" };
        let endpoint = server.pushed_authorization_request_endpoint().ok_or(missing)?;
        let mut request = request::form(endpoint, self.begun.form().to_owned(), None)?;
        authentication.authenticate(&mut request, server, self.begun.pending().client_id())?;
        Ok(request)
    }

    /// Reads the response, which arrived at `now`: status 201 with a `request_uri` and its lifetime.
    ///
    /// # Errors
    ///
    /// [`PushError::Response`]: the server refused, as it would at the token endpoint; the response breaks
    /// a rule; or it cannot be read.
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>, now: SystemTime) -> Result<PushedRequest, PushError> {
        let rules = Rules::new(self.begun.server().compat());
        let answer = Answer::new(response, &rules);
        read(&answer, &rules, now).map_err(|kind| answer.error(kind).into())
    }

    /// Returns the URL for the browser, which carries `client_id` and `request_uri` and nothing else (RFC
    /// 9126 section 4), and the [`Pending`] that waits for the callback.
    #[must_use]
    pub fn into_login(self, pushed: &PushedRequest) -> (String, Pending) {
        self.begun.pushed(&pushed.request_uri)
    }
}

fn read(answer: &Answer<'_>, rules: &Rules<'_>, now: SystemTime) -> Result<PushedRequest, ResponseErrorKind> {
    let members = answer.success_as(StatusCode::CREATED)?;
    let text = members.required("request_uri")?;
    let request_uri = RequestUri::new(&*text).map_err(|_| {
        let kind = MalformedKind::WrongType { expected: "an absolute URI" };
        Malformed::new("request_uri", kind, text.len())
    })?;
    let missing = || Malformed::new("expires_in", MalformedKind::Missing, 0);
    let life = expires_in(&members, rules)?.ok_or_else(missing)?;
    if life == Duration::ZERO {
        let kind = MalformedKind::WrongType { expected: "a positive number of seconds" };
        return Err(Malformed::new("expires_in", kind, 1).into());
    }
    Ok(PushedRequest { request_uri, expires_at: now.checked_add(life).unwrap_or(now) })
}

/// A successfully pushed request: its `request_uri` and expiry.
#[derive(Clone, Debug)]
pub struct PushedRequest {
    request_uri: RequestUri,
    expires_at: SystemTime,
}

impl PushedRequest {
    /// Returns the `request_uri`.
    #[must_use]
    pub fn request_uri(&self) -> &RequestUri {
        &self.request_uri
    }

    /// Returns when the `request_uri` expires. After that, push again.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }
}
