//! The authentication of a request, renewed for each attempt.

use std::sync::Arc;

use http::{Request, Response, Uri};
use proofkey_authorize::{AuthorizationServer, ClientId};
use proofkey_token::{
    AccessToken, AccessTokenType, ClientAuthentication, Dpop, TokenRequestError, TokenSet, TransportError,
};

use crate::login::Login;

/// How the authentication of a request is renewed for each attempt: a client assertion and a DPoP proof are
/// valid for one request each (RFC 7523 section 3, RFC 9449 section 4.2).
pub(crate) enum Renewal {
    /// A request to the authorization server.
    Server(Registration),
    /// A request with a token that is bound to a key.
    Api(Dpop, AccessToken),
    /// A request with a bearer token.
    Nothing,
}

/// How the client is registered at the server.
pub(crate) struct Registration {
    pub(crate) server: Arc<AuthorizationServer>,
    pub(crate) client_id: ClientId,
    pub(crate) authentication: Arc<ClientAuthentication>,
}

/// Whether the response of the token endpoint demands a retry. Keeps its nonce.
pub(crate) fn asks_again(
    authentication: &ClientAuthentication,
    server: &AuthorizationServer,
    answer: &Result<Response<Vec<u8>>, TransportError>,
) -> bool {
    let Ok(uri) = server.token_endpoint().as_str().parse() else { return false };
    answer.as_ref().is_ok_and(|response| authentication.asks_again(&uri, response))
}

impl Renewal {
    /// Puts a token that is bound to a key into the request, in place of the bearer token.
    pub(crate) fn of_api(
        login: &Login,
        tokens: &TokenSet,
        request: &mut Request<Vec<u8>>,
    ) -> Result<Self, TokenRequestError> {
        let Some(token) = tokens.access_token().filter(|_| tokens.token_type() == AccessTokenType::Dpop) else {
            return Ok(Self::Nothing);
        };
        let dpop = login.authentication().dpop().ok_or(TokenRequestError::ProofKey)?;
        dpop.authorize(request, token)?;
        Ok(Self::Api(dpop.clone(), token.clone()))
    }

    /// Replaces what authenticates the request.
    pub(crate) fn renew(&self, request: &mut Request<Vec<u8>>) -> Result<(), TokenRequestError> {
        match self {
            Self::Server(of) => of.authentication.authenticate(request, &of.server, &of.client_id),
            Self::Api(dpop, token) => dpop.authorize(request, token),
            Self::Nothing => Ok(()),
        }
    }

    /// Whether the response demands a retry. Keeps its nonce.
    pub(crate) fn asks_again(&self, uri: &Uri, response: &Response<Vec<u8>>) -> bool {
        match self {
            Self::Server(of) => of.authentication.asks_again(uri, response),
            Self::Api(dpop, _) => dpop.asks_again(uri, response),
            Self::Nothing => false,
        }
    }
}
