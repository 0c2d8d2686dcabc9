//! Applies edits to JSON text, parameters and whole responses.

use serde_json::Value;

use crate::encoding::{decode_form, encode_form, encode_value};
use crate::lie::{JsonEdit, ParamEdit, ResponseEdit};
use crate::message::Answer;

/// What an edit needs to know: the values of placeholders, and the time.
pub(crate) struct Filling<'a> {
    pub(crate) fill: &'a dyn Fn(&str) -> String,
    pub(crate) now: i64,
}

/// A JSON object as text: members may stand there twice, and values need not be JSON.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document {
    members: Vec<(String, String)>,
    /// In place of the members.
    whole: Option<Vec<u8>>,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    /// What stands where a member's text has [`MARK`].
    octets: Vec<u8>,
}

/// A character that means nothing, in the place of octets that are no text.
const MARK: char = '\u{fdd0}';

impl Document {
    /// The members of an object; none for anything else.
    pub(crate) fn new(value: &Value) -> Self {
        let members = value.as_object().into_iter().flatten();
        Self { members: members.map(|(name, value)| (name.clone(), value.to_string())).collect(), ..Self::default() }
    }

    pub(crate) fn parse(text: &[u8]) -> Self {
        Self::new(&serde_json::from_slice(text).unwrap_or_default())
    }

    pub(crate) fn set(&mut self, name: &str, text: String) {
        let mut found = false;
        self.members.retain_mut(|(key, value)| {
            if key != name {
                return true;
            }
            if !found {
                value.clone_from(&text);
            }
            !std::mem::replace(&mut found, true)
        });
        if !found {
            self.members.push((name.into(), text));
        }
    }

    pub(crate) fn apply(&mut self, edit: &JsonEdit, filling: &Filling<'_>) {
        match edit {
            JsonEdit::Set(name, value) => self.set(name, filled(value, filling)),
            JsonEdit::SetText(name, text) => self.set(name, (filling.fill)(text)),
            JsonEdit::SetTime(name, seconds) => self.set(name, filling.now.saturating_add(*seconds).to_string()),
            JsonEdit::SetTimeFraction(name, seconds) => self.set(name, format!("{:.3}", filling.now as f64 + seconds)),
            JsonEdit::SetTimeString(name, seconds) => {
                self.set(name, format!("\"{}\"", filling.now.saturating_add(*seconds)));
            }
            JsonEdit::SetMany { name, value, times, last } => {
                let mut text = format!("{},", Value::from((filling.fill)(value))).repeat(*times);
                text.push_str(&Value::from((filling.fill)(last)).to_string());
                self.set(name, format!("[{text}]"));
            }
            JsonEdit::SetDeep(name, depth) => self.set(name, "[".repeat(*depth) + &"]".repeat(*depth)),
            JsonEdit::SetLong(name, octets) => self.set(name, format!("\"{}\"", "a".repeat(*octets))),
            JsonEdit::SetOctets(name, octets) => {
                self.set(name, format!("\"{MARK}\""));
                self.octets.clone_from(octets);
            }
            JsonEdit::Remove(name) => self.members.retain(|(key, _)| key != name),
            JsonEdit::Rename(name, other) => {
                for (key, _) in self.members.iter_mut().filter(|(key, _)| key == name) {
                    key.clone_from(other);
                }
            }
            JsonEdit::Duplicate(name, value) => self.members.push((name.clone(), filled(value, filling))),
            JsonEdit::DuplicateFirst(name, value) => self.members.insert(0, (name.clone(), filled(value, filling))),
            JsonEdit::Text(text) => self.whole = Some((filling.fill)(text).into_bytes()),
            JsonEdit::Octets(octets) => self.whole = Some(octets.clone()),
            JsonEdit::Prefix(octets) => self.prefix.clone_from(octets),
            JsonEdit::Suffix(octets) => self.suffix.clone_from(octets),
        }
    }

    pub(crate) fn render(&self) -> Vec<u8> {
        let mut octets = self.prefix.clone();
        match &self.whole {
            Some(whole) => octets.extend(whole),
            None => {
                let members = self.members.iter().map(|(name, text)| format!("{}:{text}", Value::from(name.as_str())));
                let text = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
                match text.split_once(MARK) {
                    Some((before, after)) => {
                        octets.extend([before.as_bytes(), &self.octets, after.as_bytes()].concat())
                    }
                    None => octets.extend(text.into_bytes()),
                }
            }
        }
        octets.extend(&self.suffix);
        octets
    }

    fn as_form(&self) -> String {
        let pairs: Vec<_> = self
            .members
            .iter()
            .map(|(name, text)| (name.as_str(), serde_json::from_str::<String>(text).unwrap_or_else(|_| text.clone())))
            .collect();
        encode_form(pairs.iter().map(|(name, value)| (*name, value.as_str())))
    }
}

