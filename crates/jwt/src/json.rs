//! A store of JSON documents in one buffer: each text, and behind it a flat list of nodes that point into it.
//!
//! One allocation holds the header and the claims of a token. Every duplicate name is seen. The reader is our own
//! ([`crate::json_reader`]): no cargo feature that another crate of the build switches on changes what a token says.

use crate::json_node::{Node, after, names, slice, text};
use crate::json_reader::{self, JsonFault};

/// One or more documents, their texts and their nodes. A node is known by its place in `bytes`.
#[derive(Clone, Default)]
pub(crate) struct Json {
    bytes: Vec<u8>,
}

impl Json {
    /// An empty store with room for `text` bytes of JSON and the nodes that so much text usually has.
    pub(crate) fn with_room_for(text: usize) -> Self {
        Self { bytes: Vec::with_capacity(text + Node::SIZE * (64 + text / 16)) }
    }

    /// An empty store that never grows for a document of `text` bytes, whatever is in it: each node takes at least one
    /// byte of it. For a document with a secret, of which growing would leave a copy behind.
    #[cfg(feature = "aws-lc-rs")]
    pub(crate) fn never_growing(text: usize) -> Self {
        Self { bytes: Vec::with_capacity(text + Node::SIZE * (text + 1)) }
    }

    /// Overwrites what was read.
    #[cfg(feature = "aws-lc-rs")]
    pub(crate) fn wipe(&mut self) {
        self.bytes.fill(0);
        std::hint::black_box(&self.bytes);
    }

    /// Lets `write` append the bytes of a document, reads them, and returns the root node.
    pub(crate) fn read<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Result<usize, JsonFault>, E> {
        let start = self.bytes.len();
        write(&mut self.bytes)?;
        Ok(json_reader::read(&mut self.bytes, start))
    }

    /// The node at that place; `null` where there is none.
    pub(crate) fn node(&self, at: usize) -> Node {
        Node::load(&self.bytes, at)
    }

    /// The content of a string.
    pub(crate) fn text(&self, at: usize) -> Option<&str> {
        match self.node(at) {
            Node::Text { start, end } => str::from_utf8(slice(&self.bytes, start, end)).ok(),
            _ => None,
        }
    }

    /// A number as it was written.
    pub(crate) fn number(&self, at: usize) -> Option<&str> {
        match self.node(at) {
            Node::Number { start, end } => str::from_utf8(slice(&self.bytes, start, end)).ok(),
            _ => None,
        }
    }

    /// The node behind the one at `at` and all that it holds.
    pub(crate) fn after(&self, at: usize) -> usize {
        after(&self.bytes, at)
    }

    /// The value of the member `name` of the object at `at`: its first, where there are several.
    pub(crate) fn member(&self, at: usize, name: &str) -> Option<usize> {
        let Node::Object { end, .. } = self.node(at) else { return None };
        let mut names = names(&self.bytes, at, end as usize);
        names.find(|at| text(&self.bytes, *at) == name.as_bytes()).map(|at| at + Node::SIZE)
    }

    /// Whether the object at `at`, or one inside it, has two members of the same name.
    pub(crate) fn has_duplicates(&self, at: usize) -> bool {
        let mut nodes = (at..self.after(at)).step_by(Node::SIZE);
        nodes.any(|at| matches!(self.node(at), Node::Object { duplicate: true, .. }))
    }
}
