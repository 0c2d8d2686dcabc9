//! The exchange of a code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use std::time::SystemTime;

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, CodeGrant, Deviation};

use crate::asked::Terms;
use crate::authentication::ClientAuthentication;
use crate::error::{ExchangeError, TokenRequestError};
use crate::request::{self, Parameters};
use crate::token_set::TokenSet;

/// The request that exchanges a code for tokens, finished by [`build`](Self::build).
///
/// ```
/// # use proofkey_authorize::{AuthorizationServer, CodeGrant};
/// # use proofkey_token::{ClientAuthentication, ExchangeError, ExchangeRequest};
/// # fn example(grant: CodeGrant, server: &AuthorizationServer) -> Result<(), ExchangeError> {
/// let (request, exchange) = ExchangeRequest::new(grant, server).build(&ClientAuthentication::none())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct ExchangeRequest<'a> {
    grant: CodeGrant,
    server: &'a AuthorizationServer,
    parameters: Parameters,
}

impl<'a> ExchangeRequest<'a> {
    /// Creates a request for the tokens of `grant`, at the server that issued its code.
    pub fn new(grant: CodeGrant, server: &'a AuthorizationServer) -> Self {
        Self { grant, server, parameters: Parameters::default() }
    }

    /// Adds a parameter that no specification defines: `client_key` for TikTok, `appid` and `secret`
    /// for WeChat, `state` for Naver. `Debug` does not show the value, and it is overwritten when it is
    /// dropped.
    ///
    /// [`build`](Self::build) refuses a name that the request sets itself.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push(name, value);
        self
    }

    /// Builds the request, and the [`Exchange`] that reads its response.
    ///
    /// The request is a form POST to the token endpoint, whose query is kept. It has the code, the
    /// `redirect_uri` of the authorization request byte for byte, the `code_verifier`, each `resource`
    /// (RFC 8707), the caller's parameters, and the client's authentication in exactly one place. Its
    /// body and its `Authorization` header are secret.
    ///
    /// Send it **once**, whatever the result, and without following redirects.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::Request`] when the code comes from another issuer than the server's, when the
    /// name of a parameter is reserved, or when the client's credential could not be created.
    pub fn build(self, authentication: &ClientAuthentication) -> Result<(Request<Vec<u8>>, Exchange), ExchangeError> {
        let Self { grant, server, parameters } = self;
        if grant.issuer() != server.issuer() {
            let (code_from, sent_to) = (grant.issuer().clone(), server.issuer().clone());
            return Err(TokenRequestError::AnotherIssuer { code_from, sent_to }.into());
        }
        let mut noted = server.deviations();
        // Room for the usual request, so that it is one allocation.
        let mut pairs = Vec::with_capacity(8);
        pairs.extend([
            ("grant_type", "authorization_code"),
            ("code", grant.code().expose()),
            ("redirect_uri", grant.redirect_uri().as_str()),
        ]);
        match grant.verifier() {
            Some(verifier) => pairs.push(("code_verifier", verifier.expose())),
            // The authorization request had no challenge, and such a server refuses a verifier.
            None => noted = noted.with(Deviation::PkceRefused),
        }
        request::push_resources(&mut pairs, server, grant.resources(), &mut noted);
        parameters.push_to(&mut pairs, &[])?;
        let endpoint = server.token_endpoint();
        let request = request::post(server, endpoint, grant.client_id(), authentication, pairs, &mut noted)?;
        Ok((request, Exchange { grant, terms: Terms::new(server, authentication, noted) }))
    }
}

/// An exchange that waits for its response. Created by [`ExchangeRequest::build`].
///
/// It keeps the [`grant`](Self::grant) for the validation of the ID token, which must repeat the
/// nonce and may have a hash of the code.
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct Exchange {
    grant: CodeGrant,
    terms: Terms,
}

impl Exchange {
    /// Reads the response, which arrived at `now`.
    ///
    /// **If `openid` was in the scope, use the tokens only after the ID token was validated** with the
    /// nonce of [`grant`](Self::grant). Before that, the tokens may belong to another user's login
    /// (RFC 9700 section 4.5.3.2).
    ///
    /// A response with another structure can be adapted before it is read. Slack, for instance, puts
    /// the user's token under `authed_user`:
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// # use proofkey_token::{Exchange, TokenSet};
    /// fn receive_slack(
    ///     exchange: &Exchange,
    ///     response: http::Response<Vec<u8>>,
    /// ) -> Result<TokenSet, Box<dyn std::error::Error>> {
    ///     let response = response.map(|body| {
    ///         let document = serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
    ///         // An error response has no `authed_user`, and is read as it is.
    ///         document.get("authed_user").map_or(body, |user| user.to_string().into_bytes())
    ///     });
    ///     Ok(exchange.receive(&response, SystemTime::now())?)
    /// }
    /// ```
    ///
    /// Its token type is `user`, which `Compat::with_token_type_name` allows.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::Response`]: the server refused, the response breaks a rule, or it cannot be
    /// read. Tokens in it are in [`ExchangeError::tokens`].
    pub fn receive(&self, response: &Response<impl AsRef<[u8]>>, now: SystemTime) -> Result<TokenSet, ExchangeError> {
        let received = self.terms.receive(response, now)?;
        Ok(received.or_as_granted(self.grant.scope(), self.grant.resources()))
    }

    /// Returns the grant whose code was exchanged.
    pub fn grant(&self) -> &CodeGrant {
        &self.grant
    }
}
