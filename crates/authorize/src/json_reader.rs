//! A reader of JSON (RFC 8259), also for `proofkey-token` and `proofkey-mcp`. Hidden from the documentation, and not part
//! of the stable API.
//!
//! It is our own because the features of `serde_json` unify: what another crate of the program switches on would change
//! which documents are read, and as what. `serde_json` only holds the values that are returned.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Number, Value};

/// The maximum depth of a value that is handed out.
const MAX_DEPTH: usize = 128;

/// Hands each member of the object that `document` is to `take`, in order: its name, and its value.
///
/// The caller bounds the size of the document; its depth needs no bound.
///
/// # Errors
/// [`JsonError`] when the document is not one JSON object.
pub fn members<'a>(document: &'a str, mut take: impl FnMut(Cow<'a, str>, Raw<'a>)) -> Result<(), JsonError> {
    let mut reader = Reader { text: document, at: 0 };
    if reader.peek() != Some(b'{') {
        return Err(match reader.skip_value() {
            Some(_) if reader.peek().is_none() => JsonError::NotAnObject,
            _ => reader.malformed(),
        });
    }
    match reader.members(&mut take) {
        Some(()) if reader.peek().is_none() => Ok(()),
        _ => Err(reader.malformed()),
    }
}

/// A value as it stands in its document. `Debug` does not show it: it can be a token.
#[derive(Clone, Copy)]
pub struct Raw<'a> {
    json: &'a str,
    is_escaped: bool,
}

impl<'a> Raw<'a> {
    /// Returns its JSON text.
    pub fn as_str(self) -> &'a str {
        self.json
    }

    /// Returns whether it is `null`.
    pub fn is_null(self) -> bool {
        self.json == "null"
    }

    /// Returns the content of a string, borrowed unless it has an escape; `None` for another type, and for a string
    /// with half of a surrogate pair.
    pub fn string(self) -> Option<Cow<'a, str>> {
        let content = self.json.strip_prefix("\"")?.strip_suffix("\"")?;
        if self.is_escaped { unescape(content).map(Cow::Owned) } else { Some(Cow::Borrowed(content)) }
    }

    /// Returns the value for handing out; `None` when a number in it is beyond the range of an `f64`, a string in it
    /// has half of a surrogate pair, or it is deeper than 128 levels.
    pub fn value(self) -> Option<Value> {
        Reader { text: self.json, at: 0 }.value(0)
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raw(..)")
    }
}

/// Why a document has no members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// It is not JSON.
    NotJson {
        /// The line where reading ended, from 1.
        line: usize,
        /// The column where reading ended, in bytes from 1.
        column: usize,
    },
    /// It is JSON, and not an object.
    NotAnObject,
}

/// The line of this byte, and its column in bytes, both from 1.
pub(crate) fn position(document: &[u8], at: usize) -> (usize, usize) {
    let before = &document[..at.min(document.len())];
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
    (line, column)
}

