//! The form in which the tokens of a client are stored.

use std::borrow::Cow;
use std::fmt;

use proofkey::authorize::stored_json;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{StoreError, StoreKey};
use crate::Credentials;

/// The form that is written. Another form gets another number.
const VERSION: u32 = 1;

/// Maximum size of a record, in bytes: the tokens of many users.
pub(super) const LIMIT: usize = 16 << 20;

/// A state of a [`Record`]. No two writes have the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision(u128);

impl Revision {
    fn new() -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Other(Box::new(error)))?;
        Ok(Self(u128::from_ne_bytes(bytes)))
    }

    fn parse(text: &str) -> Option<Self> {
        let is_hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hexadecimal.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// What a store keeps for a client: the tokens of its users, as JSON with a version and a revision.
///
/// `Debug` does not show it, and it is overwritten when dropped.
#[derive(Clone)]
pub struct Record {
    revision: Revision,
    text: Zeroizing<String>,
}

impl Record {
    /// Reads a record back from a store. Only its version and its revision are examined.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] for more than 16 MiB, [`StoreError::Malformed`], or [`StoreError::Version`] for a
    /// record of another version of this crate. Do not overwrite that record.
    pub fn parse(text: impl Into<Zeroizing<String>>) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        #[derive(Deserialize)]
        struct Revised<'a> {
            #[serde(borrow)]
            revision: Cow<'a, str>,
        }
        let text = text.into();
        if text.len() > LIMIT {
            return Err(StoreError::TooLarge { limit: LIMIT });
        }
        let malformed = |_| StoreError::Malformed;
        let Versioned { version } = serde_json::from_str(&text).map_err(malformed)?;
        if version != VERSION {
            return Err(StoreError::Version { version });
        }
        let Revised { revision } = serde_json::from_str(&text).map_err(malformed)?;
        let revision = Revision::parse(&revision).ok_or(StoreError::Malformed)?;
        Ok(Self { revision, text })
    }

    /// Returns the revision, for [`TokenStore::store`](super::TokenStore::store).
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Returns the JSON text, which holds the secrets.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// What a record says.
#[derive(Default)]
pub(crate) struct Document {
    /// The user who signed in last is the first.
    pub(crate) entries: Vec<Entry>,
}

/// A user. Plain OAuth tokens have no subject.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) subject: Option<String>,
    pub(crate) is_identity: bool,
    /// What [`Credentials`] wrote.
    pub(crate) text: Zeroizing<String>,
    /// When a refresh token was sent whose outcome is not stored, in seconds since 1970. Written before it is sent.
    pub(crate) begun: Option<u64>,
    pub(crate) ended: Option<EndReason>,
}

/// Why a stored login has ended, so that the user must log in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The authorization server refused the refresh token: it has expired or was revoked.
    Refused,
    /// The authorization server refused the refresh token after an earlier refresh was interrupted before its outcome
    /// was stored: the program was killed, or no response arrived. The refresh token had most likely been replaced.
    Interrupted,
}

impl Entry {
    pub(crate) fn new(credentials: &Credentials) -> Self {
        let (is_identity, text) = credentials.to_json();
        Self { subject: credentials.subject().map(str::to_owned), is_identity, text, begun: None, ended: None }
    }

    pub(crate) fn credentials(&self) -> Result<Credentials, StoreError> {
        Credentials::from_json(self.is_identity, &self.text)
    }
}

/// Each `credentials` has a version and a check of its own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    version: u32,
    revision: Cow<'a, str>,
    issuer: Cow<'a, str>,
    client_id: Cow<'a, str>,
    users: Vec<StoredEntry<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEntry<'a> {
    subject: Option<Cow<'a, str>>,
    kind: Kind,
    credentials: Cow<'a, str>,
    refresh_begun: Option<u64>,
    ended: Option<EndReason>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Identity,
    Tokens,
}

impl Document {
    pub(crate) fn read(record: &Record, key: &StoreKey) -> Result<Self, StoreError> {
        /// What `KeyringStore` writes to a file.
        #[derive(Deserialize)]
        struct InKeyring {
            #[serde(rename = "keyring")]
            _pieces: IgnoredAny,
        }
        let unreadable = |_| match serde_json::from_str::<InKeyring>(&record.text) {
            Ok(_) => StoreError::InKeyring,
            Err(_) => StoreError::Malformed,
        };
        let stored: Stored<'_> = serde_json::from_str(&record.text).map_err(unreadable)?;
        if (&*stored.issuer, &*stored.client_id) != (key.issuer(), key.client_id()) {
            return Err(StoreError::AnotherClient);
        }
        let entries = stored.users.into_iter().map(|user| Entry {
            subject: user.subject.map(Cow::into_owned),
            is_identity: user.kind == Kind::Identity,
            text: Zeroizing::new(user.credentials.into_owned()),
            begun: user.refresh_begun,
            ended: user.ended,
        });
        Ok(Self { entries: entries.collect() })
    }

    /// Writes a record with a revision of its own.
    pub(crate) fn write(&self, key: &StoreKey) -> Result<Record, StoreError> {
        let revision = Revision::new()?;
        let users = self.entries.iter().map(|entry| StoredEntry {
            subject: entry.subject.as_deref().map(Cow::Borrowed),
            kind: if entry.is_identity { Kind::Identity } else { Kind::Tokens },
            credentials: entry.text.as_str().into(),
            refresh_begun: entry.begun,
            ended: entry.ended,
        });
        let stored = Stored {
            version: VERSION,
            revision: revision.to_string().into(),
            issuer: key.issuer().into(),
            client_id: key.client_id().into(),
            users: users.collect(),
        };
        let text = stored_json(&stored);
        if text.len() > LIMIT {
            return Err(StoreError::TooLarge { limit: LIMIT });
        }
        Ok(Record { revision, text })
    }
}
