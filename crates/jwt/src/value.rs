//! One JSON value of a token.

use std::fmt;

use crate::json::Json;
use crate::json_node::Node;

/// A JSON value in the claims of a token, borrowed from them.
///
/// `Debug` shows the type of the value and not its content, which may identify a user.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    pub(crate) json: &'a Json,
    pub(crate) node: usize,
}

impl<'a> Value<'a> {
    /// Returns the text of a string; `None` for any other type.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        self.json.text(self.node)
    }

    /// Returns a boolean; `None` for any other type, including the string `"true"`.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.node() {
            Node::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns a number in the range of `i64` that is written without fraction and exponent; `None` for any other number
    /// or type.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        self.json.number(self.node)?.parse().ok()
    }

    /// Returns a number as the nearest `f64`; `None` for any other type.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        self.json.number(self.node)?.parse().ok()
    }

    /// Returns whether this is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        matches!(self.node(), Node::Null)
    }

    /// Returns an iterator over the items of an array, in order; `None` for any other type.
    #[must_use]
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = Value<'a>> + use<'a>> {
        let Node::Array { length, .. } = self.node() else {
            return None;
        };
        let (json, mut at) = (self.json, self.node + Node::SIZE);
        Some((0..length).map(move |_| {
            let item = Value { json, node: at };
            at = json.after(at);
            item
        }))
    }

    /// Returns an iterator over the members of an object, in order; `None` for any other type.
    #[must_use]
    pub fn members(self) -> Option<impl ExactSizeIterator<Item = (&'a str, Value<'a>)> + use<'a>> {
        let Node::Object { length, .. } = self.node() else {
            return None;
        };
        let (json, mut at) = (self.json, self.node + Node::SIZE);
        Some((0..length).map(move |_| {
            let name = json.text(at).unwrap_or_default();
            let value = Value { json, node: at + Node::SIZE };
            at = json.after(value.node);
            (name, value)
        }))
    }

    /// Returns the member `name` of an object; `None` when it is absent or this is not an object.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        let node = self.json.member(self.node, name)?;
        Some(Value { json: self.json, node })
    }

    /// The member `name`, unless its value is `null`: the two mean the same in every document that this crate reads.
    pub(crate) fn present(self, name: &str) -> Option<Value<'a>> {
        self.get(name).filter(|value| !value.is_null())
    }

    fn node(self) -> Node {
        self.json.node(self.node)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.node() {
            Node::Null => "null",
            Node::Bool(_) => "Boolean(..)",
            Node::Number { .. } => "Number(..)",
            Node::Text { .. } => "String(..)",
            Node::Array { .. } => "Array(..)",
            Node::Object { .. } => "Object(..)",
        })
    }
}
