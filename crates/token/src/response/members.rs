//! The members of a JSON object, borrowed from the body: a secret is copied once, into the value
//! that overwrites it.

use std::borrow::Cow;

use proofkey_authorize::json_reader::{self, JsonError, Raw};
use serde_json::{Map, Value};

use crate::error::{Malformed, MalformedKind};
use crate::secret::Text;

/// Maximum number of values of a document: each takes memory, however short it is written.
const MAX_VALUES: usize = 16 * 1024;

/// The members by name. A `null` counts as absent.
pub(crate) struct Members<'a> {
    /// Those that have one of the names in `KNOWN`, in that order.
    known: [Option<Raw<'a>>; KNOWN.len()],
    /// All others, in the order of their names.
    others: Vec<(Cow<'a, str>, Raw<'a>)>,
    /// A name that occurs twice, or `body` for one that the server chose itself.
    repeated: Option<&'static str>,
    length: usize,
}

/// The names of the specifications.
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

impl<'a> Members<'a> {
    /// Reads a document that is one JSON object.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let malformed = |kind| Malformed::new("body", kind, body.len());
        if body.is_empty() {
            return Err(malformed(MalformedKind::Empty));
        }
        let text = std::str::from_utf8(body)
            .map_err(|error| malformed(MalformedKind::NotUtf8 { position: error.valid_up_to() }))?;
        // Each value but the first comes behind one of these.
        let values = || body.iter().filter(|byte| matches!(byte, b'{' | b'[' | b',')).count();
        if body.len() > MAX_VALUES && values() > MAX_VALUES {
            return Err(malformed(MalformedKind::TooManyValues { limit: MAX_VALUES }));
        }
        let mut members = Self { known: [None; KNOWN.len()], others: Vec::new(), repeated: None, length: body.len() };
        let read = json_reader::members(text, |name, value| match place(&name) {
            None => members.others.push((name, value)),
            Some(at) if members.known[at].is_none() => members.known[at] = Some(value),
            Some(at) => members.repeated = Some(KNOWN[at]),
        });
        read.map_err(|error| {
            malformed(match error {
                JsonError::NotJson { line, column } => MalformedKind::NotJson { line, column },
                JsonError::NotAnObject => MalformedKind::NotAnObject,
            })
        })?;
        members.others.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        if members.repeated.is_none() && members.others.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            members.repeated = Some("body");
        }
        Ok(members)
    }

    /// Refuses a name that occurs twice: two readers of such a document can each be right and disagree.
    pub(crate) fn each_once(self) -> Result<Self, Malformed> {
        match self.repeated {
            Some(name) => Err(Malformed::new(name, MalformedKind::Duplicate, self.length)),
            None => Ok(self),
        }
    }

    /// Whether there is a member of that name that is neither `null` nor an empty string.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.stated(name).is_some()
    }

    /// The value of a member that is neither `null` nor an empty string.
    pub(crate) fn stated(&self, name: &str) -> Option<Raw<'a>> {
        self.raw(name).filter(|value| value.as_str() != "\"\"")
    }

    /// The value of a member that is not `null`.
    pub(crate) fn raw(&self, name: &str) -> Option<Raw<'a>> {
        let value = match place(name) {
            Some(at) => self.known[at]?,
            None => {
                let at = self.others.binary_search_by(|(own, _)| own.as_ref().cmp(name)).ok()?;
                self.others.get(at)?.1
            }
        };
        (!value.is_null()).then_some(value)
    }

    /// A member that is a string and a secret.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<Text>, Malformed> {
        Ok(self.word(name)?.map(|text| Text::new(text.into_owned())))
    }

    /// A member that is a string and not a secret.
    pub(crate) fn word(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, Malformed> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        let wrong = MalformedKind::WrongType { expected: "a string" };
        value.string().map(Some).ok_or_else(|| Malformed::new(name, wrong, value.as_str().len()))
    }

    /// A member that is a string and a secret, and must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<Text, Malformed> {
        self.text(name)?.ok_or_else(|| Malformed::new(name, MalformedKind::Missing, 0))
    }

    /// The members that are not among `expected`. A value that no type holds is left out.
    pub(crate) fn further(&self, expected: &[&str]) -> Map<String, Value> {
        let mut known = self.known;
        expected.iter().filter_map(|name| place(name)).for_each(|at| known[at] = None);
        let known = KNOWN.into_iter().zip(known).filter_map(|(name, value)| Some((name, value?)));
        let others = self.others.iter().map(|(name, value)| (name.as_ref(), *value));
        let further = known.chain(others.filter(|(name, _)| !expected.contains(name)));
        further.filter_map(|(name, value)| Some((name.to_owned(), value.value()?))).collect()
    }
}

