//! The user's access token, refreshed when it is due: once, however many requests need it at the same time.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proofkey::LoginError;
use proofkey::token::{AccessToken, RefreshError, TokenRequestError, TokenSet};
use tower_sessions_core::session::Id;
use tower_sessions_core::session_store;

use crate::failure::Failure;
use crate::revoke::revoke;
use crate::session::Session;
use crate::site::Site;
use crate::store::{Key, Store, owner, seconds};
use crate::user::User;

/// A token that expires within this time is refreshed, unless it is valid for less than twice that time.
const MARGIN: Duration = Duration::from_secs(30);
/// How long another machine may take for a refresh. It is longer than the deadlines of its requests.
const CLAIM: Duration = Duration::from_secs(120);
/// Between two looks at a session that another machine refreshes.
const POLL: Duration = Duration::from_millis(100);

impl User {
    /// Returns the access token. It is valid for 30 seconds more, or for half of its life if that is less, as far as the server
    /// said how long it is valid.
    ///
    /// A token that is due is refreshed first. Requests at the same time share one refresh, on all machines that share a
    /// store whose `create` is atomic, so that a server which rotates refresh tokens never sees one twice. Dropping the future does not interrupt
    /// it. The session ends if the server no longer accepts the refresh token (`invalid_grant`), or if a new ID token is
    /// refused. Without a refresh token, which some servers return for the scope `offline_access` only, the user stays
    /// signed in.
    ///
    /// # Errors
    ///
    /// [`AccessError::Ended`] if the user has to log in again; [`AccessError::Unavailable`] if a retry can help.
    pub async fn access_token(&self) -> Result<AccessToken, AccessError> {
        let tokens = self.session.identity.tokens();
        if !is_due(tokens, self.site.now()) {
            return copy(tokens);
        }
        let (site, id, ends) = (Arc::clone(&self.site), self.session.id, self.session.ends());
        let task = tokio::spawn(async move { refreshed(&site, id, ends).await });
        task.await.unwrap_or(Err(AccessError::Unavailable { retry_after: None }))
    }
}

/// Whether the token is to be refreshed before it is used.
fn is_due(tokens: &TokenSet, now: SystemTime) -> bool {
    let lifetime = tokens.expires_at().and_then(|at| at.duration_since(tokens.received_at()).ok()).unwrap_or_default();
    // A token that is valid for a moment only would be due at once.
    tokens.is_expired(now + MARGIN.min(lifetime / 2))
}

fn copy(tokens: &TokenSet) -> Result<AccessToken, AccessError> {
    tokens.access_token().cloned().ok_or(AccessError::Ended)
}

