//! The members of a JSON object, borrowed from the body: a secret is copied once, into the value
//! that overwrites it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::{Malformed, Problem};

/// The members by name, each name once. A `null` counts as absent.
pub(crate) struct Members<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Members<'a> {
    /// Reads a document that is one JSON object.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let malformed = |problem| Malformed::new("body", problem, body.len());
        if body.is_empty() {
            return Err(malformed(Problem::Empty));
        }
        let text =
            std::str::from_utf8(body).map_err(|error| malformed(Problem::NotUtf8 { position: error.valid_up_to() }))?;
        let mut duplicate = None;
        let mut reader = serde_json::Deserializer::from_str(text);
        let members = Object { duplicate: &mut duplicate }
            .deserialize(&mut reader)
            .and_then(|members| reader.end().map(|()| members));
        if let Some(name) = duplicate {
            return Err(Malformed::new(name, Problem::Duplicate, body.len()));
        }
        members.map(Self).map_err(|error| {
            malformed(match error.classify() {
                Category::Data => Problem::NotAnObject,
                _ => Problem::NotJson { line: error.line(), column: error.column() },
            })
        })
    }

    /// Whether there is a member of that name that is not `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The JSON text of a member's value.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|value| value.get()).filter(|json| *json != "null")
    }

    /// A member that is a string.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<Zeroizing<String>>, Malformed> {
        let Some(json) = self.raw(name) else { return Ok(None) };
        // The text was read as JSON once: a string without an escape is what stands between its quotes.
        let plain = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|text| !text.contains('\\'));
        if let Some(text) = plain {
            return Ok(Some(Zeroizing::new(text.to_owned())));
        }
        match serde_json::from_str::<String>(json) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(_) => Err(Malformed::new(name, Problem::WrongType { expected: "a string" }, json.len())),
        }
    }

    /// A member that is a string and must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<Zeroizing<String>, Malformed> {
        self.text(name)?.ok_or_else(|| Malformed::new(name, Problem::Missing, 0))
    }

    /// The members that are not among `known`. A number that does not fit any type is left out.
    pub(crate) fn further(&self, known: &[&str]) -> Map<String, Value> {
        let further = self.0.iter().filter(|(name, _)| !known.contains(&name.as_ref()));
        further
            .filter_map(|(name, json)| Some((name.clone().into_owned(), serde_json::from_str(json.get()).ok()?)))
            .collect()
    }
}

/// Reads an object and notes a name that comes twice: two readers of such a document can each be
/// right and disagree.
struct Object<'n> {
    duplicate: &'n mut Option<&'static str>,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = BTreeMap<Cow<'de, str>, &'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = BTreeMap<Cow<'de, str>, &'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(Name(name)) = access.next_key()? {
            let known = known(&name);
            if members.insert(name, access.next_value()?).is_some() {
                *self.duplicate = Some(known);
            }
        }
        Ok(members)
    }
}

/// A name of the specifications, or `body` in place of a name of the server's invention.
fn known(name: &str) -> &'static str {
    const KNOWN: [&str; 10] = [
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "scope",
        "id_token",
        "error",
        "error_description",
        "error_uri",
        "sub",
    ];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or("body")
}

/// A member's name, borrowed unless it has an escape.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(body: &[u8]) -> (&'static str, &'static str) {
        match Members::parse(body) {
            Ok(_) => ("", "read"),
            Err(malformed) => (malformed.field(), malformed.code()),
        }
    }

    #[test]
    fn only_one_object_with_each_name_once_is_read() {
        assert_eq!(problem(b" {\"a\": 1, \"b\": {\"a\": 1}} \n"), ("", "read"));
        assert_eq!(problem(b""), ("body", "empty"));
        assert_eq!(problem(b"{\"a\":\"\xff\"}"), ("body", "not_utf8"));
        assert_eq!(problem(b"<html>"), ("body", "not_json"));
        assert_eq!(problem(b"{\"a\":1"), ("body", "not_json"));
        assert_eq!(problem(b"{} {}"), ("body", "not_json"));
        assert_eq!(problem(b"[]"), ("body", "not_an_object"));
        assert_eq!(problem(b"null"), ("body", "not_an_object"));
        assert_eq!(problem(b"\"access_token\""), ("body", "not_an_object"));
        assert_eq!(problem(b"{\"scope\":1,\"scope\":2}"), ("scope", "duplicate"));
        assert_eq!(problem(b"{\"scope\":1,\"sc\\u006fpe\":2}"), ("scope", "duplicate"));
        assert_eq!(problem(b"{\"own\":1,\"own\":2}"), ("body", "duplicate"));
    }

    #[test]
    fn values_are_what_they_are() {
        let members = Members::parse(br#"{"scope":"\u0061b","sub":7,"error":null,"n":1e400,"m":[1]}"#).unwrap();
        assert_eq!(members.text("scope").unwrap().unwrap().as_str(), "ab");
        assert_eq!(members.text("sub").unwrap_err().code(), "wrong_type");
        assert_eq!(members.required("id_token").unwrap_err().code(), "missing");
        assert!(!members.has("error"));
        assert_eq!(members.raw("n"), Some("1e400"));
        let further = members.further(&["scope", "sub", "error"]);
        assert_eq!(further.keys().collect::<Vec<_>>(), ["m"]);
    }

    #[test]
    fn a_lone_surrogate_is_not_a_string() {
        let members = Members::parse(br#"{"scope":"\ud800"}"#).unwrap();
        assert_eq!(members.text("scope").unwrap_err().code(), "wrong_type");
    }

    #[test]
    fn deep_nesting_and_many_members_end() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        // Deeper than a value may be: not kept, and no stack is used up.
        assert!(Members::parse(deep.as_bytes()).is_ok_and(|members| members.further(&[]).is_empty()));
        let many: Vec<String> = (0..50_000).map(|n| format!("\"{n}\":0")).collect();
        assert!(Members::parse(format!("{{{}}}", many.join(",")).as_bytes()).is_ok());
    }
}
