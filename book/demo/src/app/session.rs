//! A session for each browser, in memory and bounded. Never one for all: the next visitor would be signed in.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::http::HeaderMap;
use proofkey::Identity;
use proofkey::authorize::{CallbackError, CodeGrant, Pending, PendingLogins, PendingLogout};

use crate::cookie;

const COOKIE: &str = "proofkey_session";
/// One more pushes the oldest out.
const MOST: usize = 1024;

struct Session {
    id: String,
    /// Logins that this browser has begun: one a tab.
    waiting: PendingLogins,
    identity: Option<Arc<Identity>>,
    /// The logout at the server that this browser was offered: where it begins, and what awaits the return.
    leaving: Option<(String, PendingLogout)>,
}

impl Session {
    fn new(id: String) -> Self {
        Self { id, waiting: PendingLogins::new(8), identity: None, leaving: None }
    }
}

#[derive(Default)]
pub(super) struct Sessions(Mutex<VecDeque<Session>>);

impl Sessions {
    /// Keeps a begun login in this browser's session; the cookie by which the browser is known again.
    pub(super) fn wait(&self, headers: &HeaderMap, pending: Pending) -> std::io::Result<String> {
        let (fresh, now) = (cookie::random()?, pending.created_at());
        let mut kept = self.lock();
        let old = position(&kept, headers).and_then(|at| kept.remove(at));
        let mut session = old.unwrap_or_else(|| Session::new(fresh));
        session.waiting.insert(pending, now);
        Ok(keep(&mut kept, session))
    }

    /// The callback, held against the logins of this browser and of no other.
    pub(super) fn receive(
        &self,
        headers: &HeaderMap,
        query: &str,
        now: SystemTime,
    ) -> Result<CodeGrant, CallbackError> {
        let mut kept = self.lock();
        let session = position(&kept, headers).and_then(|at| kept.get_mut(at));
        session.ok_or(CallbackError::StateMismatch)?.waiting.receive(query, now)
    }

    /// Under a new name, to prevent session fixation.
    pub(super) fn sign_in(&self, headers: &HeaderMap, identity: &Arc<Identity>) -> std::io::Result<String> {
        let id = cookie::random()?;
        let mut kept = self.lock();
        let old = position(&kept, headers).and_then(|at| kept.remove(at));
        let old = old.unwrap_or_else(|| Session::new(String::new()));
        Ok(keep(&mut kept, Session { id, identity: Some(identity.clone()), leaving: None, ..old }))
    }

    pub(super) fn identity(&self, headers: &HeaderMap) -> Option<Arc<Identity>> {
        let kept = self.lock();
        position(&kept, headers).and_then(|at| kept.get(at)?.identity.clone())
    }

    /// Ends the session. In the new one, which knows no user, the logout at the server can wait.
    pub(super) fn sign_out(
        &self,
        headers: &HeaderMap,
        leaving: Option<(String, PendingLogout)>,
    ) -> std::io::Result<String> {
        let id = cookie::random()?;
        let mut kept = self.lock();
        drop(position(&kept, headers).and_then(|at| kept.remove(at)));
        Ok(keep(&mut kept, Session { leaving, ..Session::new(id) }))
    }

    /// Where the logout at the server begins.
    pub(super) fn leaving(&self, headers: &HeaderMap) -> Option<String> {
        let kept = self.lock();
        position(&kept, headers).and_then(|at| Some(kept.get(at)?.leaving.as_ref()?.0.clone()))
    }

    /// The logout whose return has come, once.
    pub(super) fn left(&self, headers: &HeaderMap) -> Option<PendingLogout> {
        let mut kept = self.lock();
        position(&kept, headers).and_then(|at| Some(kept.get_mut(at)?.leaving.take()?.1))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn position(kept: &VecDeque<Session>, headers: &HeaderMap) -> Option<usize> {
    let id = cookie::read(headers, COOKIE)?;
    kept.iter().position(|session| session.id == id)
}

fn keep(kept: &mut VecDeque<Session>, session: Session) -> String {
    let cookie = cookie::set(COOKIE, &session.id);
    kept.push_back(session);
    if kept.len() > MOST {
        kept.pop_front();
    }
    cookie
}
