use std::fmt;
use std::sync::Arc;

use proofkey::token::BlockingTransport;
use proofkey::{LazyLogin, Login, LoginError, Stage};

use crate::{SessionError, StoreKey};

/// The client whose tokens a session keeps: a [`Login`], or one that is created when a request must be made
/// ([`lazy`](Self::lazy)), so that a program with a valid token needs no network.
pub struct SessionClient {
    key: StoreKey,
    login: Source,
}

enum Source {
    Ready(Arc<Login>),
    Lazy(Arc<LazyLogin>),
}

impl SessionClient {
    /// Creates a client whose server is discovered on first use. `login` must be of that issuer and client.
    pub fn lazy(issuer: impl Into<String>, client_id: impl Into<String>, login: impl Into<Arc<LazyLogin>>) -> Self {
        Self { key: StoreKey::new(issuer, client_id), login: Source::Lazy(login.into()) }
    }

    pub(crate) fn key(&self) -> &StoreKey {
        &self.key
    }

    pub(crate) fn login(&self, http: &impl BlockingTransport) -> Result<&Login, SessionError> {
        let login = match &self.login {
            Source::Ready(login) => login,
            Source::Lazy(lazy) => lazy.get_blocking(http)?,
        };
        if key_of(login) == self.key { Ok(login) } else { Err(LoginError::AnotherLogin { stage: Stage::Setup }.into()) }
    }
}

fn key_of(login: &Login) -> StoreKey {
    StoreKey::new(login.server().issuer().as_str(), login.client_id().as_str())
}

impl From<Arc<Login>> for SessionClient {
    fn from(login: Arc<Login>) -> Self {
        Self { key: key_of(&login), login: Source::Ready(login) }
    }
}

impl From<Login> for SessionClient {
    fn from(login: Login) -> Self {
        Arc::new(login).into()
    }
}

impl fmt::Debug for SessionClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionClient").field("key", &self.key).finish_non_exhaustive()
    }
}
