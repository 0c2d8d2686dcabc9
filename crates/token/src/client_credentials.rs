//! Tokens for the client itself, without a user (RFC 6749 section 4.4).

use std::time::SystemTime;

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId};

use crate::asked::{Asked, Awaited, asks};
use crate::authentication::ClientAuthentication;
use crate::error::ClientCredentialsError;
use crate::request;
use crate::token_set::TokenSet;

/// The request for tokens of the client itself, finished by [`build`](Self::build).
///
/// ```
/// # use std::time::SystemTime;
/// # use proofkey_authorize::{AuthorizationServer, ClientId, Endpoint, Issuer, Scope};
/// # use proofkey_token::{ClientAuthentication, ClientCredentialsRequest, ClientSecret};
/// # let (issuer, endpoint) = (Issuer::new("https://as.example")?, Endpoint::new("https://as.example/token")?);
/// # let server = AuthorizationServer::new(issuer, endpoint.clone(), endpoint);
/// let client_id = ClientId::new("nightly-export")?;
/// let (request, waiting) = ClientCredentialsRequest::new(&server, &client_id)
///     .scope(Scope::new("notes.read")?)
///     .build(&ClientAuthentication::secret(ClientSecret::new("7Fjfp0ZBr1KtDRbnfVdmIw")?))?;
/// assert_eq!(request.body(), b"grant_type=client_credentials&scope=notes.read");
/// # let response = http::Response::builder().header("content-type", "application/json")
/// #     .body(br#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer"}"#.to_vec())?;
/// let tokens = waiting.receive(&response, SystemTime::now())?;
/// # assert!(tokens.access_token().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct ClientCredentialsRequest<'a> {
    server: &'a AuthorizationServer,
    client_id: &'a ClientId,
    asked: Asked,
}

asks!(ClientCredentialsRequest);

impl<'a> ClientCredentialsRequest<'a> {
    /// Creates a request for tokens of the client itself.
    pub fn new(server: &'a AuthorizationServer, client_id: &'a ClientId) -> Self {
        Self { server, client_id, asked: Asked::default() }
    }

    /// Builds the request, and the value that reads its response.
    ///
    /// The grant is for confidential clients (RFC 6749 section 4.4). Use [`ClientAuthentication::none`] only for a
    /// client that authenticates below HTTP, by its TLS certificate.
    ///
    /// # Errors
    ///
    /// [`ClientCredentialsError::Request`] for a reserved parameter, and for a credential that could not be created.
    pub fn build(
        self,
        authentication: &ClientAuthentication,
    ) -> Result<(Request<Vec<u8>>, ClientCredentials), ClientCredentialsError> {
        let Self { server, client_id, asked } = self;
        let mut noted = server.deviations();
        let mut pairs = vec![("grant_type", "client_credentials")];
        asked.push_to(&mut pairs, server, &mut noted)?;
        let request = request::post(server, server.token_endpoint(), client_id, authentication, pairs, &mut noted)?;
        Ok((request, ClientCredentials(asked.awaited(server, authentication, noted))))
    }
}

/// A request for tokens of the client itself that waits for its response.
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct ClientCredentials(Awaited);

impl ClientCredentials {
    /// Reads the response, which arrived at `now`.
    ///
    /// # Errors
    ///
    /// [`ClientCredentialsError::Response`]: the server refused, the response breaks a rule, or it cannot be
    /// read.
    pub fn receive(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<TokenSet, ClientCredentialsError> {
        Ok(self.0.receive(response, now)?)
    }
}
