//! Dynamic client registration (RFC 7591).

use std::time::SystemTime;

use proofkey::authorize::{AuthorizationServer, ClientId, Deviation, Issuer, sanitised};
use proofkey::http::header::{ACCEPT, CONTENT_TYPE};
use proofkey::http::{Request, Response};
use proofkey::token::TransportError;
use proofkey::{KeyFetches, Step, Steps};
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use crate::address::AddressPolicy;
use crate::client::McpClient;
use crate::error::{DocumentError, McpError, RegistrationError, Stage};
use crate::json::Document;
use crate::registration::{Kind, Method, Registration};

/// A registration that waits for its response, created by [`McpClient::register`].
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct RegistrationRequest {
    issuer: Issuer,
    redirect_uri: String,
    asked: &'static str,
    is_any_success: bool,
}

/// A secret without a word about where it is sent; no method has this name.
const ISSUED: &str = "";

impl McpClient {
    /// Builds the request that registers this client at `server` (RFC 7591 section 3.1), and the
    /// [`RegistrationRequest`] that reads its response; `None` when the server registers no clients.
    ///
    /// It requests a client without a secret, unless the server announces methods of client authentication and `none`
    /// is not among them. [`authorization`](Self::authorization) does this by itself when no other identifier is known.
    #[must_use]
    pub fn register(&self, server: &AuthorizationServer) -> Option<(Request<Vec<u8>>, RegistrationRequest)> {
        let endpoint = server.registration_endpoint()?;
        let is_announced = server.member("token_endpoint_auth_methods_supported").is_some();
        let announces = |method: &&str| server.token_endpoint_auth_methods_supported().any(|own| own == *method);
        let methods = ["none", "client_secret_basic", "client_secret_post"];
        let asked = methods.into_iter().find(|method| is_announced && announces(method)).unwrap_or("none");
        let body = Value::Object(self.metadata(asked)).to_string().into_bytes();
        let request = Request::post(endpoint.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let registration = RegistrationRequest {
            issuer: server.issuer().clone(),
            redirect_uri: self.redirect_uri().as_str().to_owned(),
            asked,
            is_any_success: server.compat().allows(Deviation::SuccessStatus),
        };
        Some((request.ok()?, registration))
    }
}

impl RegistrationRequest {
    /// Reads the response, which arrived at `now`, and compares the registration with the request.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] for the first check that fails: status, document, `client_id`, `redirect_uris`, grants,
    /// client authentication.
    pub fn receive(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Registration, RegistrationError> {
        let status = response.status();
        if status != 201 && !(status.is_success() && self.is_any_success) {
            return Err(refusal(response));
        }
        let document = Document::of(response)?;
        let client_id = ClientId::new(document.required("client_id")?).map_err(RegistrationError::ClientId)?;
        let redirect_uris = document.texts("redirect_uris")?;
        self.check_redirect_uris(redirect_uris.as_deref())?;
        for (member, needed) in [("grant_types", "authorization_code"), ("response_types", "code")] {
            if document.texts(member)?.is_some_and(|values| !values.iter().any(|value| value == needed)) {
                return Err(RegistrationError::Grant { member });
            }
        }
        let secret = document.text("client_secret")?.map(|secret| Zeroizing::new(secret.into_owned()));
        let stated = document.text("token_endpoint_auth_method")?;
        let method = match stated.as_deref().unwrap_or(if secret.is_some() { ISSUED } else { self.asked }) {
            "none" => Method::None,
            "client_secret_basic" => Method::Basic,
            "client_secret_post" => Method::Post,
            ISSUED => Method::Announced,
            other => return Err(RegistrationError::Authentication { received: sanitised(other, 128) }),
        };
        if method != Method::None && secret.is_none() {
            return Err(RegistrationError::SecretMissing);
        }
        // 0 means never (RFC 7591 section 3.2.1).
        let secret_expires_at = document.seconds("client_secret_expires_at")?.filter(|at| *at > 0);
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        if method != Method::None && secret_expires_at.is_some_and(|at| at <= now) {
            return Err(RegistrationError::SecretExpired);
        }
        let is_used = method != Method::None;
        Ok(Registration {
            kind: Kind::Dynamic,
            issuer: self.issuer.as_str().to_owned(),
            client_id,
            method,
            secret: secret.filter(|_| is_used),
            secret_expires_at: secret_expires_at.filter(|_| is_used),
            redirect_uris: vec![self.redirect_uri.clone()],
        })
    }

    /// A server that repeats none has registered what it was asked for.
    fn check_redirect_uris(&self, registered: Option<&[String]>) -> Result<(), RegistrationError> {
        let Some(registered) = registered else { return Ok(()) };
        match registered.iter().find(|uri| **uri != self.redirect_uri) {
            Some(other) => Err(RegistrationError::RedirectUris { received: sanitised(other, 512) }),
            None if registered.is_empty() => Err(RegistrationError::RedirectUris { received: String::new() }),
            None => Ok(()),
        }
    }
}

/// An error document, if the response has one (RFC 7591 section 3.2.2).
fn refusal(response: &Response<impl AsRef<[u8]>>) -> RegistrationError {
    let status = response.status().as_u16();
    let words = || {
        let document = Document::of(response).ok()?;
        let error = sanitised(&document.text("error").ok()??, 128);
        let description = document.text("error_description").ok().flatten();
        Some((error, description.map(|text| sanitised(&text, 1024))))
    };
    match words() {
        Some((error, description)) => RegistrationError::Refused { status, error, description },
        None => DocumentError::Status { status }.into(),
    }
}

/// The registration as steps.
#[derive(Debug)]
pub(crate) struct Register {
    request: Request<Vec<u8>>,
    registration: RegistrationRequest,
    policy: AddressPolicy,
    result: Option<Result<Registration, McpError>>,
}

impl Register {
    pub(crate) fn new((request, registration): (Request<Vec<u8>>, RegistrationRequest), policy: AddressPolicy) -> Self {
        Self { request, registration, policy, result: None }
    }
}

impl Steps for Register {
    type Output = Registration;
    type Error = McpError;

    fn next(&mut self, _: SystemTime) -> Step<Result<Registration, McpError>> {
        match self.result.take() {
            Some(result) => Step::Done(result),
            None => match self.policy.check(self.request.uri()) {
                Ok(()) => Step::Send(self.request.clone()),
                Err(error) => Step::Done(Err(error.into())),
            },
        }
    }

    fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        self.result = Some(match answer {
            Ok(mut response) => {
                let result = self.registration.receive(&response, now);
                response.body_mut().zeroize();
                result.map_err(McpError::from)
            }
            Err(error) => Err(McpError::Transport { stage: Stage::Registration, error }),
        });
    }
}

impl KeyFetches for Register {}
