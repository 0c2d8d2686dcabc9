//! The tokens of one user: read, refreshed and stored, one refresh at a time.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use proofkey::token::{ApiToken, BlockingTransport, RefreshError};
use proofkey::{Identity, Login, LoginError, Step, Steps};
use zeroize::Zeroizing;

use super::freshness::{Cached, Need};
use super::{SessionClient, SessionError, SessionStatus, SignedOut};
use crate::store::{Document, Entry};
use crate::{Credentials, EndReason, Record, Revision, StoreError, StoreLock, TokenStore};

/// How often a record is written again that others wrote meanwhile.
const CONFLICTS: u32 = 100;

/// How often a refresh is looked at again that others did meanwhile.
const ROUNDS: u32 = 3;

/// How long after each failure new tokens are written again.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];

/// How often the store is read while another process holds the lock.
const LOOK: Duration = Duration::from_millis(50);

/// How long another process may hold the lock: longer than the time-outs of a refresh and of a key fetch.
const LOCK_TIMEOUT: Duration = Duration::from_secs(90);

pub(crate) struct Keeper {
    client: SessionClient,
    store: Box<dyn TokenStore>,
    settings: Mutex<Settings>,
    state: Mutex<State>,
    /// Held by the one thread of this process that works.
    flight: Mutex<()>,
}

/// How a session was configured.
pub(crate) struct Settings {
    pub(crate) lock_timeout: Duration,
    pub(crate) clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The user; `None` until one was named or read.
    pub(crate) user: Option<Option<String>>,
    cached: Option<Cached>,
    /// What was read last, and the revision of its record.
    seen: Option<(Revision, Entry)>,
    /// New tokens that could not be stored, and the entry that they replace.
    unsaved: Option<(Entry, Entry)>,
    /// Held as long as there are such tokens: what is stored must not be refreshed.
    retained: Option<StoreLock>,
    /// How often a user of this session has signed in or out. What was loaded before that is not put into the cache.
    epoch: u64,
}

impl State {
    /// Drops all that is known of a user's login.
    fn end(&mut self, user: Option<&str>) {
        self.epoch += 1;
        if self.user.as_ref().is_some_and(|own| own.as_deref() == user) {
            (self.cached, self.seen) = (None, None);
        }
        if self.unsaved.as_ref().is_some_and(|(old, _)| old.subject.as_deref() == user) {
            (self.unsaved, self.retained) = (None, None);
        }
    }
}

impl Keeper {
    pub(crate) fn new(client: SessionClient, store: Box<dyn TokenStore>) -> Self {
        Self {
            client,
            store,
            settings: Mutex::new(Settings { lock_timeout: LOCK_TIMEOUT, clock: Arc::new(SystemTime::now) }),
            state: Mutex::default(),
            flight: Mutex::default(),
        }
    }

