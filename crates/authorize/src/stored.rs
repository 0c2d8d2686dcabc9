use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use proofkey_pkce::CodeVerifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::pending::Terms;
use crate::{ClientId, Issuer, Nonce, Pending, RedirectUri, Scope, State};

/// The most octets of a stored login that are read.
const MAX_STORED: usize = 64 * 1024;

/// The form that is written. Another form gets another number.
const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    version: u32,
    #[serde(borrow)]
    issuer: Cow<'a, str>,
    iss_required: bool,
    #[serde(borrow)]
    client_id: Cow<'a, str>,
    #[serde(borrow)]
    redirect_uri: Cow<'a, str>,
    #[serde(borrow)]
    scope: Option<Cow<'a, str>>,
    max_age: Option<u64>,
    #[serde(borrow)]
    resources: Cow<'a, [String]>,
    #[serde(borrow)]
    code_verifier: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(borrow)]
    nonce: Option<Cow<'a, str>>,
    /// Milliseconds since 1970.
    created: u64,
    /// Milliseconds.
    lifetime: u64,
}

impl Pending {
    /// Writes this login down for a session store: JSON with a version, about 600 octets. It holds the secrets, so
    /// the store must be one that only the server reads; a cookie has to be encrypted.
    pub fn to_json(&self) -> Zeroizing<String> {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let stored = Stored {
            version: VERSION,
            issuer: self.terms.issuer.as_str().into(),
            iss_required: self.terms.iss_required,
            client_id: self.terms.client_id.as_str().into(),
            redirect_uri: self.terms.redirect_uri.as_str().into(),
            scope: self.terms.scope.as_ref().map(|scope| scope.as_str().into()),
            max_age: self.terms.max_age,
            resources: self.terms.resources.as_slice().into(),
            code_verifier: self.verifier.expose().into(),
            state: self.state.expose().into(),
            nonce: self.nonce.as_ref().map(|nonce| nonce.expose().into()),
            created: self.created.duration_since(UNIX_EPOCH).map_or(0, millis),
            lifetime: millis(self.lifetime),
        };
        // A struct of texts and numbers always has a JSON form.
        Zeroizing::new(serde_json::to_string(&stored).unwrap_or_default())
    }

    /// Reads a login back from a session store. Each value passes the check that it passed when it was new.
    ///
    /// # Errors
    /// [`StoredLoginError`] when the text is too large, is not JSON of this form, has another version, or holds a value
    /// that is none.
    pub fn from_json(text: &str) -> Result<Self, StoredLoginError> {
        if text.len() > MAX_STORED {
            return Err(StoredLoginError::TooLarge { len: text.len() });
        }
        let malformed = |error: serde_json::Error| StoredLoginError::Malformed { column: error.column() };
        let Versioned { version } = serde_json::from_str(text).map_err(malformed)?;
        if version != VERSION {
            return Err(StoredLoginError::Version { version });
        }
        let stored: Stored<'_> = serde_json::from_str(text).map_err(malformed)?;
        let invalid = |member| move || StoredLoginError::Invalid { member };
        let created = UNIX_EPOCH.checked_add(Duration::from_millis(stored.created));
        Ok(Self {
            terms: Terms {
                issuer: Issuer::new(stored.issuer).ok().ok_or_else(invalid("issuer"))?,
                iss_required: stored.iss_required,
                client_id: ClientId::new(stored.client_id).ok().ok_or_else(invalid("client_id"))?,
                redirect_uri: RedirectUri::new(stored.redirect_uri).ok().ok_or_else(invalid("redirect_uri"))?,
                scope: match stored.scope {
                    None => None,
                    Some(scope) => Some(Scope::new(scope).ok().ok_or_else(invalid("scope"))?),
                },
                max_age: stored.max_age,
                resources: stored.resources.into_owned(),
            },
            verifier: CodeVerifier::try_from(&*stored.code_verifier).ok().ok_or_else(invalid("code_verifier"))?,
            state: State::parse(&stored.state).ok_or_else(invalid("state"))?,
            nonce: match stored.nonce {
                None => None,
                Some(nonce) => Some(Nonce::parse(&nonce).ok_or_else(invalid("nonce"))?),
            },
            created: created.ok_or_else(invalid("created"))?,
            lifetime: Duration::from_millis(stored.lifetime),
        })
    }
}

/// One string: the text of [`Pending::to_json`], whatever the format of the session store is.
impl Serialize for Pending {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_json())
    }
}

impl<'de> Deserialize<'de> for Pending {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::from_json(&text).map_err(serde::de::Error::custom)
    }
}

/// Why a stored login cannot be read back. Begin the login again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredLoginError {
    /// The text has more than 64 KiB.
    TooLarge {
        /// Its size in octets.
        len: usize,
    },
    /// The text is not JSON of this form.
    Malformed {
        /// The column where reading ended, from 1.
        column: usize,
    },
    /// It was written by another version of this crate.
    Version {
        /// The version it names; this crate reads 1.
        version: u32,
    },
    /// A value is not what its name says.
    Invalid {
        /// Its name.
        member: &'static str,
    },
}

impl StoredLoginError {
    /// A stable name, `stored_login_` and what is wrong, such as `stored_login_version`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "stored_login_too_large",
            Self::Malformed { .. } => "stored_login_malformed",
            Self::Version { .. } => "stored_login_version",
            Self::Invalid { .. } => "stored_login_invalid",
        }
    }
}

impl fmt::Display for StoredLoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stored login: ")?;
        match self {
            Self::TooLarge { len } => write!(f, "it has {len} octets; at most {MAX_STORED} are read"),
            Self::Malformed { column } => write!(f, "it is not JSON of the expected form (column {column})"),
            Self::Version { version } => write!(f, "it has version {version}; this crate reads {VERSION}"),
            Self::Invalid { member } => write!(f, "its {member} is not valid"),
        }
    }
}

impl Error for StoredLoginError {}
