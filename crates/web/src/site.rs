//! What all routes share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use axum::response::Response;
use proofkey::token::Http;
use tower_sessions_core::session::Id;

use crate::backchannel;
use crate::cookie::Cookies;
use crate::failure::Failure;
use crate::origin::Origin;
use crate::page::{self, Page, PageKind, Render};
use crate::provider::Client;
use crate::return_to::ReturnTo;
use crate::seal::Seal;
use crate::session::Session;
use crate::store::{Key, Store};

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

pub(crate) struct Site {
    /// At least one.
    pub(crate) clients: Vec<Client>,
    pub(crate) origin: Origin,
    pub(crate) paths: Paths,
    pub(crate) cookies: Cookies,
    /// Seals the cookies of pending logins and logouts.
    pub(crate) seal: Seal,
    pub(crate) store: Store,
    pub(crate) http: Http,
    pub(crate) lifetime: Duration,
    pub(crate) render: Render,
    pub(crate) clock: Clock,
    /// The sessions that are being refreshed by this process.
    pub(crate) refreshes: Refreshes,
}

/// The addresses of the routes.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) login: String,
    pub(crate) failed: String,
    pub(crate) logout: String,
    pub(crate) logged_out: String,
}

impl Paths {
    pub(crate) fn below(prefix: &str) -> Self {
        let path = |name: &str| format!("{prefix}/{name}");
        Self {
            login: path("login"),
            failed: path("login-failed"),
            logout: path("logout"),
            logged_out: path("logged-out"),
        }
    }

    /// The route at which the login at one of several providers begins.
    pub(crate) fn login_at(&self, client: &Client) -> String {
        format!("{}/{}", self.login, client.name)
    }
}

impl Site {
    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)()
    }

    pub(crate) fn client(&self, name: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.name == name)
    }

    /// The session of a request.
    pub(crate) async fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, Failure> {
        let Some(cookie) = self.cookies.get(headers, self.cookies.session()) else { return Ok(None) };
        self.session_by_id(Key::Session(cookie).id()).await
    }

    /// A session that neither has ended nor was ended by its provider.
    pub(crate) async fn session_by_id(&self, id: Id) -> Result<Option<Session>, Failure> {
        let Some(session) = Session::read(&self.store, id, self.now()).await? else { return Ok(None) };
        let Some(client) = self.client(&session.provider) else { return Ok(None) };
        if client.backchannel_logout.is_some() && backchannel::is_logged_out(&self.store, &session).await? {
            session.end(&self.store, self.now()).await?;
            return Ok(None);
        }
        Ok(Some(session))
    }

    /// A page of this application, from a parameter of the login's. Those of the login itself would lead back to it.
    pub(crate) fn return_to(&self, text: &str) -> ReturnTo {
        let Paths { login, failed, logout, logged_out } = &self.paths;
        let own = |path: &str| {
            [failed, logout, logged_out].into_iter().any(|own| own == path)
                || path.strip_prefix(login.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        ReturnTo::new(text).filter(|page| !own(page.path())).unwrap_or_else(ReturnTo::home)
    }

    pub(crate) fn show(&self, page: &Page) -> Response {
        page::response(&self.render, page, Duration::ZERO)
    }

    /// The page of a 401.
    pub(crate) fn sign_in_required(&self) -> Response {
        self.show(&Page::new(PageKind::SignInRequired).link(self.paths.login.as_str(), "Log in"))
    }

    /// The page of a failure, at an address without a code.
    pub(crate) fn show_failure(&self, failure: &Failure, return_to: &ReturnTo) -> Response {
        page::response(&self.render, &self.failed(failure.page(), return_to), failure.retry_after())
    }

    pub(crate) fn failed(&self, kind: PageKind, return_to: &ReturnTo) -> Page {
        let page = Page::new(kind);
        let page = if kind == PageKind::AlreadyUsed { page.link(return_to.as_str(), "Continue") } else { page };
        page.link(return_to.link(&self.paths.login), "Log in again")
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("origin", &self.origin).field("paths", &self.paths).finish_non_exhaustive()
    }
}

/// One lock for each session that is being refreshed.
#[derive(Debug, Default)]
pub(crate) struct Refreshes(Mutex<HashMap<Id, Weak<tokio::sync::Mutex<()>>>>);

impl Refreshes {
    pub(crate) fn of(&self, id: Id) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(&id).and_then(Weak::upgrade) {
            return lock;
        }
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        locks.insert(id, Arc::downgrade(&lock));
        lock
    }
}