    /// What sessions show of themselves.
    pub(crate) fn fmt(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name).field("client", &self.client).field("store", &self.store).finish_non_exhaustive()
    }

    pub(crate) fn store(&self) -> &dyn TokenStore {
        &*self.store
    }

    /// A thread that panicked while it held the lock left nothing half done.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_timeout(&self) -> Duration {
        self.settings().lock_timeout
    }

    fn now(&self) -> SystemTime {
        let clock = Arc::clone(&self.settings().clock);
        clock()
    }

    /// What serves without any work.
    pub(crate) fn ready(&self, need: &Need) -> Option<Arc<Credentials>> {
        self.cached(|cached, now| cached.serves(need, now))
    }

    /// What serves as long as there is nothing newer.
    pub(crate) fn meanwhile(&self, need: &Need) -> Option<Arc<Credentials>> {
        self.cached(|cached, now| cached.serves_meanwhile(need, now))
    }

    /// Whether this token was received so lately that a newer one would be refused as well.
    pub(crate) fn is_new(&self, token: &ApiToken) -> bool {
        self.cached(|cached, now| cached.is_new(token, now)).is_some()
    }

    fn cached(&self, serves: impl Fn(&Cached, SystemTime) -> bool) -> Option<Arc<Credentials>> {
        let (now, state) = (self.now(), self.state());
        let cached = state.cached.as_ref().filter(|cached| serves(cached, now))?;
        Some(Arc::clone(&cached.credentials))
    }

    /// Credentials that serve, refreshed if they must be.
    pub(crate) fn access(&self, http: &impl BlockingTransport, need: &Need) -> Result<Arc<Credentials>, SessionError> {
        if let Some(ready) = self.ready(need) {
            return Ok(ready);
        }
        let _flight = match self.meanwhile(need) {
            Some(old) => match self.flight.try_lock() {
                Ok(flight) => flight,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return Ok(old),
            },
            None => self.fly(),
        };
        if let Some(ready) = self.ready(need) {
            return Ok(ready);
        }
        // Another process may have refreshed: no lock is needed to see that.
        let entry = self.read()?;
        if let Some(ready) = self.ready(need) {
            return Ok(ready);
        }
        self.refreshable(&entry)?;
        match self.refresh(http, need) {
            Err(error) if !error.is_login_required() => self.meanwhile(need).ok_or(error),
            result => result,
        }
    }

    fn refresh(&self, http: &impl BlockingTransport, need: &Need) -> Result<Arc<Credentials>, SessionError> {
        // Before the lock, so that no process waits for the discovery of another.
        let login = self.client.login(http)?;
        let timeout = if self.meanwhile(need).is_some() { Duration::ZERO } else { self.lock_timeout() };
        let begun = Instant::now();
        loop {
            let left = timeout.saturating_sub(begun.elapsed());
            match self.lock(left.min(LOOK)) {
                Err(StoreError::Busy { .. }) if left > Duration::ZERO => {}
                Err(StoreError::Busy { .. }) => return Err(self.failed(StoreError::Busy { after: timeout })),
                lock => {
                    let lock = lock.map_err(|error| self.failed(error))?;
                    return self.with_lock(lock, || self.refresh_locked(http, login, need));
                }
            }
            // What another process stores is seen without the lock.
            self.read()?;
            if let Some(ready) = self.ready(need) {
                return Ok(ready);
            }
        }
    }

    fn refresh_locked(
        &self,
        http: &impl BlockingTransport,
        login: &Login,
        need: &Need,
    ) -> Result<Arc<Credentials>, SessionError> {
        for _ in 0..ROUNDS {
            self.save_again()?;
            let entry = self.read()?;
            if let Some(ready) = self.ready(need) {
                return Ok(ready);
            }
            if let Some(newest) = self.renew(http, login, entry)? {
                // However short its lifetime is.
                return Ok(newest);
            }
        }
        // Others write the tokens and do not hold the lock.
        Err(self.failed(StoreError::Conflict))
    }

    /// The credentials of `entry`, if they can be refreshed.
    fn refreshable(&self, entry: &Entry) -> Result<Credentials, SessionError> {
        if let Some(reason) = entry.ended {
            return Err(SessionError::Ended { reason, error: None });
        }
        let credentials = self.credentials(entry)?;
        if credentials.tokens().refresh_token().is_none() { Err(SessionError::Expired) } else { Ok(credentials) }
    }

    /// Refreshes what is stored as `entry`. `None`: another process has changed it.
    fn renew(
        &self,
        http: &impl BlockingTransport,
        login: &Login,
        entry: Entry,
    ) -> Result<Option<Arc<Credentials>>, SessionError> {
        let credentials = self.refreshable(&entry)?;
        let begun = self.now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let marked = Entry { begun: Some(begun), ..entry.clone() };
        if !self.replace(&entry, &marked)? {
            return Ok(None);
        }
        let mut work = Work { keeper: self, http, login, stored: marked };
        let result = match credentials {
            Credentials::Identity(identity) => work.identity(*identity)?,
            Credentials::Tokens(tokens) => work.tokens(*tokens)?,
        };
        let stored = work.stored;
        if let Err(error) = result {
            return self.after(error, &entry, stored).map(|()| None);
        }
        let is_newest = self.read()?.text == stored.text;
        Ok(self.state().cached.as_ref().filter(|_| is_newest).map(|cached| Arc::clone(&cached.credentials)))
    }

    /// What a refresh that failed means: nothing, if another process has changed what is stored. `before` was stored when
    /// it began.
    fn after(&self, error: LoginError, before: &Entry, stored: Entry) -> Result<(), SessionError> {
        if stored.text != before.text {
            // There are new tokens, which are stored. Their ID token is not validated yet, or was refused.
            return Err(error.into());
        }
        if error.server_error() == Some("invalid_grant") {
            let is_interrupted = before.begun.is_some();
            let reason = if is_interrupted { EndReason::Interrupted } else { EndReason::Refused };
            // Another process may have stored newer tokens: only if these are still stored are they refused.
            if self.replace(&stored, &Entry { begun: None, ended: Some(reason), ..stored.clone() })? {
                return Err(SessionError::Ended { reason, error: Some(Arc::new(error)) });
            }
            return Ok(());
        }
        if !may_have_rotated(&error) {
            self.replace(&stored, &Entry { begun: before.begun, ..stored.clone() })?;
        }
        Err(error.into())
    }

    pub(crate) fn sign_in(&self, credentials: Credentials) -> Result<(), SessionError> {
        let entry = Entry::new(&credentials);
        self.change(|document| {
            document.entries.retain(|other| other.subject != entry.subject);
            document.entries.insert(0, entry.clone());
            Some(())
        })?;
        let mut state = self.state();
        let now = self.now();
        state.end(entry.subject.as_deref());
        state.user = Some(entry.subject);
        (state.cached, state.seen) = (Some(Cached::new(credentials, None, now)), None);
        Ok(())
    }

    pub(crate) fn sign_out(&self, http: &impl BlockingTransport) -> Result<SignedOut, SessionError> {
        let _flight = self.fly();
        let lock = self.lock(self.lock_timeout()).map_err(|error| self.failed(error))?;
        self.with_lock(lock, || {
            self.save_again()?;
            let entry = self.read()?;
            let credentials = self.credentials(&entry)?;
            let login = self.client.login(http)?;
            let is_revoked = login.server().revocation_endpoint().is_some() && revoke(http, login, &credentials)?;
            // Only what was revoked: another process may have stored a new login of this user meanwhile.
            self.change(|document| {
                let mut entries = document.entries.iter();
                let at = entries.position(|other| other.subject == entry.subject && other.text == entry.text)?;
                document.entries.remove(at);
                Some(())
            })?;
            self.state().end(entry.subject.as_deref());
            Ok(SignedOut { credentials: Arc::new(credentials), is_revoked })
        })
    }

    /// Removes the user from the store.
    pub(crate) fn forget(&self) -> Result<(), SessionError> {
        let user = self.state().user.clone();
        let removed = self.change(|document| {
            let at = position(document, user.as_ref())?;
            Some(document.entries.remove(at).subject)
        })?;
        if let Some(user) = removed.or(user) {
            self.state().end(user.as_deref());
        }
        Ok(())
    }

    pub(crate) fn status(&self) -> Result<SessionStatus, SessionError> {
        let entry = match self.read() {
            Err(SessionError::SignedOut) => return Ok(SessionStatus::default()),
            entry => entry?,
        };
        Ok(SessionStatus {
            credentials: self.state().cached.as_ref().map(|cached| Arc::clone(&cached.credentials)),
            refresh_begun: entry.begun.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
            ended: entry.ended,
        })
    }

    pub(crate) fn subjects(&self) -> Result<Vec<String>, SessionError> {
        let document = self.load()?.map(|(_, document)| document).unwrap_or_default();
        Ok(document.entries.into_iter().filter_map(|entry| entry.subject).collect())
    }

    /// Reads the user's tokens into the cache.
    fn read(&self) -> Result<Entry, SessionError> {
        loop {
            if let Some(entry) = self.read_once()? {
                return Ok(entry);
            }
        }
    }

    /// `None`: a user of this session has signed in or out meanwhile, which is not to be undone.
    fn read_once(&self) -> Result<Option<Entry>, SessionError> {
        let key = self.client.key();
        let (epoch, user) = {
            let state = self.state();
            (state.epoch, state.user.clone())
        };
        let record = self.store.load(key).map_err(|error| self.failed(error))?;
        let revision = record.as_ref().map(Record::revision);
        if let Some((seen, entry)) = &self.state().seen
            && Some(*seen) == revision
        {
            return Ok(Some(entry.clone()));
        }
        let document = record.map_or_else(|| Ok(Document::default()), |record| Document::read(&record, key));
        let mut document = document.map_err(|error| self.failed(error))?;
        let entry = position(&document, user.as_ref()).map(|at| document.entries.swap_remove(at));
        let credentials = entry.as_ref().map(|entry| self.credentials(entry)).transpose()?;
        let now = self.now();
        let mut state = self.state();
        if (state.epoch, &state.user) != (epoch, &user) {
            return Ok(None);
        }
        let (Some(entry), Some(credentials)) = (entry, credentials) else {
            (state.cached, state.seen) = (None, None);
            return Err(SessionError::SignedOut);
        };
        // From now on it is this user's session, also when another one signs in elsewhere.
        state.user = Some(entry.subject.clone());
        state.cached = Some(Cached::new(credentials, state.cached.as_ref(), now));
        state.seen = revision.map(|revision| (revision, entry.clone()));
        Ok(Some(entry))
    }

    /// Writes new tokens. They exist nowhere else, so this tries more than once, and keeps them in memory after that.
    fn save(&self, old: &Entry, new: &Entry) -> Result<bool, SessionError> {
        self.state().unsaved = Some((old.clone(), new.clone()));
        let mut pauses = PAUSES.iter();
        let saved = loop {
            match (self.replace(old, new), pauses.next()) {
                (Err(_), Some(pause)) => thread::sleep(*pause),
                (result, _) => break result?,
            }
        };
        self.state().unsaved = None;
        Ok(saved)
    }

    /// Stores what could not be stored before.
    fn save_again(&self) -> Result<(), SessionError> {
        let unsaved = self.state().unsaved.take();
        unsaved.map_or(Ok(()), |(old, new)| self.save(&old, &new).map(drop))
    }

    /// Puts `new` in the place of `old`, unless other tokens are stored by now.
    fn replace(&self, old: &Entry, new: &Entry) -> Result<bool, SessionError> {
        let is_replaced = self.change(|document| {
            let mut entries = document.entries.iter_mut().filter(|entry| entry.subject == old.subject);
            // The new ones are there already if an earlier attempt failed after it had written.
            let entry = entries.find(|entry| entry.text == old.text || entry.text == new.text)?;
            *entry = new.clone();
            Some(())
        })?;
        Ok(is_replaced.is_some())
    }

    /// Changes the record, by compare-and-swap. `None` from `change` leaves it as it is.
    fn change<T>(&self, change: impl Fn(&mut Document) -> Option<T>) -> Result<Option<T>, SessionError> {
        let key = self.client.key();
        for _ in 0..CONFLICTS {
            let (revision, mut document) = match self.load()? {
                Some((revision, document)) => (Some(revision), document),
                None => (None, Document::default()),
            };
            let Some(changed) = change(&mut document) else { return Ok(None) };
            let written = match revision {
                Some(revision) if document.entries.is_empty() => self.store.remove(key, revision),
                _ => document.write(key).and_then(|record| self.store.store(key, revision, &record)),
            };
            match written {
                Err(StoreError::Conflict) => {}
                written => return written.map(|()| Some(changed)).map_err(|error| self.failed(error)),
            }
        }
        Err(self.failed(StoreError::Conflict))
    }

    fn load(&self) -> Result<Option<(Revision, Document)>, SessionError> {
        let key = self.client.key();
        let read = || {
            let Some(record) = self.store.load(key)? else { return Ok(None) };
            Ok(Some((record.revision(), Document::read(&record, key)?)))
        };
        read().map_err(|error| self.failed(error))
    }

    fn credentials(&self, entry: &Entry) -> Result<Credentials, SessionError> {
        entry.credentials().map_err(|error| self.failed(error))
    }

    fn lock(&self, timeout: Duration) -> Result<StoreLock, StoreError> {
        let retained = self.state().retained.take();
        retained.map_or_else(|| self.store.lock(self.client.key(), timeout), Ok)
    }

    /// Does `work`, and keeps the lock if new tokens are not stored after it.
    fn with_lock<T>(&self, lock: StoreLock, work: impl FnOnce() -> Result<T, SessionError>) -> Result<T, SessionError> {
        let result = work();
        let mut state = self.state();
        state.retained = state.unsaved.is_some().then_some(lock);
        result
    }

    fn fly(&self) -> MutexGuard<'_, ()> {
        self.flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: StoreError) -> SessionError {
        SessionError::Store { place: self.store.place(self.client.key()).into(), error: Arc::new(error) }
    }
}

