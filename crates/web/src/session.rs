//! The session of a signed-in user. It exists from the end of a login until its own end, and has no anonymous form.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey::Identity;
use tower_sessions_core::session::Id;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::store::{Key, Store, seconds};

const VERSION: &str = "1";

pub(crate) struct Session {
    pub(crate) id: Id,
    /// The name of the provider.
    pub(crate) provider: String,
    pub(crate) identity: Identity,
    /// `iat` of the login's ID token, in seconds: by the clock that logout tokens are made by.
    pub(crate) issued: u64,
    /// A refresh does not change it. Seconds since 1970.
    ends: u64,
}

impl Session {
    /// Begins a session, and makes the value of its cookie: 256 bits of the system's entropy.
    pub(crate) async fn begin(
        store: &Store,
        provider: &str,
        identity: Identity,
        now: SystemTime,
        ends: SystemTime,
    ) -> Result<String, Failure> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut_slice()).map_err(|_| Failure::Entropy)?;
        let cookie = URL_SAFE_NO_PAD.encode(secret.as_slice());
        let issued = identity.claims().issued_at().map_or(0.0, |at| at.as_secs_f64());
        let session = Self {
            id: Key::Session(&cookie).id(),
            provider: provider.to_owned(),
            identity,
            issued: issued as u64,
            ends: seconds(ends),
        };
        if !store.create(session.id, &session.to_text(), ends).await? {
            return Err(Failure::Entropy);
        }
        store.forget_later(session.id, now, ends).await;
        Ok(cookie)
    }

    /// The session that was begun. `None`: there is none, or it has ended.
    pub(crate) async fn read(store: &Store, id: Id, now: SystemTime) -> Result<Option<Self>, Failure> {
        let text = store.read(id).await?;
        let session = text.and_then(|text| Self::from_text(id, &text));
        Ok(session.filter(|session| session.ends > seconds(now)))
    }

    /// Writes new tokens. A session that ended meanwhile stays ended: whichever of the two comes first, the other sees it.
    pub(crate) async fn write(&self, store: &Store) -> Result<bool, Failure> {
        let written = store.write(self.id, &self.to_text(), self.ends()).await;
        // First: some stores fail to write what was deleted.
        if store.is_claimed(Key::Ended(self.id)).await? {
            store.delete(self.id).await?;
            return Ok(false);
        }
        Ok(written.map(|()| true)?)
    }

    /// Ends the session.
    pub(crate) async fn end(&self, store: &Store, now: SystemTime) -> Result<(), Failure> {
        store.claim(Key::Ended(self.id), now, self.ends()).await?;
        store.delete(self.id).await?;
        Ok(())
    }

    pub(crate) fn ends(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.ends)
    }

    fn to_text(&self) -> Zeroizing<String> {
        let (issued, ends, identity) = (self.issued.to_string(), self.ends.to_string(), self.identity.to_json());
        Zeroizing::new([VERSION, &self.provider, &issued, &ends, &identity].join("\n"))
    }

    fn from_text(id: Id, text: &str) -> Option<Self> {
        let mut lines = text.splitn(5, '\n');
        let mut line = || lines.next();
        line().filter(|version| *version == VERSION)?;
        Some(Self {
            id,
            provider: line()?.to_owned(),
            issued: line()?.parse().ok()?,
            ends: line()?.parse().ok()?,
            identity: Identity::from_json(line()?).ok()?,
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("provider", &self.provider)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