async fn refreshed(site: &Arc<Site>, id: Id, ends: SystemTime) -> Result<AccessToken, AccessError> {
    let lock = site.refreshes.of(id);
    let _guard = lock.lock().await;
    let (began, key) = (site.now(), Key::Refreshing(id).id());
    loop {
        let now = site.now();
        if let Some(turn) = take_turn(&site.store, id, now, ends).await.map_err(Failure::from)? {
            let result = refreshed_alone(site, id, now + CLAIM / 2).await;
            // Not that of a machine which took over, because this one was slow.
            if site.store.read(key).await.map_err(Failure::from)?.is_some_and(|found| *found == turn) {
                site.store.delete(key).await.map_err(Failure::from)?;
            }
            return result;
        }
        if now.duration_since(began).unwrap_or_default() > CLAIM {
            return Err(AccessError::Unavailable { retry_after: None });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Claims the refresh of a session, or takes over that of a machine which stopped in the middle. `None`: another one has it.
///
/// A claim is as long in the store as its session, so that no machine takes its absence for its end.
async fn take_turn(
    store: &Store,
    id: Id,
    now: SystemTime,
    ends: SystemTime,
) -> Result<Option<String>, session_store::Error> {
    let key = Key::Refreshing(id).id();
    let turn = format!("{}\n{}", seconds(now + CLAIM), owner()?);
    let Some(before) = store.read(key).await? else {
        return Ok(store.claim_with(key, &turn, ends).await?.then_some(turn));
    };
    let is_over = before.split('\n').next().and_then(|at| at.parse().ok()).is_none_or(|at: u64| at < seconds(now));
    if !is_over || !store.claim(Key::TakenOver(id, &before), now, ends).await? {
        return Ok(None);
    }
    store.put(key, &turn, ends).await?;
    Ok(Some(turn))
}

/// The session is read after it was claimed, never before: what another machine refreshed meanwhile is then in it.
async fn refreshed_alone(site: &Arc<Site>, id: Id, until: SystemTime) -> Result<AccessToken, AccessError> {
    let session = site.session_by_id(id).await?.ok_or(AccessError::Ended)?;
    let tokens = session.identity.tokens();
    if is_due(tokens, site.now()) { refresh(site, session, until).await } else { copy(tokens) }
}

async fn refresh(site: &Arc<Site>, mut session: Session, until: SystemTime) -> Result<AccessToken, AccessError> {
    let client = site.client(&session.provider).ok_or(AccessError::Ended)?;
    let login = client.login(&site.http, site.now()).await?;
    let refreshed = login.refresh(&site.http, &mut session.identity).await;
    match &refreshed {
        // The user stays signed in.
        Err(LoginError::Refresh(RefreshError::Request(TokenRequestError::NoRefreshToken))) => {
            return Err(AccessError::Ended);
        }
        Err(error) if is_final(error) => {
            tracing::warn!(provider = client.name, code = error.code(), "{error}");
            session.end(&site.store, site.now()).await?;
            return Err(AccessError::Ended);
        }
        _ => {}
    }
    // After an error as well: new tokens may have come whose ID token cannot be checked yet.
    if !keep(site, &session, until).await? {
        // The logout revoked the tokens from before.
        revoke(Arc::clone(site), session);
        return Err(AccessError::Ended);
    }
    refreshed.map_err(Failure::from)?;
    copy(session.identity.tokens())
}

/// Writes new tokens, again and again while the store fails: the server has replaced those that the store holds. `until` is
/// long before another machine takes over.
async fn keep(site: &Site, session: &Session, until: SystemTime) -> Result<bool, Failure> {
    let mut is_first = true;
    loop {
        match session.write(&site.store).await {
            // The first goes to the log, and so does the one that is returned.
            Err(failure) if site.now() < until => {
                if std::mem::take(&mut is_first) {
                    failure.log(&session.provider);
                }
            }
            result => return result,
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Whether the user has to log in again. Other errors, such as a wrong client secret, are not about the user's tokens.
fn is_final(error: &LoginError) -> bool {
    match error {
        LoginError::Refresh(_) => error.server_error() == Some("invalid_grant"),
        LoginError::IdToken { .. } | LoginError::AnotherLogin { .. } => true,
        _ => false,
    }
}

/// Why there is no access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// `web_session_ended`: the session has ended, the server no longer accepts its refresh token, or it has none. The user
    /// has to log in again.
    Ended,
    /// `web_unavailable`: the server or the session store cannot be reached, or the server refused for a reason that is not
    /// the user's, such as a wrong client secret. The log has the reason.
    Unavailable {
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
}

impl AccessError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ended => "web_session_ended",
            Self::Unavailable { .. } => "web_unavailable",
        }
    }

    /// Returns whether trying again later can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "access token: the session has ended; the user has to log in again",
            Self::Unavailable { .. } => {
                "access token: it cannot be refreshed now, for the reason in the log; try again later"
            }
        })
    }
}

impl Error for AccessError {}

impl From<Failure> for AccessError {
    fn from(failure: Failure) -> Self {
        failure.log("refresh");
        Self::Unavailable { retry_after: failure.stated_retry_after() }
    }
}
