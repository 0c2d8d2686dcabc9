//! A session's tokens, for its requests to an API.

use std::sync::Arc;

use proofkey::token::{ApiToken, BlockingTokenSource, BlockingTransport, TokenSource, Transport};

use super::blocking::BlockingSession;
use super::freshness::Need;
use super::{Session, SessionError};
use crate::Credentials;

/// A token that the API refuses is refreshed, unless it was received in the last 10 seconds: an API that refuses every token
/// does not cause a refresh for each call.
impl TokenSource for Session {
    type Error = SessionError;

    async fn token(&self, _: &impl Transport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, SessionError> {
        let Some(need) = need(refused, |token| self.keeper.is_new(token)) else { return Ok(None) };
        found(self.access(need).await, refused)
    }
}

/// As for [`Session`].
impl BlockingTokenSource for BlockingSession {
    type Error = SessionError;

    fn token(
        &self,
        http: &impl BlockingTransport,
        refused: Option<&ApiToken>,
    ) -> Result<Option<ApiToken>, SessionError> {
        let Some(need) = need(refused, |token| self.keeper.is_new(token)) else { return Ok(None) };
        found(self.keeper.access(http, &need), refused)
    }
}

/// `None`: another token would be refused as well.
fn need(refused: Option<&ApiToken>, is_new: impl Fn(&ApiToken) -> bool) -> Option<Need> {
    match refused {
        Some(refused) if is_new(refused) => None,
        Some(refused) => Some(Need::other_than(Some(refused.access_token()))),
        None => Some(Need::default()),
    }
}

fn found(
    result: Result<Arc<Credentials>, SessionError>,
    refused: Option<&ApiToken>,
) -> Result<Option<ApiToken>, SessionError> {
    match result {
        // It cannot be refreshed: what the API said is the answer.
        Err(SessionError::Expired) if refused.is_some() => Ok(None),
        result => Ok(ApiToken::of(result?.tokens())),
    }
}