/// Its methods return `None` where something else was due; `at` is that position.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn malformed(&self) -> JsonError {
        let (line, column) = position(self.text.as_bytes(), self.at);
        JsonError::NotJson { line, column }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not a blank.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn skip(&mut self, expected: u8) -> bool {
        let is_there = self.byte() == Some(expected);
        self.at += usize::from(is_there);
        is_there
    }

    fn members(&mut self, take: &mut impl FnMut(Cow<'a, str>, Raw<'a>)) -> Option<()> {
        self.at += 1;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let name = self.name()?.string()?;
            take(name, self.skip_value()?);
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Goes past a member's name and the colon behind it.
    fn name(&mut self) -> Option<Raw<'a>> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        let is_escaped = self.skip_string()?;
        let name = Raw { json: &self.text[start..self.at], is_escaped };
        self.peek();
        self.skip(b':').then_some(name)
    }

    fn skip_value(&mut self) -> Option<Raw<'a>> {
        let first = self.peek()?;
        let start = self.at;
        let mut is_escaped = false;
        match first {
            b'"' => is_escaped = self.skip_string()?,
            b'{' | b'[' => self.skip_nested()?,
            _ => self.skip_scalar()?,
        }
        Some(Raw { json: &self.text[start..self.at], is_escaped })
    }

    /// Goes past an array or object of any depth.
    fn skip_nested(&mut self) -> Option<()> {
        // The brackets that are still to come.
        let mut open = Vec::new();
        loop {
            match self.peek()? {
                b'"' => {
                    self.skip_string()?;
                }
                bracket @ (b'{' | b'[') => {
                    self.at += 1;
                    let closing = if bracket == b'{' { b'}' } else { b']' };
                    if self.peek()? == closing {
                        self.at += 1;
                    } else {
                        open.push(closing);
                        if bracket == b'{' {
                            self.name()?;
                        }
                        continue;
                    }
                }
                _ => self.skip_scalar()?,
            }
            // A value has ended: close what it ends, up to a comma.
            while let Some(closing) = open.last().copied() {
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if closing == b'}' {
                            self.name()?;
                        }
                        break;
                    }
                    byte if byte == closing => {
                        self.at += 1;
                        open.pop();
                    }
                    _ => return None,
                }
            }
            if open.is_empty() {
                return Some(());
            }
        }
    }

    fn skip_scalar(&mut self) -> Option<()> {
        match self.byte()? {
            b'-' | b'0'..=b'9' => self.skip_number(),
            b't' => self.skip_word("true"),
            b'f' => self.skip_word("false"),
            b'n' => self.skip_word("null"),
            _ => None,
        }
    }

    fn skip_word(&mut self, word: &str) -> Option<()> {
        let is_there = self.text[self.at..].starts_with(word);
        self.at += if is_there { word.len() } else { 0 };
        is_there.then_some(())
    }

    fn skip_number(&mut self) -> Option<()> {
        self.skip(b'-');
        if !self.skip(b'0') {
            self.skip_digits()?;
        }
        if self.skip(b'.') {
            self.skip_digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _sign = self.skip(b'+') || self.skip(b'-');
            self.skip_digits()?;
        }
        Some(())
    }

    fn skip_digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Goes past a string, and returns whether it has an escape.
    fn skip_string(&mut self) -> Option<bool> {
        self.at += 1;
        let mut is_escaped = false;
        loop {
            self.at += plain_at_start(&self.text.as_bytes()[self.at..]);
            match self.byte()? {
                b'"' => {
                    self.at += 1;
                    return Some(is_escaped);
                }
                b'\\' => {
                    is_escaped = true;
                    self.at += 1;
                    self.skip_escape()?;
                }
                _ => return None,
            }
        }
    }

    fn skip_escape(&mut self) -> Option<()> {
        match self.byte()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                let digits = self.text.as_bytes().get(self.at + 1..self.at + 5)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.at += 5;
            }
            _ => return None,
        }
        Some(())
    }

    /// Builds a value that was read before, so its syntax is right.
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match self.peek()? {
            b'"' => Value::String(self.skip_value()?.string()?.into_owned()),
            b'{' => {
                let mut members = Map::new();
                while !self.is_closed(b'}')? {
                    let name = self.name()?.string()?.into_owned();
                    members.insert(name, self.value(depth + 1)?);
                }
                Value::Object(members)
            }
            b'[' => {
                let mut values = Vec::new();
                while !self.is_closed(b']')? {
                    values.push(self.value(depth + 1)?);
                }
                Value::Array(values)
            }
            _ => match self.skip_value()?.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                number => Value::Number(number_of(number)?),
            },
        })
    }

    /// Goes past the opening bracket, a comma, or the closing bracket.
    fn is_closed(&mut self, closing: u8) -> Option<bool> {
        if matches!(self.peek()?, b',' | b'{' | b'[') {
            self.at += 1;
        }
        let is_closed = self.peek()? == closing;
        self.at += usize::from(is_closed);
        Some(is_closed)
    }
}

fn number_of(text: &str) -> Option<Number> {
    // No integer has its sign; `serde_json` reads it as a float, too.
    if text == "-0" {
        return Number::from_f64(-0.0);
    }
    let integer = text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from));
    integer.ok().or_else(|| Number::from_f64(text.parse().ok()?))
}

fn unescape(content: &str) -> Option<String> {
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (letter, behind) = escape.split_at_checked(1)?;
        rest = behind;
        text.push(match letter {
            "b" => '\u{8}',
            "f" => '\u{c}',
            "n" => '\n',
            "r" => '\r',
            "t" => '\t',
            "u" => unicode(&mut rest)?,
            other => other.chars().next()?,
        });
    }
    text.push_str(rest);
    Some(text)
}

/// The character of the digits that `rest` begins with, and of a second escape where they are half of a pair.
fn unicode(rest: &mut &str) -> Option<char> {
    let unit = |rest: &mut &str| {
        let (digits, behind) = rest.split_at_checked(4)?;
        *rest = behind;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(rest)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    *rest = rest.strip_prefix("\\u")?;
    let low = unit(rest)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low)
}

