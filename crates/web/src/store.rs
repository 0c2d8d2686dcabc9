//! What is kept on the server, in any store of tower-sessions.
//!
//! Every record is written whole by one owner, because such a store can neither lock nor compare. What has to be counted
//! once is *claimed*: the record is written if there is none, and then read again, because some stores write over what is
//! there. Two machines at the same instant can both claim, unless the store's `create` is atomic.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::Error;
use zeroize::Zeroizing;

use crate::seal::Seal;

/// Records that are deleted for each one that is made, at most.
const FORGOTTEN: usize = 8;

/// How long the store may take for one request. Clients of some stores wait for ever while their server is down.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Attempts to create a record in a store that does not say why it fails.
const ATTEMPTS: usize = 3;

/// The one member of a record.
const MEMBER: &str = "proofkey";

/// A record's kind and name, from which its identifier is made: no record can be read as one of another kind, and what the
/// store holds does not tell the cookie of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    /// A session, by the value of its cookie.
    Session(&'a str),
    /// A login that got its callback, by `state`.
    Used(&'a str),
    /// A session that ended, although a refresh under way may write it again.
    Ended(Id),
    /// A session that is being refreshed. Its text is when it ends at the latest, and who refreshes.
    Refreshing(Id),
    /// A refresh that took too long, by its session and its text: one machine takes its place.
    TakenOver(Id, &'a str),
    /// A logout token, by its issuer and `jti`.
    LogoutToken(&'a str, &'a str),
    /// The sessions that an issuer has ended, by the issuer and what they have in common.
    LoggedOut(&'a str, LoggedOut<'a>),
}

/// What the sessions that an issuer has ended have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LoggedOut<'a> {
    /// `sid`: one session at the issuer.
    Session(&'a str),
    /// `sub`: all of a user.
    User(&'a str),
    /// `sub`, and an ID token without `sid`: such a session cannot be told from the one that a token names by `sid`.
    Unnamed(&'a str),
}

impl Key<'_> {
    pub(crate) fn id(self) -> Id {
        let of = |id: Id| id.0.to_le_bytes();
        let hash = |kind: &str, parts: &[&[u8]]| {
            let mut hash = Sha256::new_with_prefix(kind);
            for part in parts {
                // Lengths tell ("a", "bc") from ("ab", "c").
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
            hash.finalize()
        };
        let digest = match self {
            Self::Session(cookie) => hash("session", &[cookie.as_bytes()]),
            Self::Used(state) => hash("used", &[state.as_bytes()]),
            Self::Ended(id) => hash("ended", &[&of(id)]),
            Self::Refreshing(id) => hash("refreshing", &[&of(id)]),
            Self::TakenOver(id, turn) => hash("taken over", &[&of(id), turn.as_bytes()]),
            Self::LogoutToken(issuer, id) => hash("logout token", &[issuer.as_bytes(), id.as_bytes()]),
            Self::LoggedOut(issuer, sessions) => {
                let (kind, value) = match sessions {
                    LoggedOut::Session(sid) => ("session logged out", sid),
                    LoggedOut::User(sub) => ("user logged out", sub),
                    LoggedOut::Unnamed(sub) => ("unnamed logged out", sub),
                };
                hash(kind, &[issuer.as_bytes(), value.as_bytes()])
            }
        };
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Id(i128::from_le_bytes(id))
    }
}

pub(crate) struct Store {
    records: Arc<dyn SessionStore>,
    seal: Option<Seal>,
    deadline: Duration,
    /// When the records of this process end, in seconds since 1970. A store in memory forgets none by itself.
    ends: Mutex<BTreeSet<(u64, i128)>>,
}

impl Store {
    pub(crate) fn new(records: Arc<dyn SessionStore>, seal: Option<Seal>, deadline: Duration) -> Self {
        Self { records, seal, deadline, ends: Mutex::default() }
    }

    pub(crate) async fn read(&self, id: Id) -> Result<Option<Zeroizing<String>>, Error> {
        let Some(mut record) = self.load(id).await? else { return Ok(None) };
        let Some(serde_json::Value::String(text)) = record.data.remove(MEMBER) else { return Ok(None) };
        let text = Zeroizing::new(text);
        Ok(match &self.seal {
            Some(seal) => seal.open(&id.to_string(), &text),
            None => Some(text),
        })
    }

    /// Writes a record that did not exist. `false`: another one does, or did.
    ///
    /// What the store answers does not tell: that for Redis fails if there is a record, and a client may repeat a command
    /// whose answer was lost. What it holds does.
    pub(crate) async fn create(&self, id: Id, text: &str, ends: SystemTime) -> Result<bool, Error> {
        let mut attempts = 0;
        loop {
            let mut record = self.record(id, text, ends)?;
            let created = self.ask(self.records.create(&mut record)).await;
            if created.is_ok() {
                if record.id == id {
                    return Ok(true);
                }
                self.delete(record.id).await?;
            }
            attempts += 1;
            match (self.read(id).await?, created) {
                (Some(found), _) => return Ok(found.as_str() == text),
                (None, Ok(())) => return Ok(false),
                // It may have been there, and be gone by now.
                (None, Err(_)) if attempts < ATTEMPTS => {}
                (None, Err(error)) => return Err(error),
            }
        }
    }

    /// Writes a record, whether it existed or not.
    pub(crate) async fn put(&self, id: Id, text: &str, ends: SystemTime) -> Result<(), Error> {
        let exists = self.load(id).await?.is_some();
        if !exists && self.create(id, text, ends).await? { Ok(()) } else { self.write(id, text, ends).await }
    }

    /// Writes a record anew.
    pub(crate) async fn write(&self, id: Id, text: &str, ends: SystemTime) -> Result<(), Error> {
        self.ask(self.records.save(&self.record(id, text, ends)?)).await
    }

    pub(crate) async fn delete(&self, id: Id) -> Result<(), Error> {
        self.ask(self.records.delete(&id)).await
    }

    /// Claims a name until `ends`, once and for all. `false`: it is claimed.
    pub(crate) async fn claim(&self, key: Key<'_>, now: SystemTime, ends: SystemTime) -> Result<bool, Error> {
        let id = key.id();
        let is_first = self.claim_with(id, &owner()?, ends).await?;
        if is_first {
            self.forget_later(id, now, ends).await;
        }
        Ok(is_first)
    }

    /// Claims a record by a text that no one else writes. `false`: it is claimed.
    pub(crate) async fn claim_with(&self, id: Id, text: &str, ends: SystemTime) -> Result<bool, Error> {
        if self.load(id).await?.is_some() || !self.create(id, text, ends).await? {
            return Ok(false);
        }
        Ok(self.read(id).await?.is_some_and(|found| found.as_str() == text))
    }

    pub(crate) async fn is_claimed(&self, key: Key<'_>) -> Result<bool, Error> {
        Ok(self.load(key.id()).await?.is_some())
    }

    /// Takes note of a record that this process has made, and deletes some of those that have ended. A store that forgets
    /// by itself needs none of this, so a failure is none.
    pub(crate) async fn forget_later(&self, id: Id, now: SystemTime, ends: SystemTime) {
        let over: Vec<_> = {
            let mut records = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
            records.insert((seconds(ends), id.0));
            let is_over =
                |records: &BTreeSet<(u64, i128)>| records.first().is_some_and(|(ends, _)| *ends < seconds(now));
            std::iter::from_fn(|| if is_over(&records) { records.pop_first() } else { None }).take(FORGOTTEN).collect()
        };
        for id in over.into_iter().map(|(_, id)| Id(id)) {
            // It may have been written again, for longer.
            if let Ok(None) = self.load(id).await {
                let _ = self.delete(id).await;
            }
        }
    }

    async fn load(&self, id: Id) -> Result<Option<Record>, Error> {
        self.ask(self.records.load(&id)).await
    }

    async fn ask<T>(&self, request: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let late = |_| Error::Backend(format!("no answer within {:?}", self.deadline));
        tokio::time::timeout(self.deadline, request).await.map_err(late)?
    }

    fn record(&self, id: Id, text: &str, ends: SystemTime) -> Result<Record, Error> {
        let text = match &self.seal {
            Some(seal) => seal.seal(&id.to_string(), text).ok_or(Error::Encode("no entropy for a nonce".into()))?,
            None => text.to_owned(),
        };
        let ends = i64::try_from(seconds(ends)).ok().and_then(|ends| OffsetDateTime::from_unix_timestamp(ends).ok());
        let expiry_date = ends.ok_or(Error::Encode("the session ends after the year 9999".into()))?;
        Ok(Record { id, data: HashMap::from([(MEMBER.to_owned(), text.into())]), expiry_date })
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("is_sealed", &self.seal.is_some()).finish_non_exhaustive()
    }
}

/// A random text that tells one claim from another.
pub(crate) fn owner() -> Result<String, Error> {
    let mut owner = [0; 16];
    getrandom::fill(&mut owner).map_err(|_| Error::Encode("no entropy for a claim".into()))?;
    Ok(URL_SAFE_NO_PAD.encode(owner))
}

/// Seconds since 1970.
pub(crate) fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store whose server is down, and whose client waits for it.
    #[derive(Debug)]
    struct Waiting;

    #[async_trait::async_trait]
    impl SessionStore for Waiting {
        async fn save(&self, _: &Record) -> Result<(), Error> {
            std::future::pending().await
        }

        async fn load(&self, _: &Id) -> Result<Option<Record>, Error> {
            std::future::pending().await
        }

        async fn delete(&self, _: &Id) -> Result<(), Error> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_has_failed() {
        let store = Store::new(Arc::new(Waiting), None, Duration::from_millis(1));
        let (id, now) = (Key::Used("state").id(), SystemTime::now());
        let said = "Backend(\"no answer within 1ms\")";
        let failed = |result: Result<(), Error>| result.is_err_and(|error| format!("{error:?}") == said);
        assert!(failed(store.read(id).await.map(drop)));
        assert!(failed(store.create(id, "", now).await.map(drop)));
        assert!(failed(store.write(id, "", now).await));
        assert!(failed(store.delete(id).await));
        assert!(failed(store.is_claimed(Key::Used("state")).await.map(drop)));
    }
}