/// The entry of a user, or of the one who signed in last.
fn position(document: &Document, user: Option<&Option<String>>) -> Option<usize> {
    document.entries.iter().position(|entry| user.is_none_or(|user| entry.subject == *user))
}

/// Revokes the newest tokens. `false`: there are none.
fn revoke(http: &impl BlockingTransport, login: &Login, credentials: &Credentials) -> Result<bool, SessionError> {
    let stored = credentials.tokens();
    let newest = credentials.identity().and_then(Identity::unconfirmed_tokens).unwrap_or(stored);
    match (newest.refresh_token(), newest.access_token()) {
        (Some(token), _) => login.revoke_blocking(http, token)?,
        (None, Some(token)) => login.revoke_blocking(http, token)?,
        (None, None) => return Ok(false),
    }
    if let (Some(newest), Some(token)) = (newest.refresh_token(), stored.refresh_token())
        && newest.expose() != token.expose()
    {
        // The server may refuse a token that it has replaced.
        let _ = login.revoke_blocking(http, token);
    }
    Ok(true)
}

/// Whether the server may have replaced the refresh token although the refresh failed. A server that says no in an error
/// document, or that got nothing, has not.
fn may_have_rotated(error: &LoginError) -> bool {
    match error {
        LoginError::Refresh(RefreshError::Transport(error)) => error.may_have_been_sent(),
        LoginError::Refresh(RefreshError::Response(_)) => {
            error.server_error().is_none() || error.status().is_none_or(|status| status >= 500)
        }
        _ => false,
    }
}

