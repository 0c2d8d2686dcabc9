//! The members of a JSON object, borrowed from the body: a secret is copied once, into the value
//! that overwrites it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde_core::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::{Malformed, Problem};
use crate::secret::Text;

/// The most values that a document may have: a JSON object of seven octets takes a hundred times as many.
const MAX_VALUES: usize = 16 * 1024;

/// The members by name, each name once. A `null` counts as absent.
pub(crate) struct Members<'a> {
    /// The whole document, valid JSON.
    text: &'a str,
    /// Those that have one of the names in `KNOWN`, in that order.
    known: [Option<Member<'a>>; KNOWN.len()],
    /// All others, in the order of their names.
    others: Vec<(Cow<'a, str>, Member<'a>)>,
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
        let malformed = |problem| Malformed::new("body", problem, body.len());
        if body.is_empty() {
            return Err(malformed(Problem::Empty));
        }
        let text =
            std::str::from_utf8(body).map_err(|error| malformed(Problem::NotUtf8 { position: error.valid_up_to() }))?;
        // Each value but the first comes behind one of these.
        let values = || body.iter().filter(|octet| matches!(octet, b'{' | b'[' | b',')).count();
        if body.len() > MAX_VALUES && values() > MAX_VALUES {
            return Err(malformed(Problem::TooManyValues { limit: MAX_VALUES }));
        }
        let read = Self::collect(text, |member| member).or_else(|_| {
            // Not only what is no JSON: a number that no type holds comes here too, and is no concern of ours unless
            // somebody asks for it.
            Self::collect(text, |_: &RawValue| Member::Other)
        });
        let (members, repeated) = read.map_err(|error| {
            malformed(match error.classify() {
                Category::Data => Problem::NotAnObject,
                _ => Problem::NotJson { line: error.line(), column: error.column() },
            })
        })?;
        match repeated {
            Some(name) => Err(Malformed::new(name, Problem::Duplicate, body.len())),
            None => Ok(members),
        }
    }

    /// The members, and the name of one that comes twice, if there is such a one: two readers of such a document can
    /// each be right and disagree. It is `body` in place of a name of the server's invention.
    fn collect<V: Deserialize<'a>>(
        text: &'a str,
        member: impl Fn(V) -> Member<'a>,
    ) -> serde_json::Result<(Self, Option<&'static str>)> {
        let mut members = Self { text, known: Default::default(), others: Vec::new() };
        let mut repeated = None;
        object(text, |name, value| match place(&name) {
            None => members.others.push((name, member(value))),
            Some(at) => {
                if members.known[at].replace(member(value)).is_some() {
                    repeated = Some(KNOWN[at]);
                }
            }
        })?;
        members.others.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let other = members.others.windows(2).any(|pair| pair[0].0 == pair[1].0).then_some("body");
        Ok((members, repeated.or(other)))
    }

    /// Whether there is a member of that name that is not `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self.get(name) {
            None | Some(Member::Null) => false,
            Some(Member::Other) => self.raw(name).is_some(),
            Some(_) => true,
        }
    }

    /// The JSON text of a member's value.
    pub(crate) fn raw(&self, name: &str) -> Option<Cow<'a, str>> {
        match self.get(name)? {
            Member::Null => None,
            Member::Number(number) => Some(number.to_string().into()),
            Member::Plain(_) | Member::Escaped(_) | Member::Other => {
                let (_, json) = self.whole().into_iter().find(|(own, _)| own == name)?;
                (json.get() != "null").then_some(json.get().into())
            }
        }
    }

    fn get(&self, name: &str) -> Option<&Member<'a>> {
        if let Some(at) = place(name) {
            return self.known[at].as_ref();
        }
        let at = self.others.binary_search_by(|(own, _)| own.as_ref().cmp(name)).ok()?;
        self.others.get(at).map(|(_, member)| member)
    }

    /// The JSON texts of all values: a second reading, for what is seldom asked for.
    fn whole(&self) -> Vec<(Cow<'a, str>, &'a RawValue)> {
        let mut members = Vec::new();
        let read = object(self.text, |name, json| members.push((name, json)));
        read.map_or_else(|_| Vec::new(), |()| members)
    }

    /// A member that is a whole number from 0 on, written in digits.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some(Member::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A member that is a string and a secret.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<Text>, Malformed> {
        Ok(self.word(name)?.map(|text| Text::new(text.into_owned())))
    }

    /// A member that is a string and no secret.
    pub(crate) fn word(&self, name: &'static str) -> Result<Option<Cow<'_, str>>, Malformed> {
        let wrong = |json: &str| Malformed::new(name, Problem::WrongType { expected: "a string" }, json.len());
        match self.get(name) {
            None | Some(Member::Null) => Ok(None),
            Some(Member::Plain(text)) => Ok(Some(Cow::Borrowed(text))),
            Some(Member::Escaped(text)) => Ok(Some(Cow::Borrowed(text.as_str()))),
            Some(Member::Number(_) | Member::Other) => match self.raw(name) {
                Some(json) => serde_json::from_str(&json).map(Cow::Owned).map(Some).map_err(|_| wrong(&json)),
                None => Ok(None),
            },
        }
    }

    /// A member that is a string and must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<Text, Malformed> {
        self.text(name)?.ok_or_else(|| Malformed::new(name, Problem::Missing, 0))
    }

    /// The members that are not among `expected`. A number that does not fit any type is left out.
    pub(crate) fn further(&self, expected: &[&str]) -> Map<String, Value> {
        let mut known = KNOWN.iter().zip(&self.known).filter(|(_, member)| member.is_some());
        if self.others.is_empty() && known.all(|(name, _)| expected.contains(name)) {
            return Map::new();
        }
        let further = self.whole().into_iter().filter(|(name, _)| !expected.contains(&name.as_ref()));
        further.filter_map(|(name, json)| Some((name.into_owned(), serde_json::from_str(json.get()).ok()?))).collect()
    }
}

