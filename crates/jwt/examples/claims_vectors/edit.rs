//! The honest claims as JSON text, and what a test does to them. Text, because a JSON library writes no duplicate
//! names, no odd numbers and no mistakes.

use std::fmt::Display;

/// Names and values in their order, each as JSON text; names without their quotes.
pub(crate) type Members = Vec<(String, String)>;

/// What becomes of the honest claims.
#[derive(Clone)]
enum Edit {
    Set(&'static str, String),
    Remove(&'static str),
    Rename(&'static str, &'static str),
    Append(String, String),
    Prepend(String, String),
    Reverse,
    Layout { before: String, between: &'static str, after: String },
    Replace(&'static str, String),
    Whole(Vec<u8>),
}

/// Several of them, one after the other.
#[derive(Clone, Default)]
pub(crate) struct Edits(Vec<Edit>);

impl Edits {
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The payload that comes of `honest`.
    pub(crate) fn payload(&self, honest: &Members) -> Vec<u8> {
        let mut members = honest.clone();
        for edit in &self.0 {
            change(&mut members, edit);
        }
        let mut layout = (String::from("{"), ",", String::from("}"));
        for edit in &self.0 {
            if let Edit::Layout { before, between, after } = edit {
                layout = (before.clone(), between, after.clone());
            }
        }
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let mut text = format!("{}{}{}", layout.0, members.join(layout.1), layout.2);
        for edit in &self.0 {
            match edit {
                Edit::Replace(this, that) => {
                    assert!(text.contains(this), "the claims do not hold {this}");
                    text = text.replace(this, that);
                }
                Edit::Whole(octets) => return octets.clone(),
                _ => {}
            }
        }
        text.into_bytes()
    }
}

fn change(members: &mut Members, edit: &Edit) {
    let find = |members: &Members, name: &str| members.iter().position(|(known, _)| known == name);
    match edit {
        Edit::Set(name, value) => match find(members, name).and_then(|at| members.get_mut(at)) {
            Some(member) => member.1.clone_from(value),
            None => members.push(((*name).to_owned(), value.clone())),
        },
        Edit::Remove(name) => {
            assert!(find(members, name).is_some(), "the honest claims have no {name}");
            members.retain(|(known, _)| known != name);
        }
        Edit::Rename(name, other) => {
            assert!(find(members, name).is_some(), "the honest claims have no {name}");
            let renamed = members.iter_mut().filter(|(known, _)| known == name);
            renamed.for_each(|(known, _)| (*other).clone_into(known));
        }
        Edit::Append(name, value) => members.push((name.clone(), value.clone())),
        Edit::Prepend(name, value) => members.insert(0, (name.clone(), value.clone())),
        Edit::Reverse => members.reverse(),
        Edit::Layout { .. } | Edit::Replace(..) | Edit::Whole(_) => {}
    }
}

/// Nothing: the honest claims.
pub(crate) fn keep() -> Edits {
    Edits::default()
}

/// `name` with `value`, JSON text, in the place where it stands, or at the end.
pub(crate) fn set(name: &'static str, value: impl Display) -> Edits {
    Edits(vec![Edit::Set(name, value.to_string())])
}

/// `name` with the string `value`.
pub(crate) fn set_text(name: &'static str, value: &str) -> Edits {
    set(name, quoted(value))
}

pub(crate) fn remove(name: &'static str) -> Edits {
    Edits(vec![Edit::Remove(name)])
}

/// `name` written as `other`, both as JSON text without quotes.
pub(crate) fn rename(name: &'static str, other: &'static str) -> Edits {
    Edits(vec![Edit::Rename(name, other)])
}

/// A further member at the end, whether or not there is one of that name.
pub(crate) fn append(name: impl Into<String>, value: impl Display) -> Edits {
    Edits(vec![Edit::Append(name.into(), value.to_string())])
}

/// A further member at the front.
pub(crate) fn prepend(name: impl Into<String>, value: impl Display) -> Edits {
    Edits(vec![Edit::Prepend(name.into(), value.to_string())])
}

pub(crate) fn reverse() -> Edits {
    Edits(vec![Edit::Reverse])
}

/// What stands before the first member, between two, and after the last, instead of `{`, `,` and `}`.
pub(crate) fn layout(before: impl Into<String>, between: &'static str, after: impl Into<String>) -> Edits {
    Edits(vec![Edit::Layout { before: before.into(), between, after: after.into() }])
}

/// The finished text with `this` replaced by `that`.
pub(crate) fn replace(this: &'static str, that: impl Into<String>) -> Edits {
    Edits(vec![Edit::Replace(this, that.into())])
}

/// Another payload altogether.
pub(crate) fn whole(octets: impl Into<Vec<u8>>) -> Edits {
    Edits(vec![Edit::Whole(octets.into())])
}

/// `text` as a JSON string with no more escapes than are needed.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\u{0}'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", character as u32)),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// `text` as a JSON string in which every character is an escape of a UTF-16 unit.
pub(crate) fn escaped(text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{units}\"")
}
