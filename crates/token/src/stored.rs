//! Tokens written for a store, and read back.

use std::error::Error;
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use proofkey_authorize::json_reader::Raw;
use proofkey_authorize::{Deviation, Deviations, Scope};
use serde_core::de::{Deserialize, Deserializer, Error as _};
use serde_core::ser::{Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::access_token_type::AccessTokenType;
use crate::response::{BODY_LIMIT, Members, push_string};
use crate::secret::{AccessToken, IdTokenText, RefreshToken, Text};
use crate::token_set::TokenSet;

/// The form that is written. Another form gets another number.
const VERSION: u64 = 1;

/// Maximum size of stored tokens, in bytes: those of the largest response, with every character escaped.
const LIMIT: usize = 6 * BODY_LIMIT;

/// # Storing
impl TokenSet {
    /// Returns the tokens as JSON for a store, with a version. After a restart they can be used and
    /// refreshed, and still expire at the same time.
    ///
    /// The text holds the secrets. Keep it where only this program, or this user, can read it. The text
    /// is overwritten when it is dropped.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let further = Zeroizing::new(Value::Object(self.further.clone()).to_string());
        let resources = Value::from(self.resources.as_slice()).to_string();
        let texts = [
            ("access_token", self.access_token.as_ref().map(AccessToken::expose)),
            ("refresh_token", self.refresh_token.as_ref().map(RefreshToken::expose)),
            ("id_token", self.id_token.as_ref().map(IdTokenText::expose)),
            ("scope", self.scope.as_ref().map(Scope::as_str)),
        ];
        // Capacity for every escape, so that growing leaves no copy of a token behind.
        let length: usize = texts.iter().filter_map(|(_, text)| *text).map(str::len).sum();
        let capacity = 2048 + further.len() + resources.len() + 6 * length;
        let mut json = Zeroizing::new(String::with_capacity(capacity));
        json.push_str(&format!("{{\"version\":{VERSION}"));
        for (name, text) in texts {
            let Some(text) = text else { continue };
            json.push_str(&format!(",\"{name}\":"));
            push_string(&mut json, text);
        }
        if self.token_type == AccessTokenType::Dpop {
            json.push_str(",\"token_type\":\"DPoP\"");
        }
        if let Some(life) = self.expires_in {
            json.push_str(&format!(",\"expires_in\":{}", life.as_secs()));
        }
        let received = self.received_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        json.push_str(&format!(",\"received_at\":{received},\"resources\":{resources},\"further\":"));
        json.push_str(&further);
        let names: Vec<_> = self.deviations.iter().map(|deviation| format!("\"{}\"", deviation.name())).collect();
        json.push_str(&format!(",\"deviations\":[{}]}}", names.join(",")));
        json
    }

    /// Reads tokens back from a store. Each value is checked as it was when the response was read.
    ///
    /// # Errors
    ///
    /// [`StoredTokensError`] when the text is too large, is not JSON of this form, has another
    /// version, or holds an invalid value.
    pub fn from_json(text: &str) -> Result<Self, StoredTokensError> {
        if text.len() > LIMIT {
            return Err(StoredTokensError::TooLarge { length: text.len() });
        }
        let malformed = |_| StoredTokensError::Malformed;
        let members = Members::parse(text.as_bytes()).and_then(Members::each_once).map_err(malformed)?;
        let number = |member| {
            let value = members.raw(member).map(Raw::as_str);
            value.map(str::parse::<u64>).transpose().map_err(|_| StoredTokensError::Invalid { member })
        };
        match number("version")? {
            Some(VERSION) => {}
            Some(version) => return Err(StoredTokensError::Version { version }),
            None => return Err(StoredTokensError::Malformed),
        }
        let invalid = |member| StoredTokensError::Invalid { member };
        let text = |member| members.text(member).map_err(|_| invalid(member));
        let value = |member| members.raw(member).and_then(Raw::value).ok_or(invalid(member));
        let received = number("received_at")?.and_then(|millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis)));
        Ok(Self {
            access_token: checked(text("access_token")?, AccessToken::from_text, invalid("access_token"))?,
            token_type: match members.word("token_type").map_err(|_| invalid("token_type"))?.as_deref() {
                None => AccessTokenType::Bearer,
                Some("DPoP") => AccessTokenType::Dpop,
                Some(_) => return Err(invalid("token_type")),
            },
            expires_in: number("expires_in")?.map(Duration::from_secs),
            received_at: received.ok_or(invalid("received_at"))?,
            refresh_token: checked(text("refresh_token")?, RefreshToken::from_text, invalid("refresh_token"))?,
            scope: checked(text("scope")?, |text| Scope::new(&*text), invalid("scope"))?,
            resources: strings(value("resources")?).ok_or(invalid("resources"))?,
            id_token: text("id_token")?.map(IdTokenText::new),
            further: members.raw("further").and_then(further).ok_or(invalid("further"))?,
            deviations: deviations(value("deviations")?).ok_or(invalid("deviations"))?,
        })
    }
}

fn checked<T, E>(
    text: Option<Text>,
    check: impl Fn(Text) -> Result<T, E>,
    invalid: StoredTokensError,
) -> Result<Option<T>, StoredTokensError> {
    text.map(check).transpose().map_err(|_| invalid)
}

fn strings(value: Value) -> Option<Vec<String>> {
    let Value::Array(values) = value else { return None };
    values.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Each member alone, as in the response: inside of another value it would have one level less to itself.
fn further(value: Raw<'_>) -> Option<Map<String, Value>> {
    let members = Members::parse(value.as_str().as_bytes()).and_then(Members::each_once).ok()?;
    Some(members.further(&[]))
}

fn deviations(value: Value) -> Option<Deviations> {
    let named = |name: &String| Deviation::ALL.iter().copied().find(|deviation| deviation.name() == name);
    strings(value)?.iter().map(named).collect()
}

/// One string: the text of [`TokenSet::to_json`], whatever the format of the store is.
impl Serialize for TokenSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_json())
    }
}

impl<'de> Deserialize<'de> for TokenSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::from_json(&text).map_err(D::Error::custom)
    }
}

/// The error for stored tokens that cannot be read back. Begin a new login. Each description begins
/// with the [code](Self::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredTokensError {
    /// `stored_tokens_too_large`: the text has more than 6 MiB.
    TooLarge {
        /// The length of the text, in bytes.
        length: usize,
    },
    /// `stored_tokens_malformed`: the text is not a JSON object with a version.
    Malformed,
    /// `stored_tokens_version`: the text was written by another version of this crate.
    Version {
        /// The version of the text; this crate reads 1.
        version: u64,
    },
    /// `stored_tokens_invalid`: a member is not valid.
    Invalid {
        /// The name of the member.
        member: &'static str,
    },
}

impl StoredTokensError {
    /// Returns the stable code: the word at the head of each variant's description.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "stored_tokens_too_large",
            Self::Malformed => "stored_tokens_malformed",
            Self::Version { .. } => "stored_tokens_version",
            Self::Invalid { .. } => "stored_tokens_invalid",
        }
    }
}

impl fmt::Display for StoredTokensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stored tokens: ")?;
        match self {
            Self::TooLarge { length } => write!(f, "the text has {length} bytes; the limit is {LIMIT}"),
            Self::Malformed => f.write_str("the text is not a JSON object with a version"),
            Self::Version { version } => write!(f, "the text has version {version}; this crate reads {VERSION}"),
            Self::Invalid { member } => write!(f, "the value of {member} is not valid"),
        }
    }
}

impl Error for StoredTokensError {}
