//! The members of a metadata document.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::json_reader::{self, JsonError, position};

/// The members of a JSON object; a clone shares them. Reading one that names a member twice fails: two readers of such
/// a document can each be right and disagree.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Members(Arc<Map<String, Value>>);

impl Members {
    /// Reads a document that is one JSON object, or returns the line and the column where it ceases to be one with each
    /// member name once. The caller bounds its size.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, (usize, usize)> {
        let at = |at| position(document, at);
        let text = str::from_utf8(document).map_err(|error| at(error.valid_up_to()))?;
        let (mut members, mut fault) = (Map::new(), None);
        json_reader::members(text, |name, raw| {
            let is_new = raw.value().is_some_and(|value| members.insert(name.into_owned(), value).is_none());
            if !is_new {
                fault.get_or_insert(raw.as_str().as_ptr().addr() - text.as_ptr().addr());
            }
        })
        .map_err(|error| match error {
            JsonError::NotJson { line, column } => (line, column),
            JsonError::NotAnObject => at(0),
        })?;
        fault.map_or(Ok(Self(Arc::new(members))), |fault| Err(at(fault)))
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
