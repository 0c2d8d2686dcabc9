//! From a grant to an identity, in steps that survive being cancelled.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Request;
use http::request::Parts;
use proofkey_authorize::CodeGrant;
use proofkey_jwt::{Expected, IdToken, JwkSet};
use proofkey_token::{Exchange, TokenSet, Transport, exchange};
use zeroize::{Zeroize, Zeroizing};

use crate::error::LoginError;
use crate::identity::Identity;
use crate::login::Login;

/// The end of a login as a value: [`run`](Self::run) it, and run it again when the future was dropped
/// or the error is [retryable](LoginError::is_retryable).
///
/// A code that may have been sent is never sent again, whatever happens; tokens that came are kept
/// until their ID token is validated or refused.
///
/// ```
/// # use std::time::Duration;
/// # use proofkey::{Finish, Identity, LoginError, token::Transport};
/// # async fn with_a_limit(mut finish: Finish<'_>, http: &impl Transport) -> Result<Identity, LoginError> {
/// loop {
///     match tokio::time::timeout(Duration::from_secs(5), finish.run(http)).await {
///         Ok(result) => return result,
///         Err(_) => continue, // goes on where it was, or says that the code may be spent
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a login is finished only when this was run"]
pub struct Finish<'a> {
    login: &'a Login,
    redeem: Redeem<'a>,
    received: Option<(TokenSet, SystemTime)>,
}

impl<'a> Finish<'a> {
    pub(crate) fn new(login: &'a Login, redeem: Redeem<'a>) -> Self {
        Self { login, redeem, received: None }
    }

    /// Does what is still to be done.
    ///
    /// # Errors
    ///
    /// [`LoginError::Interrupted`] when an earlier run was dropped while the code was on its way,
    /// [`LoginError::Finished`] after a result or a final error, otherwise [`LoginError`], by step.
    pub async fn run(&mut self, http: &impl Transport) -> Result<Identity, LoginError> {
        let source = self.login.key_source(http);
        if self.received.is_none() {
            self.redeem.check()?;
            // Before the code is sent: nothing is lost when the keys cannot be had.
            self.login.keys.current(&source).await?;
            self.received = Some(self.redeem.run(http).await?);
        }
        let keys = self.login.keys.current(&source).await?;
        let id_token = match self.validate(&keys) {
            Err(LoginError::IdToken(error)) if error.is_key_not_found() => {
                match self.login.keys.newer(&source, &keys).await? {
                    Some(newer) => self.validate(&newer),
                    None => Err(error.into()),
                }
            }
            result => result,
        };
        // Good or bad, this was the last word.
        let received = self.received.take();
        match (id_token, received) {
            (Ok(id_token), Some((tokens, at))) => Ok(Identity::new(id_token, tokens, at)),
            (Err(error), _) => Err(error),
            (Ok(_), None) => Err(LoginError::Finished),
        }
    }

    fn validate(&self, keys: &Arc<JwkSet>) -> Result<IdToken, LoginError> {
        let Some((tokens, _)) = &self.received else { return Err(LoginError::Finished) };
        let id_token = tokens.id_token().ok_or(LoginError::IdTokenMissing)?;
        let expected = expected(self.login, self.redeem.exchange.grant(), tokens)?;
        Ok(IdToken::validate(id_token.expose(), keys, &expected)?)
    }
}

/// What the ID token of this login must say.
fn expected(login: &Login, grant: &CodeGrant, tokens: &TokenSet) -> Result<Expected, LoginError> {
    let mut expected = login.expected()?.access_token(tokens.access_token().expose()).code(grant.code().expose());
    if let Some(nonce) = grant.nonce() {
        expected = expected.nonce(nonce.expose());
    }
    if let Some(seconds) = grant.max_age() {
        expected = expected.max_age(Duration::from_secs(seconds));
    }
    Ok(expected)
}

/// The exchange of one code, at most once.
#[derive(Debug)]
pub(crate) struct Redeem<'a> {
    login: &'a Login,
    exchange: Exchange,
    request: Option<Ready>,
    /// Why there is no request any more.
    end: End,
}

#[derive(Debug, PartialEq)]
enum End {
    /// There still is one.
    Open,
    /// It was handed to the transport, and nobody waited for the answer.
    Sent,
    /// The answer came, or none did.
    Answered,
}

impl<'a> Redeem<'a> {
    pub(crate) fn new(login: &'a Login, grant: CodeGrant) -> Result<Self, LoginError> {
        if grant.client_id() != login.client_id() {
            return Err(LoginError::AnotherLogin);
        }
        let (request, exchange) = exchange(grant, login.server(), &login.authentication)?;
        Ok(Self { login, exchange, request: Some(Ready::new(request)), end: End::Open })
    }

    /// Whether the code can still be sent.
    pub(crate) fn check(&self) -> Result<(), LoginError> {
        match self.end {
            End::Open => Ok(()),
            End::Sent => Err(LoginError::Interrupted),
            End::Answered => Err(LoginError::Finished),
        }
    }

    /// Sends the code, and gives the tokens with the time at which they came.
    pub(crate) async fn run(&mut self, http: &impl Transport) -> Result<(TokenSet, SystemTime), LoginError> {
        self.check()?;
        let Some(ready) = self.request.take() else { return Err(LoginError::Finished) };
        let request = ready.request();
        // Set before the first octet can leave: if this future is dropped from here on, the code may be spent.
        self.end = End::Sent;
        let sent = http.send(request).await;
        self.end = End::Answered;
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => {
                if !error.may_have_been_sent() {
                    self.request = Some(ready);
                    self.end = End::Open;
                }
                return Err(LoginError::Exchange(error.into()));
            }
        };
        let tokens = self.exchange.receive(&response);
        response.body_mut().as_mut_slice().zeroize();
        Ok((tokens?, self.login.now()))
    }
}

/// A request that can be made again, as long as it was not sent. Its body is overwritten when dropped.
struct Ready {
    head: Parts,
    body: Zeroizing<Vec<u8>>,
}

impl Ready {
    fn new(request: Request<Vec<u8>>) -> Self {
        let (head, body) = request.into_parts();
        Self { head, body: Zeroizing::new(body) }
    }

    fn request(&self) -> Request<Vec<u8>> {
        Request::from_parts(self.head.clone(), self.body.to_vec())
    }
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ready(..)")
    }
}
