//! JSON read once into a flat list of nodes that point into the text: two allocations for any
//! document, no second pass, and every duplicate name seen.

use std::fmt;

use serde_core::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::limits::{MAX_MEMBERS, MAX_NESTING};

/// One or more documents, their text and their nodes.
#[derive(Clone, Default)]
pub(crate) struct Json {
    text: String,
    // Strings with escapes cannot point into the text; what they mean stands here.
    unescaped: String,
    pub(crate) nodes: Vec<Node>,
}

/// A node; the parts of an array or object follow it. Offsets fit, as each text is capped far below 4 GiB.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text { start: u32, end: u32 },
    Unescaped { start: u32, end: u32 },
    Array { length: u32, end: u32 },
    Object { length: u32, end: u32, duplicate: bool },
}

/// Why a text is not JSON that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonFault {
    NotUtf8,
    Malformed {
        line: usize,
        column: usize,
    },
    TooDeep,
    TooManyMembers,
    /// A number beyond what 64 bits can hold; the node of the outermost member it stands in.
    NumberOutOfRange {
        member: Option<usize>,
    },
}

impl Json {
    /// An empty store with room for what tokens usually need, decoded from `length` characters.
    pub(crate) fn for_token(length: usize) -> Self {
        // Each part is decoded behind the last in steps of four characters, hence the spare room.
        let text = String::with_capacity(length / 4 * 3 + 6);
        Self { text, unescaped: String::new(), nodes: Vec::with_capacity(64) }
    }

    /// Lets `write` append octets, parses them, and answers the index of the root node.
    pub(crate) fn read<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Result<usize, JsonFault>, E> {
        let start = self.text.len();
        let mut octets = std::mem::take(&mut self.text).into_bytes();
        write(&mut octets)?;
        // What stood here before was whole UTF-8, so a fault can only be in what was written.
        match String::from_utf8(octets) {
            Ok(text) => self.text = text,
            Err(_) => return Ok(Err(JsonFault::NotUtf8)),
        }
        Ok(self.parse(start))
    }

    pub(crate) fn text(&self, node: usize) -> Option<&str> {
        match self.nodes.get(node)? {
            Node::Text { start, end } => self.text.get(*start as usize..*end as usize),
            Node::Unescaped { start, end } => self.unescaped.get(*start as usize..*end as usize),
            _ => None,
        }
    }

    /// The node behind `node` and all that it holds.
    pub(crate) fn after(&self, node: usize) -> usize {
        match self.nodes.get(node) {
            Some(Node::Array { end, .. } | Node::Object { end, .. }) => *end as usize,
            _ => node + 1,
        }
    }

    /// The value of the member `name` of the object at `node`: its first, where there are several.
    pub(crate) fn member(&self, node: usize, name: &str) -> Option<usize> {
        let Some(Node::Object { length, .. }) = self.nodes.get(node) else {
            return None;
        };
        let mut at = node + 1;
        for _ in 0..*length {
            if self.text(at) == Some(name) {
                return Some(at + 1);
            }
            at = self.after(at + 1);
        }
        None
    }

    /// Whether the object at `node`, or one inside, has two members of the same name.
    pub(crate) fn has_duplicates(&self, node: usize) -> bool {
        self.nodes
            .get(node..self.after(node))
            .unwrap_or_default()
            .iter()
            .any(|node| matches!(node, Node::Object { duplicate: true, .. }))
    }

    fn parse(&mut self, start: usize) -> Result<usize, JsonFault> {
        let root = self.nodes.len();
        let text = self.text.get(start..).unwrap_or_default();
        let mut builder = Builder {
            text,
            start,
            nodes: &mut self.nodes,
            unescaped: &mut self.unescaped,
            depth: 0,
            member: None,
            fault: None,
        };
        let mut reader = serde_json::Deserializer::from_str(text);
        let outcome = builder.deserialize(&mut reader).and_then(|()| reader.end());
        match (outcome, builder.fault) {
            (Ok(()), _) => Ok(root),
            (Err(_), Some(fault)) => Err(fault),
            // serde_json has no kind of its own for this; a test holds the words still.
            (Err(error), None) if error.to_string().starts_with("number out of range") => {
                Err(JsonFault::NumberOutOfRange { member: builder.member })
            }
            (Err(error), None) => Err(JsonFault::Malformed { line: error.line(), column: error.column() }),
        }
    }
}