/// How many bytes of a string stand before its end, an escape, or a control character.
fn plain_at_start(bytes: &[u8]) -> usize {
    // Most names and values end within two words; a block takes longer to start than those to scan.
    if let Some(at) = bytes.get(..16).and_then(special_in) {
        return at;
    }
    let (blocks, _) = bytes.as_chunks::<32>();
    let before = 32 * blocks.iter().take_while(|block| is_plain(block)).count();
    let rest = &bytes[before..];
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
    use serde_json::json;

    use super::*;

    fn read(document: &str) -> Result<Vec<(String, String)>, JsonError> {
        let mut read = Vec::new();
        members(document, |name, value| read.push((name.into_owned(), value.as_str().to_owned())))?;
        Ok(read)
    }

    fn value(json: &str) -> Option<Value> {
        let mut found = None;
        members(&format!("{{\"a\": {json} }}"), |_, value| found = value.value()).unwrap();
        found
    }

    #[test]
    fn each_member_is_handed_over_as_it_stands() {
        let read = read(" {\"a\": 1.5e3, \"\\u0062\":\"x\\\"y\",\"c\":[ {\"d\":[]},{} ] ,\"e\":null}\n").unwrap();
        let expected = [("a", "1.5e3"), ("b", "\"x\\\"y\""), ("c", "[ {\"d\":[]},{} ]"), ("e", "null")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(super::members("{}", |_, _| panic!("no member")).is_ok());
    }

    #[test]
    fn what_is_not_one_object_is_named() {
        for other in ["[]", "null", " 1e999 ", "\"a\"", "true"] {
            assert_eq!(read(other), Err(JsonError::NotAnObject), "{other}");
        }
        for (broken, line, column) in [
            ("", 1, 1),
            ("{", 1, 2),
            ("{} {}", 1, 4),
            ("{\"a\"}", 1, 5),
            ("{\"a\":1,}", 1, 8),
            ("{\"a\":\n01}", 2, 2),
            ("{\"a\":1.}", 1, 8),
            ("{\"a\":-}", 1, 7),
            ("{\"a\":[1}", 1, 8),
            ("{\"a\":{\"b\":1]}", 1, 12),
            ("{\"a\":\"\n\"}", 1, 7),
            ("{\"a\":\"\\x\"}", 1, 8),
            ("{\"a\":\"\\u12\"}", 1, 8),
            ("{\"a\":nul}", 1, 6),
            ("{\"\\ud800\":1}", 1, 11),
            ("<html>", 1, 1),
        ] {
            assert_eq!(read(broken), Err(JsonError::NotJson { line, column }), "{broken}");
        }
    }

    #[test]
    fn strings_are_unescaped_and_half_a_pair_is_none() {
        for (json, expected) in [
            (r#""\u0061\n\/\\\"\b\f\r\t""#, Some("a\n/\\\"\u{8}\u{c}\r\t")),
            (r#""\ud83d\ude00""#, Some("\u{1f600}")),
            (r#""é\u00e9""#, Some("éé")),
            (r#""\ud83d""#, None),
            (r#""\ud83dx""#, None),
            (r#""\ud83d\u0061""#, None),
            (r#""\ude00""#, None),
            ("7", None),
        ] {
            let found = Raw { json, is_escaped: true }.string();
            assert_eq!(found.as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn values_are_those_that_serde_json_reads_without_features() {
        let text = r#"{"a":[1,-2,1.5e3,0.1,18446744073709551615,true,false,null,"\u00e9"],"b":{},"c":[[],[{}]]}"#;
        let expected = json!({"a": [1, -2, 1500.0, 0.1, u64::MAX, true, false, null, "é"], "b": {}, "c": [[], [{}]]});
        assert_eq!(value(text), Some(expected));
        for (zero, expected) in [("0", json!(0)), ("-0", json!(-0.0)), ("-0.0", json!(-0.0)), ("[-0]", json!([-0.0]))] {
            assert_eq!(value(zero), Some(expected), "{zero}");
        }
        for beyond in ["1e400", "-1e400", "[1,{\"a\":1e999}]", "\"\\ud800\"", &"9".repeat(400)] {
            assert_eq!(value(beyond), None, "{beyond}");
        }
        let deep = |levels| "[".repeat(levels) + &"]".repeat(levels);
        assert!(value(&deep(MAX_DEPTH)).is_some());
        assert!(value(&deep(MAX_DEPTH + 2)).is_none());
        assert!(read(&format!("{{\"a\":{}}}", deep(100_000))).is_ok(), "what is not handed out needs no stack");
    }

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
