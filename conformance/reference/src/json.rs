//! JSON, with a choice of the meaning of repeated members.

use std::fmt;

use serde_core::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::defects::Defects;

/// What two members of one name in one object mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duplicates {
    Refused,
    LastWins,
    FirstWins,
}

/// One JSON text in UTF-8, nothing behind it, at most 127 levels deep.
pub(crate) fn parse(text: &[u8], duplicates: Duplicates) -> Result<Value, serde_json::Error> {
    let mut source = serde_json::Deserializer::from_slice(text);
    let value = Reader(duplicates).deserialize(&mut source)?;
    source.end()?;
    Ok(value)
}

/// Each name once; the last of them wins for a client with `switch`, which is looked at where that matters.
pub(crate) fn parse_once(text: &[u8], switch: &'static str, defects: &Defects) -> Result<Value, serde_json::Error> {
    let lenient = |error| if defects.has(switch) { parse(text, Duplicates::LastWins) } else { Err(error) };
    parse(text, Duplicates::Refused).or_else(lenient)
}

/// Whether it may make a difference what two members of one name mean: no JSON in which each stands once.
pub(crate) fn is_odd(text: &[u8]) -> bool {
    parse(text, Duplicates::Refused).is_err()
}

/// As [`parse`], but an object.
pub(crate) fn parse_object(text: &[u8], duplicates: Duplicates) -> Option<Map<String, Value>> {
    match parse(text, duplicates) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

#[derive(Clone, Copy)]
struct Reader(Duplicates);

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if object.contains_key(&name) {
                match self.0 {
                    Duplicates::Refused => return Err(A::Error::custom("a name stands twice")),
                    Duplicates::FirstWins => continue,
                    Duplicates::LastWins => {}
                }
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_members_of_one_name() {
        let text = br#"{"a":{"b":1,"b":2}}"#;
        assert!(parse(text, Duplicates::Refused).is_err());
        let last = parse(text, Duplicates::LastWins).unwrap();
        let first = parse(text, Duplicates::FirstWins).unwrap();
        assert_eq!((&last["a"]["b"], &first["a"]["b"]), (&2.into(), &1.into()));
    }

    #[test]
    fn what_is_no_json() {
        let deep = "[".repeat(10_000);
        for text in ["", "{", "{} {}", "{\"a\":NaN}", "1e400", "{'a':1}", &deep] {
            assert!(parse(text.as_bytes(), Duplicates::Refused).is_err(), "{text:.20}");
        }
        assert!(parse(b"\"\xff\"", Duplicates::Refused).is_err());
    }
}
