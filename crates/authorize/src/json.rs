//! JSON objects from the network: each member name once.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The members of a JSON object; a clone shares them. Reading one that names a member twice fails: two readers of such
/// a document can each be right and disagree.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Members(Arc<Map<String, Value>>);

impl Members {
    /// Reads a document that is one JSON object. The caller bounds its size; its depth is bounded by 128.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(document).map_err(|error| Malformed { line: error.line(), column: error.column() })
    }

    /// The member of that name; an explicit `null` counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} members", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if members.insert(name, access.next_value()?).is_some() {
                return Err(A::Error::custom("a member name stands twice"));
            }
        }
        Ok(Members(Arc::new(members)))
    }
}

/// Where a document ceases to be one JSON object with each member name once. Line and column count from 1.
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) column: usize,
}
