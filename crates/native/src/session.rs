//! Access tokens that are valid, from tokens that are stored.

mod blocking;
mod client;
mod error;
mod flight;
mod freshness;
mod keeper;
mod requests;
mod token_source;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use proofkey::token::AccessToken;

pub use blocking::BlockingSession;
pub use client::SessionClient;
pub use error::SessionError;
pub use requests::Requests;

use crate::{Credentials, EndReason, TokenStore};
use flight::Flight;
use freshness::Need;
use keeper::Keeper;
use requests::Sender;

/// A user's login that outlives the program. It returns valid access tokens, refreshing them when necessary, and keeps
/// the tokens in a [`TokenStore`]. [`BlockingSession`] is the same without a runtime.
///
/// ```
/// # use std::sync::Arc;
/// # use proofkey::{Login, token::Http};
/// # use proofkey_native::{MemoryStore, Session, SessionError};
/// # async fn example(login: Arc<Login>, http: Http, store: MemoryStore) -> Result<(), SessionError> {
/// // Requests are sent by a task, so that a refresh goes on when its caller is cancelled.
/// let session = Session::new(login, store, move |requests| drop(tokio::spawn(requests.send_with(http.clone()))));
///
/// // Before each request to the API:
/// let token = session.access_token().await?;
/// # drop(token);
/// # Ok(())
/// # }
/// ```
///
/// # Refreshing
///
/// * One refresh at a time: callers of this session share it, and other processes wait for the lock of the store, then
///   read what the first one stored. While the access token is still valid, no caller waits.
/// * The new tokens are stored before the access token is returned, and before their ID token is validated. A refresh
///   token that the server does not replace is kept. An ID token must be about the same user (OpenID Connect Core section
///   12.2).
/// * A failed request deletes nothing. Only if the server refuses the refresh token (`invalid_grant`), and no other
///   process has stored another one by then, is the login over: [`SessionError::is_login_required`].
/// * Before a refresh token is sent, that is noted in the store. If the program is killed before the response is
///   stored, the next run finds the note ([`SessionStatus::refresh_begun`]), tries the same refresh token once more,
///   and fails with `session_interrupted` if the server refuses it.
///
/// A session without [`with_subject`](Self::with_subject) is that of the user who signed in last, and stays with that user.
pub struct Session {
    keeper: Arc<Keeper>,
    spawn: Box<dyn Fn(Requests) + Send + Sync>,
    refresh: Mutex<Option<(Need, Flight<Arc<Credentials>>)>>,
}

impl Session {
    /// Creates a session with the tokens that `store` has for `client`. Nothing is read yet.
    ///
    /// `spawn` is called when requests must be sent, in the task that requests a token. It must spawn a task that runs
    /// [`Requests::send_with`].
    pub fn new(
        client: impl Into<SessionClient>,
        store: impl TokenStore + 'static,
        spawn: impl Fn(Requests) + Send + Sync + 'static,
    ) -> Self {
        let keeper = Keeper::new(client.into(), Box::new(store));
        Self { keeper: Arc::new(keeper), spawn: Box::new(spawn), refresh: Mutex::default() }
    }

    /// Makes this the session of the user with this subject.
    #[must_use]
    pub fn with_subject(self, subject: impl Into<String>) -> Self {
        self.keeper.state().user = Some(Some(subject.into()));
        self
    }

    /// Returns an access token that stays valid for at least another minute, or a tenth of its lifetime if that is
    /// shorter. If it cannot be refreshed at the moment, the remaining time may be less. A token whose lifetime the
    /// server did not state counts as valid until [`renew`](Self::renew).
    ///
    /// Dropping the future does not stop a refresh.
    ///
    /// # Errors
    ///
    /// [`SessionError`]; see [`is_login_required`](SessionError::is_login_required).
    pub async fn access_token(&self) -> Result<AccessToken, SessionError> {
        access_token(&*self.credentials().await?)
    }

    /// Returns an access token that stays valid for at least `duration`, or for nine tenths of its lifetime if that is
    /// shorter.
    ///
    /// # Errors
    ///
    /// [`SessionError`], also if the current token is valid for less time and cannot be refreshed.
    pub async fn access_token_for(&self, duration: Duration) -> Result<AccessToken, SessionError> {
        access_token(&*self.access(Need::valid_for(duration)).await?)
    }

    /// Returns the user's identity with valid tokens, under the conditions of [`access_token`](Self::access_token).
    ///
    /// # Errors
    ///
    /// As [`access_token`](Self::access_token).
    pub async fn credentials(&self) -> Result<Arc<Credentials>, SessionError> {
        self.access(Need::default()).await
    }

    /// Returns tokens that replace `refused`, which the API has refused (status 401). They are refreshed unless another
    /// caller has already done so.
    ///
    /// # Errors
    ///
    /// As [`access_token`](Self::access_token).
    pub async fn renew(&self, refused: &Arc<Credentials>) -> Result<Arc<Credentials>, SessionError> {
        self.access(Need::other_than(refused.tokens().access_token())).await
    }

