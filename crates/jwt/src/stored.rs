//! A validated ID token, stored and read back.

use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Visitor};
use serde_core::ser::{Serialize, Serializer};

use crate::algorithm::{Algorithm, HeaderAlgorithm, MacAlgorithm};
use crate::check::{Check, Outcome, Rule};
use crate::claims::{Claims, TextClaims};
use crate::id_token::IdToken;
use crate::json::Json;
use crate::json_writer::{write_string, write_value};
use crate::limits::MAX_TOKEN_BYTES;
use crate::rules::Dates;
use crate::value::Value;

/// The form that is written.
const VERSION: i64 = 1;

/// In bytes: the claims of the longest token, each byte written as an escape of an escape.
const LONGEST: usize = 8 * MAX_TOKEN_BYTES;

impl IdToken {
    /// Returns this token as JSON for a store: a version, the algorithm, each check with its outcome, and all claims. The
    /// text of the token itself is not kept. The claims identify a user.
    ///
    /// `Serialize` writes this text as one string.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = format!(r#"{{"version":{VERSION},"algorithm":"{}","text_claims":["#, self.algorithm.name());
        let text_claims = self.claims.text_claims();
        let names = [("updated_at", text_claims.updated_at), ("email_verified", text_claims.email_verified)];
        let names: Vec<_> = names.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| format!("\"{name}\"")).collect();
        out.push_str(&names.join(","));
        out.push_str(r#"],"checks":{"#);
        let checks: Vec<_> =
            self.checks.iter().map(|check| format!(r#""{}":"{}""#, check.rule.id(), check.outcome.name())).collect();
        out.push_str(&checks.join(","));
        out.push_str(r#"},"claims":"#);
        // In a text of their own, so that they are read by the same rules as in a token.
        let mut claims = String::new();
        write_value(self.claims.value(), &mut claims);
        write_string(&claims, &mut out);
        out.push('}');
        out
    }

    /// Reads back what [`IdToken::to_json`] wrote. `Deserialize` reads the same text.
    ///
    /// # Security
    /// Nothing is verified again. Anyone who can write to the store can sign in as any user.
    ///
    /// # Errors
    /// [`StoredIdTokenError::Version`] when another version of this crate wrote the text,
    /// [`StoredIdTokenError::Malformed`] for any other text.
    pub fn from_json(text: &str) -> Result<Self, StoredIdTokenError> {
        if text.len() > LONGEST {
            return Err(StoredIdTokenError::Malformed);
        }
        let json = read(text).ok_or(StoredIdTokenError::Malformed)?;
        let stored = Value { json: &json.0, node: json.1 };
        match stored.get("version").and_then(Value::as_i64) {
            Some(VERSION) => from_stored(stored).ok_or(StoredIdTokenError::Malformed),
            Some(_) => Err(StoredIdTokenError::Version),
            None => Err(StoredIdTokenError::Malformed),
        }
    }
}

fn from_stored(stored: Value<'_>) -> Option<IdToken> {
    let (json, root) = read(stored.get("claims")?.as_str()?)?;
    let (mut text_claims, mut checks) = (TextClaims::default(), Vec::new());
    for name in stored.get("text_claims")?.items()? {
        match name.as_str()? {
            "updated_at" => text_claims.updated_at = true,
            "email_verified" => text_claims.email_verified = true,
            _ => return None,
        }
    }
    for (rule, outcome) in stored.get("checks")?.members()? {
        checks.push(Check { rule: Rule::from_id(rule)?, outcome: Outcome::from_name(outcome.as_str()?)? });
    }
    let claims = Claims::read(json, root).ok()?.reading(text_claims);
    let name = stored.get("algorithm")?.as_str()?;
    let algorithm = Algorithm::from_name(name).map(HeaderAlgorithm::Signature);
    let algorithm = algorithm.or_else(|| MacAlgorithm::from_name(name).map(HeaderAlgorithm::Mac))?;
    // These are in every token that was validated.
    claims.issuer().and(claims.subject())?;
    let dates = Dates { expires_at: claims.expires_at()?, issued_at: claims.issued_at()? };
    Some(IdToken { claims, algorithm, dates, checks })
}

fn read(text: &str) -> Option<(Json, usize)> {
    let mut json = Json::with_room_for(text.len());
    let Ok(root) = json.read(|bytes| {
        bytes.extend_from_slice(text.as_bytes());
        Ok::<(), std::convert::Infallible>(())
    });
    let root = root.ok()?;
    Some((json, root))
}

impl Serialize for IdToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_json())
    }
}

impl<'de> Deserialize<'de> for IdToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = IdToken;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a stored ID token")
            }

            fn visit_str<E: serde_core::de::Error>(self, text: &str) -> Result<IdToken, E> {
                IdToken::from_json(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The error of [`IdToken::from_json`]. Let the user sign in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredIdTokenError {
    /// `stored_id_token_version`: another version of this crate wrote the text.
    Version,
    /// `stored_id_token_malformed`: the text is not what [`IdToken::to_json`] writes.
    Malformed,
}

impl StoredIdTokenError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Version => "stored_id_token_version",
            Self::Malformed => "stored_id_token_malformed",
        }
    }
}

impl fmt::Display for StoredIdTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => write!(
                f,
                "the stored ID token has another version than {VERSION}, which this crate reads; let the user sign in \
                 again"
            ),
            Self::Malformed => f.write_str("the text is not a stored ID token; let the user sign in again"),
        }
    }
}

impl std::error::Error for StoredIdTokenError {}