/// A refresh, and what is stored of it so far.
struct Work<'a, B> {
    keeper: &'a Keeper,
    http: &'a B,
    login: &'a Login,
    stored: Entry,
}

impl<B: BlockingTransport> Work<'_, B> {
    /// Refreshes an identity. What the server returned is stored before anything else is done with it.
    fn identity(&mut self, mut identity: Identity) -> Result<Result<(), LoginError>, SessionError> {
        let mut steps = match self.login.refresh_steps(&mut identity) {
            Ok(steps) => steps,
            Err(error) => return Ok(Err(error)),
        };
        let result = loop {
            match steps.next(self.keeper.now()) {
                Step::Done(result) => break result,
                Step::Send(request) => {
                    let uri = request.uri().clone();
                    let answer = self.http.send(request).map_err(|error| error.at(&uri));
                    steps.receive(answer, self.keeper.now());
                    self.store(steps.identity().to_json())?;
                }
            }
        };
        // An ID token that is refused is refused again as long as it is refused for good, without a request: what is
        // stored stays as the response left it. A clock that was wrong can be set right meanwhile.
        if result.is_ok() {
            self.store(identity.to_json())?;
        }
        Ok(result)
    }

    fn tokens(&mut self, mut tokens: proofkey::token::TokenSet) -> Result<Result<(), LoginError>, SessionError> {
        let result = self.login.refresh_tokens_blocking(self.http, &mut tokens);
        self.store(tokens.to_json())?;
        Ok(result)
    }

    /// Stores what has changed.
    fn store(&mut self, text: Zeroizing<String>) -> Result<(), SessionError> {
        if *text != *self.stored.text {
            let new = Entry { text, begun: None, ..self.stored.clone() };
            self.keeper.save(&self.stored, &new)?;
            self.stored = new;
        }
        Ok(())
    }
}
