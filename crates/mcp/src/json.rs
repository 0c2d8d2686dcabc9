//! JSON documents from the network: one object, each member once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proofkey::authorize::json_reader::{self, Raw};
use proofkey::authorize::{media_type, sanitised};
use proofkey::http::Response;
use proofkey::http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::error::DocumentError;

/// Maximum size of a document, in bytes. It comes from the network, so it is bounded.
const MAX_DOCUMENT: usize = 64 * 1024;

/// The members of a JSON object. Two readers of one that names a member twice can each be right and disagree, so it is
/// not read.
pub(crate) struct Document<'a>(BTreeMap<Cow<'a, str>, Raw<'a>>);

impl<'a> Document<'a> {
    /// Checks media type and size, and reads the body.
    pub(crate) fn of(response: &'a Response<impl AsRef<[u8]>>) -> Result<Self, DocumentError> {
        if !media_type(response.headers()).eq_ignore_ascii_case("application/json") {
            let stated = response.headers().get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
            return Err(DocumentError::ContentType { received: sanitised(&stated.unwrap_or_default(), 128) });
        }
        Self::parse(response.body().as_ref())
    }

    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, DocumentError> {
        if body.len() > MAX_DOCUMENT {
            return Err(DocumentError::TooLarge { length: body.len(), limit: MAX_DOCUMENT });
        }
        let text = str::from_utf8(body).map_err(|_| DocumentError::Malformed)?;
        let (mut members, mut is_repeated) = (BTreeMap::new(), false);
        json_reader::members(text, |name, value| is_repeated |= members.insert(name, value).is_some())
            .map_err(|_| DocumentError::Malformed)?;
        if is_repeated { Err(DocumentError::Malformed) } else { Ok(Self(members)) }
    }

    /// An explicit `null` counts as absent.
    fn get(&self, member: &str) -> Option<Raw<'a>> {
        self.0.get(member).copied().filter(|value| !value.is_null())
    }

    /// An empty string counts as absent.
    pub(crate) fn text(&self, member: &'static str) -> Result<Option<Cow<'a, str>>, DocumentError> {
        let wrong = DocumentError::WrongType { member, expected: "a string" };
        let text = self.get(member).map(|value| value.string().ok_or(wrong)).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    pub(crate) fn required(&self, member: &'static str) -> Result<Cow<'a, str>, DocumentError> {
        self.text(member)?.ok_or(DocumentError::Missing { member })
    }

    pub(crate) fn texts(&self, member: &'static str) -> Result<Option<Vec<String>>, DocumentError> {
        let wrong = || DocumentError::WrongType { member, expected: "an array of strings" };
        let Some(value) = self.get(member) else { return Ok(None) };
        let Some(Value::Array(values)) = value.value() else { return Err(wrong()) };
        let text = |value: Value| if let Value::String(text) = value { Ok(text) } else { Err(wrong()) };
        values.into_iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    pub(crate) fn seconds(&self, member: &'static str) -> Result<Option<u64>, DocumentError> {
        let wrong = |_| DocumentError::WrongType { member, expected: "a number of seconds" };
        self.get(member).map(|value| value.as_str().parse().map_err(wrong)).transpose()
    }
}
