//! The tokens of a program that logs in as itself, for its requests to an API.

use proofkey_token::{ApiToken, TokenSource, Transport};
#[cfg(not(target_family = "wasm"))]
use proofkey_token::{BlockingTokenSource, BlockingTransport};

use crate::error::LoginError;
use crate::lazy::LazyMachineLogin;
use crate::machine::MachineLogin;

/// All calls together replace a refused token once in 10 seconds, so that an API which refuses every token does not cause a
/// token request for each call.
impl TokenSource for MachineLogin {
    type Error = LoginError;

    async fn token(&self, http: &impl Transport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, LoginError> {
        if refused.is_some_and(|refused| !self.replace(refused)) {
            return Ok(None);
        }
        Ok(ApiToken::of(&*self.tokens(http).await?))
    }
}

#[cfg(not(target_family = "wasm"))]
impl BlockingTokenSource for MachineLogin {
    type Error = LoginError;

    fn token(&self, http: &impl BlockingTransport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, LoginError> {
        if refused.is_some_and(|refused| !self.replace(refused)) {
            return Ok(None);
        }
        Ok(ApiToken::of(&*self.tokens_blocking(http)?))
    }
}

impl TokenSource for LazyMachineLogin {
    type Error = LoginError;

    async fn token(&self, http: &impl Transport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, LoginError> {
        TokenSource::token(self.get(http).await?, http, refused).await
    }
}

#[cfg(not(target_family = "wasm"))]
impl BlockingTokenSource for LazyMachineLogin {
    type Error = LoginError;

    fn token(&self, http: &impl BlockingTransport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, LoginError> {
        BlockingTokenSource::token(self.get_blocking(http)?, http, refused)
    }
}
