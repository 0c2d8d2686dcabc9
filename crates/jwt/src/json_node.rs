//! A node of a JSON document, as eight bytes of the buffer that holds the document.

/// A node; the parts of an array or object follow it. Offsets fit, as each text is capped far below 2^28 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number { start: u32, end: u32 },
    Text { start: u32, end: u32 },
    Array { length: u32, end: u32 },
    Object { length: u32, end: u32, duplicate: bool },
}

impl Node {
    /// How many bytes a node takes in the buffer.
    pub(crate) const SIZE: usize = 8;

    pub(crate) fn load(bytes: &[u8], at: usize) -> Self {
        let Some(&[a, b, c, d, e, f, g, h]) = bytes.get(at..at + Self::SIZE) else { return Self::Null };
        let (first, end) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        let start = first & LOW;
        match first >> BITS {
            1 => Self::Bool(false),
            2 => Self::Bool(true),
            3 => Self::Number { start, end },
            4 => Self::Text { start, end },
            5 => Self::Array { length: start, end },
            6 => Self::Object { length: start, end, duplicate: false },
            7 => Self::Object { length: start, end, duplicate: true },
            _ => Self::Null,
        }
    }

    pub(crate) fn store(self) -> [u8; Self::SIZE] {
        let (kind, first, end) = match self {
            Self::Null => (0, 0, 0),
            Self::Bool(value) => (1 + u32::from(value), 0, 0),
            Self::Number { start, end } => (3, start, end),
            Self::Text { start, end } => (4, start, end),
            Self::Array { length, end } => (5, length, end),
            Self::Object { length, end, duplicate } => (6 + u32::from(duplicate), length, end),
        };
        let [a, b, c, d] = (kind << BITS | first & LOW).to_le_bytes();
        let [e, f, g, h] = end.to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }
}

/// The kind of a node stands above these bits, an offset or a count below.
const BITS: u32 = 28;
const LOW: u32 = (1 << BITS) - 1;

/// The places of the names of the members of the object at `object`, as far as `end`.
pub(crate) fn names(bytes: &[u8], object: usize, end: usize) -> impl Iterator<Item = usize> {
    let next = move |name: &usize| Some(after(bytes, name + Node::SIZE));
    std::iter::successors(Some(object + Node::SIZE), next).take_while(move |name| *name < end)
}

/// The bytes of the string at `at`.
pub(crate) fn text(bytes: &[u8], at: usize) -> &[u8] {
    match Node::load(bytes, at) {
        Node::Text { start, end } => slice(bytes, start, end),
        _ => &[],
    }
}

/// The place behind the node at `at` and all that it holds.
pub(crate) fn after(bytes: &[u8], at: usize) -> usize {
    match Node::load(bytes, at) {
        Node::Array { end, .. } | Node::Object { end, .. } => end as usize,
        _ => at + Node::SIZE,
    }
}

pub(crate) fn slice(bytes: &[u8], start: u32, end: u32) -> &[u8] {
    bytes.get(start as usize..end as usize).unwrap_or_default()
}