/// Where a name stands in `KNOWN`.
#[inline]
fn place(name: &str) -> Option<usize> {
    // Written out, so that the compiler finds the place of a name that it knows.
    Some(match name {
        "access_token" => 0,
        "token_type" => 1,
        "expires_in" => 2,
        "refresh_token" => 3,
        "scope" => 4,
        "id_token" => 5,
        "error" => 6,
        "error_description" => 7,
        "error_uri" => 8,
        "sub" => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(body: &[u8]) -> (&'static str, &'static str) {
        match Members::parse(body).and_then(Members::each_once) {
            Ok(_) => ("", "read"),
            Err(malformed) => (malformed.field(), malformed.code()),
        }
    }

    #[test]
    fn each_known_name_has_its_place() {
        assert_eq!(KNOWN.map(place), std::array::from_fn(Some));
        assert_eq!(place("scopes"), None);
    }

    #[test]
    fn only_one_object_with_each_name_once_is_read() {
        assert_eq!(problem(b" {\"a\": 1, \"b\": {\"a\": 1}} \n"), ("", "read"));
        assert_eq!(problem(b""), ("body", "token_empty"));
        assert_eq!(problem(b"{\"a\":\"\xff\"}"), ("body", "token_not_utf8"));
        assert_eq!(problem(b"<html>"), ("body", "token_not_json"));
        assert_eq!(problem(b"{\"a\":1"), ("body", "token_not_json"));
        assert_eq!(problem(b"{} {}"), ("body", "token_not_json"));
        assert_eq!(problem(b"[]"), ("body", "token_not_an_object"));
        assert_eq!(problem(b"null"), ("body", "token_not_an_object"));
        assert_eq!(problem(b"\"access_token\""), ("body", "token_not_an_object"));
        assert_eq!(problem(b"{\"scope\":1,\"scope\":2}"), ("scope", "token_member_duplicate"));
        assert_eq!(problem(b"{\"scope\":1,\"sc\\u006fpe\":2}"), ("scope", "token_member_duplicate"));
        assert_eq!(problem(b"{\"own\":1,\"own\":2}"), ("body", "token_member_duplicate"));
    }

    #[test]
    fn values_are_what_they_are() {
        let body = br#"{"scope":"\u0061b","sub":7,"error":null,"error_uri":"","n":1e400,"m":[1],"o":null}"#;
        let members = Members::parse(body).unwrap();
        assert_eq!(members.text("scope").unwrap().as_deref(), Some("ab"));
        assert_eq!(members.text("sub").err().unwrap().code(), "token_member_type");
        assert_eq!(members.required("id_token").err().unwrap().code(), "token_member_missing");
        assert!(!members.has("error") && !members.has("error_uri") && !members.has("o") && members.has("n"));
        assert_eq!(members.raw("n").unwrap().as_str(), "1e400");
        let further = members.further(&["scope", "sub", "error", "error_uri"]);
        assert_eq!(further, serde_json::from_str(r#"{"m":[1],"o":null}"#).unwrap());
    }

    #[test]
    fn a_lone_surrogate_is_not_a_string() {
        let members = Members::parse(br#"{"scope":"\ud800"}"#).unwrap();
        assert_eq!(members.text("scope").err().unwrap().code(), "token_member_type");
    }

    #[test]
    fn deep_nesting_and_many_members_end() {
        let deep = |levels| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
        // Deeper than a value may be: not kept, and no stack is used up.
        assert!(Members::parse(deep(10_000).as_bytes()).is_ok_and(|members| members.further(&[]).is_empty()));
        let many = |count| (0..count).map(|number| format!("\"{number}\":0")).collect::<Vec<_>>().join(",");
        assert!(Members::parse(format!("{{{}}}", many(MAX_VALUES)).as_bytes()).is_ok());
        for body in [deep(100_000), format!("{{{}}}", many(MAX_VALUES + 1))] {
            assert_eq!(Members::parse(body.as_bytes()).err().map(|error| error.code()), Some("token_too_many_values"));
        }
    }
}
