//! Writes JSON.

use std::fmt::Write as _;

use crate::value::Value;

/// Appends `value` to `out`, its numbers as they were read.
pub(crate) fn write_value(value: Value<'_>, out: &mut String) {
    if let Some(text) = value.as_str() {
        write_string(text, out);
    } else if let Some(number) = value.json.number(value.node) {
        out.push_str(number);
    } else if let Some(flag) = value.as_bool() {
        out.push_str(if flag { "true" } else { "false" });
    } else if let Some(items) = value.items() {
        out.push('[');
        for (at, item) in items.enumerate() {
            out.push_str(if at == 0 { "" } else { "," });
            write_value(item, out);
        }
        out.push(']');
    } else if let Some(members) = value.members() {
        out.push('{');
        for (at, (name, member)) in members.enumerate() {
            out.push_str(if at == 0 { "" } else { "," });
            write_string(name, out);
            out.push(':');
            write_value(member, out);
        }
        out.push('}');
    } else {
        out.push_str("null");
    }
}

/// Appends `text` to `out` in quotation marks.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\0'..=' ' if letter != ' ' => {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}
