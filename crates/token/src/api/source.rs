use std::future::Future;

use super::error::ApiCallError;
use crate::access_token_type::AccessTokenType;
use crate::secret::AccessToken;
use crate::token_set::TokenSet;
use crate::transport::{BlockingTransport, Transport};

/// An access token, and how it is presented to an API. It has no refresh token and no ID token.
#[derive(Debug)]
pub struct ApiToken {
    token: AccessToken,
    token_type: AccessTokenType,
}

impl ApiToken {
    /// Creates a bearer token, for instance one from a program's configuration.
    #[must_use]
    pub fn bearer(token: AccessToken) -> Self {
        Self { token, token_type: AccessTokenType::Bearer }
    }

    /// Copies the access token of `tokens`; `None` if the server issued none.
    #[must_use]
    pub fn of(tokens: &TokenSet) -> Option<Self> {
        Some(Self { token: tokens.access_token()?.clone(), token_type: tokens.token_type() })
    }

    /// Returns whether `tokens` have this access token.
    #[must_use]
    pub fn is_of(&self, tokens: &TokenSet) -> bool {
        tokens.access_token().is_some_and(|token| token.expose() == self.token.expose())
    }

    /// Returns the access token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.token
    }

    /// Returns how the token is presented.
    #[must_use]
    pub fn token_type(&self) -> AccessTokenType {
        self.token_type
    }
}

/// Where the access tokens for an API come from: a [`TokenSet`], `MachineLogin` of `proofkey`, `Session` of
/// `proofkey-native`, or a type of your own.
pub trait TokenSource {
    /// Why there is no token. It also has a variant for what goes wrong with the request to the API.
    type Error: From<ApiCallError>;

    /// Returns a token that is valid, other than `refused`, which the API has refused. `None` if there is no other; the
    /// response that refused it is then final. `http` is for requests to the authorization server.
    ///
    /// # Errors
    ///
    /// When tokens cannot be had.
    fn token(
        &self,
        http: &impl Transport,
        refused: Option<&ApiToken>,
    ) -> impl Future<Output = Result<Option<ApiToken>, Self::Error>>;
}

/// A [`TokenSource`] without an asynchronous runtime.
pub trait BlockingTokenSource {
    /// As [`TokenSource::Error`].
    type Error: From<ApiCallError>;

    /// As [`TokenSource::token`].
    ///
    /// # Errors
    ///
    /// When tokens cannot be had.
    fn token(&self, http: &impl BlockingTransport, refused: Option<&ApiToken>)
    -> Result<Option<ApiToken>, Self::Error>;
}

/// Tokens that nothing renews.
impl TokenSource for TokenSet {
    type Error = ApiCallError;

    async fn token(&self, _: &impl Transport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, ApiCallError> {
        Ok(if refused.is_none() { ApiToken::of(self) } else { None })
    }
}

impl BlockingTokenSource for TokenSet {
    type Error = ApiCallError;

    fn token(&self, _: &impl BlockingTransport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, ApiCallError> {
        Ok(if refused.is_none() { ApiToken::of(self) } else { None })
    }
}