/// A value as JSON text, the placeholders in its strings filled in.
fn filled(value: &Value, filling: &Filling<'_>) -> String {
    fn walk(value: &Value, filling: &Filling<'_>) -> Value {
        match value {
            Value::String(text) => Value::from((filling.fill)(text)),
            Value::Array(items) => items.iter().map(|item| walk(item, filling)).collect(),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(name, member)| (name.clone(), walk(member, filling))).collect())
            }
            other => other.clone(),
        }
    }
    walk(value, filling).to_string()
}

/// Encoded parameters with the edits carried out, encoded again.
pub(crate) fn bend_parameters(encoded: &str, edits: &[ParamEdit], filling: &Filling<'_>) -> String {
    // Each pair is kept encoded, so that an edit may put in text that no encoder would make.
    let mut pairs: Vec<(String, String)> =
        decode_form(encoded.as_bytes()).into_iter().map(|(name, value)| (name, encode_value(&value))).collect();
    let mut suffix = String::new();
    let mut whole = None;
    for edit in edits {
        match edit {
            ParamEdit::Set(name, value) => set(&mut pairs, name, encode_value(&(filling.fill)(value))),
            ParamEdit::SetEncoded(name, value) => set(&mut pairs, name, value.clone()),
            ParamEdit::SetLong(name, octets) => set(&mut pairs, name, "a".repeat(*octets)),
            ParamEdit::Remove(name) => pairs.retain(|(key, _)| key != name),
            ParamEdit::Rename(name, other) => {
                for (key, _) in pairs.iter_mut().filter(|(key, _)| key == name) {
                    key.clone_from(other);
                }
            }
            ParamEdit::Append(name, value) => pairs.push((name.clone(), encode_value(&(filling.fill)(value)))),
            ParamEdit::Prepend(name, value) => pairs.insert(0, (name.clone(), encode_value(&(filling.fill)(value)))),
            ParamEdit::Text(text) => whole = Some((filling.fill)(text)),
            ParamEdit::Suffix(text) => suffix.push_str(&(filling.fill)(text)),
        }
    }
    let text = whole.unwrap_or_else(|| {
        let pairs = pairs.iter().map(|(name, value)| format!("{}={value}", encode_value(name)));
        pairs.collect::<Vec<_>>().join("&")
    });
    text + &suffix
}

fn set(pairs: &mut Vec<(String, String)>, name: &str, value: String) {
    match pairs.iter_mut().find(|(key, _)| key == name) {
        Some(pair) => pair.1 = value,
        None => pairs.push((name.into(), value)),
    }
}

/// Carries an edit out on a whole answer.
pub(crate) fn bend_answer(answer: &mut Answer, edit: &ResponseEdit, filling: &Filling<'_>) {
    match edit {
        ResponseEdit::Status(status) => answer.status = *status,
        ResponseEdit::Header(name, value) => answer.set_header(name, (filling.fill)(value)),
        ResponseEdit::AddHeader(name, value) => {
            answer.headers.push((name.to_ascii_lowercase(), (filling.fill)(value)));
        }
        ResponseEdit::RemoveHeader(name) => answer.remove_header(name),
        ResponseEdit::Json(_) => bend_json(answer, std::slice::from_ref(edit), filling),
        ResponseEdit::Text(text) => answer.body = (filling.fill)(text).into_bytes(),
        ResponseEdit::Octets(octets) => answer.body.clone_from(octets),
        ResponseEdit::Blanks(number) => answer.body.extend(std::iter::repeat_n(b' ', *number)),
        ResponseEdit::FormEncoded => {
            answer.body = Document::parse(&answer.body).as_form().into_bytes();
            answer.set_header("content-type", "application/x-www-form-urlencoded".into());
        }
    }
}

/// Carries out edits of an answer, in order. Edits of JSON that follow each other work on one
/// document, since its text need not be JSON in between.
pub(crate) fn bend_answer_by(answer: &mut Answer, edits: &[ResponseEdit], filling: &Filling<'_>) {
    for run in edits.chunk_by(|left, right| is_json(left) && is_json(right)) {
        match run {
            [single] => bend_answer(answer, single, filling),
            many => bend_json(answer, many, filling),
        }
    }
}

fn is_json(edit: &ResponseEdit) -> bool {
    matches!(edit, ResponseEdit::Json(_))
}

fn bend_json(answer: &mut Answer, edits: &[ResponseEdit], filling: &Filling<'_>) {
    let mut document = Document::parse(&answer.body);
    for edit in edits {
        if let ResponseEdit::Json(edit) = edit {
            document.apply(edit, filling);
        }
    }
    answer.body = document.render();
}