struct Builder<'a> {
    text: &'a str,
    start: usize,
    nodes: &'a mut Vec<Node>,
    unescaped: &'a mut String,
    depth: usize,
    member: Option<usize>,
    fault: Option<JsonFault>,
}

impl Builder<'_> {
    fn deserialize<'de, D: serde_core::Deserializer<'de>>(&mut self, reader: D) -> Result<(), D::Error> {
        DeserializeSeed::deserialize(self, reader)
    }

    fn refuse<E: serde_core::de::Error>(&mut self, fault: JsonFault) -> E {
        self.fault = Some(fault);
        E::custom("refused")
    }

    fn enter<E: serde_core::de::Error>(&mut self) -> Result<usize, E> {
        if self.depth == MAX_NESTING {
            return Err(self.refuse(JsonFault::TooDeep));
        }
        self.depth += 1;
        self.nodes.push(Node::Null);
        Ok(self.nodes.len() - 1)
    }

    fn leave(&mut self, at: usize, node: Node) {
        self.depth -= 1;
        if let Some(slot) = self.nodes.get_mut(at) {
            *slot = node;
        }
    }

    fn name(&self, node: usize) -> &[u8] {
        let (text, start, end) = match self.nodes.get(node) {
            Some(Node::Text { start, end }) => (self.text, *start as usize - self.start, *end as usize - self.start),
            Some(Node::Unescaped { start, end }) => (self.unescaped.as_str(), *start as usize, *end as usize),
            _ => return &[],
        };
        text.as_bytes().get(start..end).unwrap_or_default()
    }

    /// The names of the members of the object at `object`, as far as `end`.
    fn names(&self, object: usize, end: usize) -> impl Iterator<Item = &[u8]> {
        let next = move |name: &usize| match self.nodes.get(name + 1) {
            Some(Node::Array { end, .. } | Node::Object { end, .. }) => Some(*end as usize),
            _ => Some(name + 2),
        };
        let places = std::iter::successors(Some(object + 1), next).take_while(move |name| *name < end);
        places.map(|name| self.name(name))
    }

    /// Whether the newest member has the name of one before it.
    fn is_repeated(&self, object: usize, newest: usize) -> bool {
        self.names(object, newest).any(|name| name == self.name(newest))
    }

    /// Whether two of all members have one name.
    fn has_repeated(&self, object: usize) -> bool {
        let mut names: Vec<_> = self.names(object, self.nodes.len()).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// So many names are compared with each other one by one; more are sorted, once.
const FEW: u32 = 16;

impl<'de> DeserializeSeed<'de> for &mut Builder<'_> {
    type Value = ();

    fn deserialize<D: serde_core::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Builder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.nodes.push(Node::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.nodes.push(Node::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.nodes.push(Node::Integer(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.nodes.push(Node::Unsigned(value));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.nodes.push(Node::Float(value));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        // The reader hands out parts of the very text it was given: the distance is the offset.
        let start = self.start + (value.as_ptr().addr() - self.text.as_ptr().addr());
        self.nodes.push(Node::Text { start: start as u32, end: (start + value.len()) as u32 });
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        let start = self.unescaped.len();
        self.unescaped.push_str(value);
        self.nodes.push(Node::Unescaped { start: start as u32, end: self.unescaped.len() as u32 });
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let at = self.enter()?;
        let mut length = 0;
        while items.next_element_seed(&mut *self)?.is_some() {
            length += 1;
        }
        let end = self.nodes.len() as u32;
        self.leave(at, Node::Array { length, end });
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let at = self.enter()?;
        let (mut length, mut duplicate) = (0, false);
        loop {
            let name = self.nodes.len();
            if members.next_key_seed(&mut *self)?.is_none() {
                break;
            }
            if length as usize == MAX_MEMBERS {
                let fault = self.refuse(JsonFault::TooManyMembers);
                return Err(fault);
            }
            length += 1;
            duplicate |= length <= FEW && self.is_repeated(at, name);
            if self.depth == 1 {
                self.member = Some(name);
            }
            members.next_value_seed(&mut *self)?;
        }
        duplicate |= length > FEW && self.has_repeated(at);
        let end = self.nodes.len() as u32;
        self.leave(at, Node::Object { length, end, duplicate });
        Ok(())
    }
}
