//! An identity written for a store, and read back.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use proofkey_authorize::{Deviation, Deviations, stored_json};
use proofkey_jwt::IdToken;
use proofkey_token::TokenSet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::identity::Identity;

/// The form that is written. Another form gets another number.
const VERSION: u32 = 1;

/// Maximum size of a stored identity, in bytes.
const LIMIT: usize = 16 << 20;

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Each member has a version and a check of its own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    version: u32,
    id_token: Cow<'a, str>,
    tokens: Cow<'a, str>,
    unconfirmed: Option<Cow<'a, str>>,
    deviations: Vec<Cow<'a, str>>,
}

/// # Storing
///
/// After a restart, a stored identity can be refreshed by the rules of OpenID Connect Core section
/// 12.2, and its tokens can be used for userinfo, revoked, and used for a logout. `Serialize` and
/// `Deserialize` write and read the same text as one string.
impl Identity {
    /// Returns the identity as JSON for a store, with a version. The text includes the tokens of a refresh
    /// whose ID token is not validated yet.
    ///
    /// The text holds the tokens and the user's claims. Keep it where only this program, or this user,
    /// can read **and write** it: nothing is verified again when it is read back. The text is
    /// overwritten when it is dropped.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let (id_token, tokens) = (Zeroizing::new(self.id_token.to_json()), self.tokens.to_json());
        let unconfirmed = self.unconfirmed.as_ref().map(TokenSet::to_json);
        let stored = Stored {
            version: VERSION,
            id_token: id_token.as_str().into(),
            tokens: tokens.as_str().into(),
            unconfirmed: unconfirmed.as_ref().map(|tokens| tokens.as_str().into()),
            deviations: self.deviations.iter().map(|deviation| deviation.name().into()).collect(),
        };
        stored_json(&stored)
    }

    /// Reads an identity back from a store.
    ///
    /// # Errors
    ///
    /// [`StoredIdentityError`] if the text is too large, is not JSON of this form, has another
    /// version, or holds an invalid value.
    pub fn from_json(text: &str) -> Result<Self, StoredIdentityError> {
        if text.len() > LIMIT {
            return Err(StoredIdentityError::TooLarge { length: text.len() });
        }
        let malformed = |_| StoredIdentityError::Malformed;
        let Versioned { version } = serde_json::from_str(text).map_err(malformed)?;
        if version != VERSION {
            return Err(StoredIdentityError::Version { version });
        }
        let stored: Stored<'_> = serde_json::from_str(text).map_err(malformed)?;
        let invalid = |member| StoredIdentityError::Invalid { member };
        let id_token = Zeroizing::new(stored.id_token.into_owned());
        let tokens = Zeroizing::new(stored.tokens.into_owned());
        let unconfirmed = stored.unconfirmed.map(|tokens| Zeroizing::new(tokens.into_owned()));
        let unconfirmed = unconfirmed.map(|tokens| TokenSet::from_json(&tokens)).transpose();
        let deviations = stored.deviations.iter().map(|name| known(name).ok_or(invalid("deviations")));
        Ok(Self {
            id_token: IdToken::from_json(&id_token).map_err(|_| invalid("id_token"))?,
            tokens: TokenSet::from_json(&tokens).map_err(|_| invalid("tokens"))?,
            deviations: deviations.collect::<Result<Deviations, _>>()?,
            unconfirmed: unconfirmed.map_err(|_| invalid("unconfirmed"))?,
        })
    }
}

/// The deviation of that name.
fn known(name: &str) -> Option<Deviation> {
    Deviation::ALL.iter().copied().find(|deviation| deviation.name() == name)
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_json())
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::from_json(&text).map_err(serde::de::Error::custom)
    }
}

/// The error for a stored identity that cannot be read back. Begin a new login. Each description
/// begins with the [code](Self::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredIdentityError {
    /// `stored_identity_too_large`: the text has more than 16 MiB.
    TooLarge {
        /// The size of the text, in bytes.
        length: usize,
    },
    /// `stored_identity_malformed`: the text is not JSON of the expected form.
    Malformed,
    /// `stored_identity_version`: the text was written by another version of this crate.
    Version {
        /// The version of the text; this crate reads 1.
        version: u32,
    },
    /// `stored_identity_invalid`: a member is not valid.
    Invalid {
        /// The name of the member.
        member: &'static str,
    },
}

impl StoredIdentityError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "stored_identity_too_large",
            Self::Malformed => "stored_identity_malformed",
            Self::Version { .. } => "stored_identity_version",
            Self::Invalid { .. } => "stored_identity_invalid",
        }
    }
}

impl fmt::Display for StoredIdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stored identity: ")?;
        match self {
            Self::TooLarge { length } => write!(f, "it has {length} bytes; the limit is {LIMIT}"),
            Self::Malformed => f.write_str("it is not JSON of the expected form"),
            Self::Version { version } => write!(f, "it has version {version}; this crate reads {VERSION}"),
            Self::Invalid { member } => write!(f, "its {member} is not valid"),
        }
    }
}

impl Error for StoredIdentityError {}
