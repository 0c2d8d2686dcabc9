//! A session for each browser, in memory and bounded. Never one for the server: whoever came next would be signed in.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::http::HeaderMap;
use proofkey::Identity;
use proofkey::authorize::{CallbackError, CodeGrant, Pending, PendingLogins};

use crate::cookie;

const COOKIE: &str = "proofkey_session";
/// One more pushes the oldest out.
const MOST: usize = 1024;

struct Session {
    id: String,
    /// Logins that this browser has begun: one a tab.
    waiting: PendingLogins,
    identity: Option<Arc<Identity>>,
}

#[derive(Default)]
pub(super) struct Sessions(Mutex<VecDeque<Session>>);

impl Sessions {
    /// Keeps a begun login in this browser's session; the cookie by which the browser is known again.
    pub(super) fn wait(&self, headers: &HeaderMap, pending: Pending) -> std::io::Result<String> {
        let (fresh, now) = (cookie::random()?, pending.created_at());
        let mut kept = self.lock();
        let old = position(&kept, headers).and_then(|at| kept.remove(at));
        let mut session = old.unwrap_or_else(|| Session { id: fresh, waiting: PendingLogins::new(8), identity: None });
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

    /// Under a new name, so that one which somebody else planted is worth nothing.
    pub(super) fn sign_in(&self, headers: &HeaderMap, identity: &Arc<Identity>) -> std::io::Result<String> {
        let id = cookie::random()?;
        let mut kept = self.lock();
        let old = position(&kept, headers).and_then(|at| kept.remove(at));
        let waiting = old.map_or_else(|| PendingLogins::new(8), |session| session.waiting);
        Ok(keep(&mut kept, Session { id, waiting, identity: Some(identity.clone()) }))
    }

    pub(super) fn identity(&self, headers: &HeaderMap) -> Option<Arc<Identity>> {
        let kept = self.lock();
        position(&kept, headers).and_then(|at| kept.get(at)?.identity.clone())
    }

    pub(super) fn forget(&self, headers: &HeaderMap) -> String {
        let mut kept = self.lock();
        drop(position(&kept, headers).and_then(|at| kept.remove(at)));
        cookie::clear(COOKIE)
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