    /// Stores the tokens of a login. From now on this is the session of that user.
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`].
    pub async fn sign_in(&self, credentials: impl Into<Credentials>) -> Result<(), SessionError> {
        let credentials = credentials.into();
        self.read(move |keeper| keeper.sign_in(credentials)).await
    }

    /// Revokes the refresh token at the server, if the server supports it, and removes the tokens from the store.
    ///
    /// To end the user's session at the server as well, open the URL of [`Login::logout`](proofkey::Login::logout) for
    /// the returned identity in the browser.
    ///
    /// # Errors
    ///
    /// [`SessionError::Login`] if the token could not be revoked: it is still valid and still stored. Try again, or
    /// [`forget`](Self::forget) it.
    pub async fn sign_out(&self) -> Result<SignedOut, SessionError> {
        self.send(|keeper, http| keeper.sign_out(http)).wait().await
    }

    /// Removes the user's tokens from the store. They stay valid: see [`sign_out`](Self::sign_out).
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`].
    pub async fn forget(&self) -> Result<(), SessionError> {
        self.read(Keeper::forget).await
    }

    /// Returns what is stored, without a request.
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`].
    pub async fn status(&self) -> Result<SessionStatus, SessionError> {
        self.read(Keeper::status).await
    }

    /// Returns the subjects of the users who are signed in, the latest first.
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`].
    pub async fn subjects(&self) -> Result<Vec<String>, SessionError> {
        self.read(Keeper::subjects).await
    }

    /// Returns the store.
    pub fn store(&self) -> &dyn TokenStore {
        self.keeper.store()
    }

    async fn access(&self, need: Need) -> Result<Arc<Credentials>, SessionError> {
        if let Some(ready) = self.keeper.ready(&need) {
            return Ok(ready);
        }
        let flight = {
            let mut refresh = self.refresh.lock().unwrap_or_else(PoisonError::into_inner);
            match &*refresh {
                Some((same, flight)) if same.is(&need) && !flight.has_landed() => {
                    if let Some(old) = self.keeper.meanwhile(&need) {
                        return Ok(old);
                    }
                    flight.clone()
                }
                _ => {
                    let asked = need.clone();
                    let flight = self.send(move |keeper, http| keeper.access(http, &asked));
                    *refresh = Some((need, flight.clone()));
                    flight
                }
            }
        };
        flight.wait().await
    }

    /// Starts work that needs requests.
    fn send<T: Clone + Send + 'static>(
        &self,
        work: impl FnOnce(&Keeper, &Sender) -> Result<T, SessionError> + Send + 'static,
    ) -> Flight<T> {
        let (sender, requests) = requests::line();
        (self.spawn)(requests);
        let keeper = Arc::clone(&self.keeper);
        Flight::start(move || work(&keeper, &sender))
    }

    async fn read<T: Clone + Send + 'static>(
        &self,
        work: impl FnOnce(&Keeper) -> Result<T, SessionError> + Send + 'static,
    ) -> Result<T, SessionError> {
        let keeper = Arc::clone(&self.keeper);
        Flight::start(move || work(&keeper)).wait().await
    }
}

impl Session {
    /// Sets how long to wait for another process that refreshes. The default is 90 seconds, longer than the time-outs
    /// of a refresh.
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
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keeper.fmt(f, "Session")
    }
}

/// What a store holds about a user. Returned by [`Session::status`].
#[derive(Clone, Debug, Default)]
pub struct SessionStatus {
    credentials: Option<Arc<Credentials>>,
    refresh_begun: Option<SystemTime>,
    ended: Option<EndReason>,
}

impl SessionStatus {
    /// Returns the stored identity and tokens, which may have expired; `None` if no user is signed in.
    pub fn credentials(&self) -> Option<&Arc<Credentials>> {
        self.credentials.as_ref()
    }

    /// Returns when a refresh began whose outcome is not stored: it is under way, or it was interrupted and the refresh
    /// token may have been replaced.
    pub fn refresh_begun(&self) -> Option<SystemTime> {
        self.refresh_begun
    }

    /// Returns why the user must log in again; `None` unless the stored login is known to have ended.
    pub fn ended(&self) -> Option<EndReason> {
        self.ended
    }
}

/// A session that has ended. Returned by [`Session::sign_out`].
#[derive(Clone, Debug)]
pub struct SignedOut {
    credentials: Arc<Credentials>,
    is_revoked: bool,
}

impl SignedOut {
    /// Returns the credentials that were stored. [`Login::logout`](proofkey::Login::logout) needs their ID token.
    pub fn credentials(&self) -> &Arc<Credentials> {
        &self.credentials
    }

    /// Returns whether the token was revoked; `false` if the server offers no revocation, so that it stays valid until it
    /// expires.
    pub fn is_revoked(&self) -> bool {
        self.is_revoked
    }
}

/// A copy of the access token. A server that issues none needs a deviation, and has none to hand out.
fn access_token(credentials: &Credentials) -> Result<AccessToken, SessionError> {
    credentials.tokens().access_token().cloned().ok_or(SessionError::Expired)
}
