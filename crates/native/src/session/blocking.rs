use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proofkey::token::{AccessToken, BlockingTransport};

use super::freshness::Need;
use super::keeper::Keeper;
use super::{SessionClient, SessionError, SessionStatus, SignedOut, access_token};
use crate::{Credentials, TokenStore};

/// A [`Session`](super::Session) without an asynchronous runtime: the calling thread does the work. Share one between
/// threads.
///
/// ```
/// # use proofkey::{Login, token::BlockingTransport};
/// # use proofkey_native::{BlockingSession, MemoryStore, SessionError};
/// # fn example(login: Login, http: &impl BlockingTransport, store: MemoryStore) -> Result<(), SessionError> {
/// let session = BlockingSession::new(login, store);
///
/// // Before each request to the API:
/// let token = session.access_token(http)?;
/// # drop(token);
/// # Ok(())
/// # }
/// ```
pub struct BlockingSession {
    pub(super) keeper: Keeper,
}

impl BlockingSession {
    /// Creates a session with the tokens that `store` has for `client`. Nothing is read yet.
    pub fn new(client: impl Into<SessionClient>, store: impl TokenStore + 'static) -> Self {
        Self { keeper: Keeper::new(client.into(), Box::new(store)) }
    }

    /// Makes this the session of the user with this subject.
    #[must_use]
    pub fn with_subject(self, subject: impl Into<String>) -> Self {
        self.keeper.state().user = Some(Some(subject.into()));
        self
    }

    /// Sets how long to wait for another process that refreshes. The default is 90 seconds.
    #[must_use]
    pub fn with_lock_timeout(self, timeout: Duration) -> Self {
        self.keeper.settings().lock_timeout = timeout;
        self
    }

    /// Sets the clock. The default is the system's clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.keeper.settings().clock = Arc::new(clock);
        self
    }

    /// Returns an access token that is valid: see [`Session::access_token`](super::Session::access_token).
    ///
    /// # Errors
    ///
    /// [`SessionError`].
    pub fn access_token(&self, http: &impl BlockingTransport) -> Result<AccessToken, SessionError> {
        access_token(&*self.credentials(http)?)
    }

    /// Returns an access token that stays valid for at least `duration`: see
    /// [`Session::access_token_for`](super::Session::access_token_for).
    ///
    /// # Errors
    ///
    /// [`SessionError`].
    pub fn access_token_for(
        &self,
        http: &impl BlockingTransport,
        duration: Duration,
    ) -> Result<AccessToken, SessionError> {
        access_token(&*self.keeper.access(http, &Need::valid_for(duration))?)
    }

    /// Returns the user's identity with tokens that are valid.
    ///
    /// # Errors
    ///
    /// [`SessionError`].
    pub fn credentials(&self, http: &impl BlockingTransport) -> Result<Arc<Credentials>, SessionError> {
        self.keeper.access(http, &Need::default())
    }

    /// Returns tokens that replace `refused`: see [`Session::renew`](super::Session::renew).
    ///
    /// # Errors
    ///
    /// [`SessionError`].
    pub fn renew(
        &self,
        http: &impl BlockingTransport,
        refused: &Arc<Credentials>,
    ) -> Result<Arc<Credentials>, SessionError> {
        self.keeper.access(http, &Need::other_than(refused.tokens().access_token()))
    }

    /// Stores the tokens of a login. From now on this is the session of that user.
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`].
    pub fn sign_in(&self, credentials: impl Into<Credentials>) -> Result<(), SessionError> {
        self.keeper.sign_in(credentials.into())
    }

    /// Revokes the refresh token and removes the tokens: see [`Session::sign_out`](super::Session::sign_out).
    ///
    /// # Errors
    ///
    /// [`SessionError`].
    pub fn sign_out(&self, http: &impl BlockingTransport) -> Result<SignedOut, SessionError> {
        self.keeper.sign_out(http)
    }

    /// Removes the user's tokens from the store. They stay valid.
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`].
    pub fn forget(&self) -> Result<(), SessionError> {
        self.keeper.forget()
    }

    /// Returns what is stored, without a request.
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`].
    pub fn status(&self) -> Result<SessionStatus, SessionError> {
        self.keeper.status()
    }

    /// Returns the subjects of the users who are signed in, the latest first.
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`].
    pub fn subjects(&self) -> Result<Vec<String>, SessionError> {
        self.keeper.subjects()
    }

    /// Returns the store.
    pub fn store(&self) -> &dyn TokenStore {
        self.keeper.store()
    }
}

impl fmt::Debug for BlockingSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keeper.fmt(f, "BlockingSession")
    }
}
