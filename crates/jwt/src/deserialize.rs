//! Claims as a user's own type.

use std::fmt;

use serde_core::de::value::{MapDeserializer, SeqDeserializer};
use serde_core::de::{DeserializeOwned, Deserializer, Error, Expected, IntoDeserializer, Unexpected, Visitor};
use serde_core::forward_to_deserialize_any;

use crate::claims::Claims;
use crate::value::Value;

impl Claims {
    /// Deserializes all claims into a type of the caller.
    ///
    /// # Errors
    /// [`ClaimsError`] when the claims do not fit the type. It shows what was expected, and no claim's value.
    ///
    /// ```
    /// use proofkey_jwt::danger;
    ///
    /// let token = danger::decode_unverified("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyLTE3In0.AAAA")?;
    /// let claims: std::collections::HashMap<String, String> = token.unverified_claims().deserialize()?;
    /// assert_eq!(claims["sub"], "user-17");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        T::deserialize(self.value())
    }
}

/// The error of [`Claims::deserialize`]: the claims do not fit the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimsError {
    what: String,
}

impl ClaimsError {
    /// Returns the stable code: `jwt_claims_form`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "jwt_claims_form"
    }
}

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the claims do not have the expected form: {}", self.what)
    }
}

impl std::error::Error for ClaimsError {}

impl Error for ClaimsError {
    // The words of a user's own type may quote a claim.
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self { what: "a value was refused by the type that it is for".to_owned() }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self { what: format!("a value has another type than {expected}") }
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self { what: format!("a value is not {expected}") }
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self { what: format!("{length} values are not {expected}") }
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self { what: format!("a value is none of {}", expected.join(", ")) }
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self { what: format!("a member is none of {}", expected.join(", ")) }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { what: format!("{field} is missing") }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self { what: format!("{field} is there twice") }
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = ClaimsError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ClaimsError> {
        if let Some(text) = self.as_str() {
            return visitor.visit_borrowed_str(text);
        }
        if let Some(number) = self.json.number(self.node) {
            return match (number.parse(), number.parse(), number.parse()) {
                (Ok(number), _, _) => visitor.visit_u64(number),
                (_, Ok(number), _) => visitor.visit_i64(number),
                (_, _, Ok(number)) => visitor.visit_f64(number),
                _ => visitor.visit_unit(),
            };
        }
        if let Some(flag) = self.as_bool() {
            return visitor.visit_bool(flag);
        }
        if let Some(items) = self.items() {
            let mut items = SeqDeserializer::new(items);
            let value = visitor.visit_seq(&mut items)?;
            return items.end().map(|()| value);
        }
        if let Some(members) = self.members() {
            let mut members = MapDeserializer::new(members);
            let value = visitor.visit_map(&mut members)?;
            return members.end().map(|()| value);
        }
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ClaimsError> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ClaimsError> {
        visitor.visit_newtype_struct(self)
    }

    /// A unit variant as its name, any other as an object of one member, as in `serde_json`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ClaimsError> {
        match (self.as_str(), self.members()) {
            (Some(name), _) => visitor.visit_enum(name.into_deserializer()),
            (None, Some(members)) if members.len() == 1 => {
                visitor.visit_enum(serde_core::de::value::MapAccessDeserializer::new(MapDeserializer::new(members)))
            }
            _ => Err(Error::invalid_type(Unexpected::Other("a value"), &"a name or an object of one member")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, ClaimsError> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
