//! Reads one JSON text (RFC 8259) and writes its nodes behind it.
//!
//! Strings are unescaped in place, which never makes them longer. Numbers stay as they were written.

use crate::json_node::{Node, names, text};
use crate::limits::{MAX_MEMBERS, MAX_NESTING};

/// Why a text is not JSON that this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonFault {
    NotUtf8,
    /// The position in the text, in bytes from 0.
    Malformed(usize),
    TooDeep,
    TooManyMembers,
    /// A number beyond the range of an `f64`; the name of the outermost member that it is in.
    NumberOutOfRange {
        member: Option<usize>,
    },
}

/// Reads the text that begins at `start` and ends with `bytes`. Returns its root node.
pub(crate) fn read(bytes: &mut Vec<u8>, start: usize) -> Result<usize, JsonFault> {
    let end = bytes.len();
    if str::from_utf8(bytes.get(start..).unwrap_or_default()).is_err() {
        return Err(JsonFault::NotUtf8);
    }
    let mut reader = Reader { bytes, start, at: start, end, depth: 0, member: None };
    reader.value()?;
    match reader.peek() {
        None => Ok(end),
        Some(_) => Err(reader.malformed()),
    }
}

struct Reader<'a> {
    bytes: &'a mut Vec<u8>,
    start: usize,
    at: usize,
    end: usize,
    depth: usize,
    member: Option<usize>,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<(), JsonFault> {
        let node = match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.object(),
            Some(b'[') => return self.array(),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word(b"true", Node::Bool(true))?,
            Some(b'f') => self.word(b"false", Node::Bool(false))?,
            Some(b'n') => self.word(b"null", Node::Null)?,
            _ => return Err(self.malformed()),
        };
        self.push(node);
        Ok(())
    }

    fn object(&mut self) -> Result<(), JsonFault> {
        let object = self.enter()?;
        let (mut length, mut duplicate) = (0_u32, false);
        while !self.is_closed(b'}', length == 0)? {
            if self.peek() != Some(b'"') {
                return Err(self.malformed());
            }
            if length as usize == MAX_MEMBERS {
                return Err(JsonFault::TooManyMembers);
            }
            length += 1;
            let name = self.string()?;
            let name = self.push(name);
            duplicate |= length <= FEW && self.is_repeated(object, name);
            if self.depth == 1 {
                self.member = Some(name);
            }
            if self.peek() != Some(b':') {
                return Err(self.malformed());
            }
            self.at += 1;
            self.value()?;
        }
        duplicate |= length > FEW && self.has_repeated(object);
        let end = self.bytes.len() as u32;
        self.leave(object, Node::Object { length, end, duplicate });
        Ok(())
    }

    fn array(&mut self) -> Result<(), JsonFault> {
        let array = self.enter()?;
        let mut length = 0;
        while !self.is_closed(b']', length == 0)? {
            length += 1;
            self.value()?;
        }
        let end = self.bytes.len() as u32;
        self.leave(array, Node::Array { length, end });
        Ok(())
    }

    /// Goes past the closing bracket, or past the comma that is due before every part but the first.
    fn is_closed(&mut self, bracket: u8, is_first: bool) -> Result<bool, JsonFault> {
        match self.peek() {
            Some(byte) if byte == bracket => {
                self.at += 1;
                Ok(true)
            }
            Some(b',') if !is_first => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if is_first => Ok(false),
            _ => Err(self.malformed()),
        }
    }

    fn string(&mut self) -> Result<Node, JsonFault> {
        self.at += 1;
        let start = self.at;
        let mut write = start;
        loop {
            let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
            let plain = plain_at_start(rest);
            if write != self.at {
                self.bytes.copy_within(self.at..self.at + plain, write);
            }
            self.at += plain;
            write += plain;
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Node::Text { start: start as u32, end: write as u32 });
                }
                Some(b'\\') => {
                    let mut buffer = [0; 4];
                    let unescaped = self.escape()?.encode_utf8(&mut buffer).as_bytes();
                    // Never longer than the escape, so what is still to be read stays as it is.
                    if let Some(room) = self.bytes.get_mut(write..write + unescaped.len()) {
                        room.copy_from_slice(unescaped);
                    }
                    write += unescaped.len();
                }
                _ => return Err(self.malformed()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonFault> {
        self.at += 1;
        let letter = self.byte().ok_or(self.malformed())?;
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode()?,
            _ => return Err(self.malformed()),
        })
    }

    /// The digits behind `\u`, and those of a second escape where the first is half of a pair.
    fn unicode(&mut self) -> Result<char, JsonFault> {
        let code = match self.hex()? {
            high @ 0xd800..=0xdbff => {
                self.word(b"\\u", Node::Null)?;
                match self.hex()? {
                    low @ 0xdc00..=0xdfff => 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00),
                    _ => return Err(self.malformed()),
                }
            }
            code => code,
        };
        char::from_u32(code).ok_or(self.malformed())
    }

    fn hex(&mut self) -> Result<u32, JsonFault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16)).ok_or(self.malformed())?;
            code = 16 * code + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn number(&mut self) -> Result<Node, JsonFault> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _sign = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        let text = str::from_utf8(self.bytes.get(start..self.at).unwrap_or_default()).unwrap_or_default();
        if text.parse().is_ok_and(f64::is_finite) {
            Ok(Node::Number { start: start as u32, end: self.at as u32 })
        } else {
            Err(JsonFault::NumberOutOfRange { member: self.member })
        }
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        if digits == 0 { Err(self.malformed()) } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8], node: Node) -> Result<Node, JsonFault> {
        let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.malformed());
        }
        self.at += word.len();
        Ok(node)
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.byte() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// The next byte that is not a blank.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.byte()
    }

    fn byte(&self) -> Option<u8> {
        if self.at < self.end { self.bytes.get(self.at).copied() } else { None }
    }

    fn malformed(&self) -> JsonFault {
        JsonFault::Malformed(self.at - self.start)
    }

    fn push(&mut self, node: Node) -> usize {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&node.store());
        at
    }

    fn enter(&mut self) -> Result<usize, JsonFault> {
        if self.depth == MAX_NESTING {
            return Err(JsonFault::TooDeep);
        }
        self.depth += 1;
        self.at += 1;
        Ok(self.push(Node::Null))
    }

    fn leave(&mut self, at: usize, node: Node) {
        self.depth -= 1;
        if let Some(slot) = self.bytes.get_mut(at..at + Node::SIZE) {
            slot.copy_from_slice(&node.store());
        }
    }

    /// Whether the member at `newest` has the name of one before it.
    fn is_repeated(&self, object: usize, newest: usize) -> bool {
        names(self.bytes, object, newest).any(|name| text(self.bytes, name) == text(self.bytes, newest))
    }

    /// Whether two of all members have one name.
    fn has_repeated(&self, object: usize) -> bool {
        let mut names: Vec<_> =
            names(self.bytes, object, self.bytes.len()).map(|name| text(self.bytes, name)).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// So many names are compared with each other one by one; more are sorted, once.
const FEW: u32 = 16;

/// How many bytes of a string stand before its end, an escape, or a control character.
fn plain_at_start(bytes: &[u8]) -> usize {
    // Most names and values end in here. The numbers of a key do not.
    if let Some(at) = bytes.get(..16).and_then(special_in) {
        return at;
    }
    let (blocks, _) = bytes.as_chunks::<32>();
    let before = 32 * blocks.iter().take_while(|block| is_plain(block)).count();
    let rest = bytes.get(before..).unwrap_or_default();
    before + special_in(rest).unwrap_or(rest.len())
}

/// Whether none of these is a quote, a backslash or a control character. Without an early end, and by distances instead
/// of comparisons, so that the compiler looks at 16 bytes at once.
fn is_plain(block: &[u8; 32]) -> bool {
    let distance = |byte: u8| (byte ^ b'"').min(byte ^ b'\\').min(byte.saturating_sub(0x1f));
    !block.iter().fold(false, |any, byte| any | (distance(*byte) == 0))
}

/// Where the first quote, backslash or control character stands, looked for in eight bytes at once.
fn special_in(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    let in_words = words.iter().enumerate().find_map(|(index, word)| Some(8 * index + special_in_word(*word)?));
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    in_words.or_else(|| Some(8 * words.len() + rest.iter().position(is_special)?))
}

fn special_in_word(word: [u8; 8]) -> Option<usize> {
    const EACH: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(word);
    // The top bit of each byte below `limit`, which is at most 0x80. A borrow can set it too far up, never too far down.
    let below = |word: u64, limit: u64| word.wrapping_sub(EACH * limit) & !word;
    let special =
        below(word, 0x20) | below(word ^ (EACH * u64::from(b'"')), 1) | below(word ^ (EACH * u64::from(b'\\')), 1);
    let special = special & (EACH * 0x80);
    (special != 0).then(|| special.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::plain_at_start;

    #[test]
    fn a_special_byte_is_found_wherever_it_stands() {
        for (special, plain) in [(b'"', b'x'), (b'\\', b'!'), (0, 0x20), (0x1f, 0x7f), (b'"', 0xff), (0, 0x80)] {
            for length in 0..80 {
                for at in 0..=length {
                    let mut content = vec![plain; length];
                    content.insert(at, special);
                    assert_eq!(plain_at_start(&content), at);
                }
            }
        }
        assert_eq!(plain_at_start(&[b'x'; 80]), 80);
    }
}