/// Where a name stands in `KNOWN`.
fn place(name: &str) -> Option<usize> {
    KNOWN.iter().position(|known| *known == name)
}

/// A value, as far as the first reading keeps it.
enum Member<'a> {
    Null,
    /// A string without an escape, as it stands in the document.
    Plain(&'a str),
    Escaped(Zeroizing<String>),
    /// A whole number from 0 on, whose digits are its JSON text.
    Number(u64),
    Other,
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Member<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Member::Plain(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Member::Escaped(Zeroizing::new(text.to_owned())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Member::Number(number))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Member::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Member::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Member::Other)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Member::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                while access.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Member::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Member::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Gives each member of the object that `text` is to `take`, in the order in which they stand.
fn object<'a, V: Deserialize<'a>>(text: &'a str, take: impl FnMut(Cow<'a, str>, V)) -> serde_json::Result<()> {
    struct Object<T, V>(T, PhantomData<V>);

    impl<'de, V: Deserialize<'de>, T: FnMut(Cow<'de, str>, V)> Visitor<'de> for Object<T, V> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<(), A::Error> {
            while let Some((Name(name), value)) = access.next_entry()? {
                (self.0)(name, value);
            }
            Ok(())
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    reader.deserialize_map(Object(take, PhantomData))?;
    reader.end()
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
        assert_eq!(members.text("scope").unwrap().as_deref(), Some("ab"));
        assert_eq!(members.text("sub").err().unwrap().code(), "wrong_type");
        assert_eq!(members.required("id_token").err().unwrap().code(), "missing");
        assert!(!members.has("error"));
        assert_eq!(members.raw("n"), Some("1e400".into()));
        let further = members.further(&["scope", "sub", "error"]);
        assert_eq!(further.keys().collect::<Vec<_>>(), ["m"]);
    }

    #[test]
    fn a_lone_surrogate_is_not_a_string() {
        let members = Members::parse(br#"{"scope":"\ud800"}"#).unwrap();
        assert_eq!(members.text("scope").err().unwrap().code(), "wrong_type");
    }

    #[test]
    fn deep_nesting_and_many_members_end() {
        let deep = |levels| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
        // Deeper than a value may be: not kept, and no stack is used up.
        assert!(Members::parse(deep(10_000).as_bytes()).is_ok_and(|members| members.further(&[]).is_empty()));
        let many = |count| (0..count).map(|number| format!("\"{number}\":0")).collect::<Vec<_>>().join(",");
        assert!(Members::parse(format!("{{{}}}", many(MAX_VALUES)).as_bytes()).is_ok());
        for body in [deep(100_000), format!("{{{}}}", many(MAX_VALUES + 1))] {
            assert_eq!(Members::parse(body.as_bytes()).err().map(|error| error.code()), Some("too_many_values"));
        }
    }
}
