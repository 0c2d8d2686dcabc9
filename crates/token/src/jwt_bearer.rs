//! Tokens for a signed assertion (RFC 7523 section 2.1).

use std::time::SystemTime;

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId};

use crate::asked::{Asked, Awaited, asks};
use crate::authentication::ClientAuthentication;
use crate::error::JwtBearerError;
use crate::request;
use crate::secret::ClientAssertion;
use crate::token_set::TokenSet;

/// The request that exchanges a signed JWT for tokens, finished by [`build`](Self::build): for a Google service
/// account, for instance, or with a user's assertion from another domain.
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct JwtBearerRequest<'a> {
    assertion: &'a ClientAssertion,
    server: &'a AuthorizationServer,
    client_id: Option<&'a ClientId>,
    asked: Asked,
}

asks!(JwtBearerRequest);

impl<'a> JwtBearerRequest<'a> {
    /// Creates a request with `assertion`, a JWT that names the token's subject and was issued for this server.
    pub fn new(assertion: &'a ClientAssertion, server: &'a AuthorizationServer) -> Self {
        Self { assertion, server, client_id: None, asked: Asked::default() }
    }

    /// Sets the client. Without it, the assertion alone identifies the client (RFC 7521 section 4.1), and the
    /// authentication is not used.
    pub fn client(mut self, client_id: &'a ClientId) -> Self {
        self.client_id = Some(client_id);
        self
    }

    /// Builds the request, and the value that reads its response. Send it once.
    ///
    /// # Errors
    ///
    /// [`JwtBearerError::Request`] for a reserved parameter, and for a credential that could not be created.
    pub fn build(self, authentication: &ClientAuthentication) -> Result<(Request<Vec<u8>>, JwtBearer), JwtBearerError> {
        let Self { assertion, server, client_id, asked } = self;
        let mut noted = server.deviations();
        let mut pairs =
            vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.expose())];
        asked.push_to(&mut pairs, server, &mut noted)?;
        let endpoint = server.token_endpoint();
        let request = match client_id {
            Some(client_id) => request::post(server, endpoint, client_id, authentication, pairs, &mut noted)?,
            None => {
                let mut request = request::form(endpoint, request::encode(&pairs), None)?;
                authentication.prove(&mut request, server)?;
                request
            }
        };
        Ok((request, JwtBearer(asked.awaited(server, authentication, noted))))
    }
}

/// A JWT bearer request that waits for its response.
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct JwtBearer(Awaited);

impl JwtBearer {
    /// Reads the response, which arrived at `now`.
    ///
    /// # Errors
    ///
    /// [`JwtBearerError::Response`]: the server refused, the response breaks a rule, or it cannot be read.
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>, now: SystemTime) -> Result<TokenSet, JwtBearerError> {
        Ok(self.0.receive(response, now)?)
    }
}
