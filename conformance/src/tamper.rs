//! Changes of a callback in transit to the client.

use std::collections::HashMap;

use form_urlencoded::{byte_serialize, parse};

/// A change of a callback in transit from the server to the client.
#[derive(Clone, Debug, PartialEq)]
pub enum Tamper {
    /// Replaces the value of a parameter.
    Set(&'static str, &'static str),
    /// Removes a parameter.
    Remove(&'static str),
    /// Adds a parameter again, with this value.
    Append(&'static str, &'static str),
    /// Adds a parameter again, with its own value.
    Repeat(&'static str),
    /// Removes the last character of the decoded value.
    Cut(&'static str),
    /// Appends this text to the value.
    Extend(&'static str, &'static str),
    /// Swaps the case of the letters of the value. A value without letters gets another last character.
    SwapCase(&'static str),
    /// Replaces the value by that of another login's callback.
    OfFlow(&'static str, &'static str),
    /// Escapes the value's escapes again.
    Again(&'static str),
    /// Replaces the first text in the address by the second.
    Address(&'static str, &'static str),
}

/// `url` after one change. `landings` are the callbacks as the servers sent them, by login.
pub(crate) fn tampered(url: &str, tamper: &Tamper, landings: &HashMap<String, String>) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parts: Vec<String> = query.split('&').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let named = |part: &String, name: &str| part.split('=').next() == Some(name);
    let mut change = |name: &str, new: &dyn Fn(&str) -> String| {
        for part in parts.iter_mut().filter(|part| named(part, name)) {
            let value = part.split_once('=').map_or("", |(_, value)| value);
            *part = format!("{name}={}", new(value));
        }
    };
    match *tamper {
        Tamper::Set(name, value) => change(name, &|_| value.to_owned()),
        Tamper::Cut(name) => change(name, &|value| {
            let mut text = decoded(value);
            text.pop();
            encoded(&text)
        }),
        Tamper::Extend(name, more) => change(name, &|value| format!("{value}{more}")),
        Tamper::SwapCase(name) => change(name, &|value| encoded(&swap_case(&decoded(value)))),
        Tamper::Again(name) => change(name, &|value| value.replace('%', "%25")),
        Tamper::OfFlow(name, flow) => {
            let other = landings.get(flow).map_or("", String::as_str);
            let other = other.split_once('?').map_or("", |(_, query)| query);
            let other = other.split('&').find(|part| part.split('=').next() == Some(name)).unwrap_or_default();
            change(name, &|_| other.split_once('=').map_or("", |(_, value)| value).to_owned());
        }
        Tamper::Remove(name) => parts.retain(|part| !named(part, name)),
        Tamper::Append(name, value) => parts.push(format!("{name}={value}")),
        Tamper::Repeat(name) => {
            let again: Vec<String> = parts.iter().filter(|part| named(part, name)).cloned().collect();
            parts.extend(again);
        }
        Tamper::Address(from, to) => return format!("{}?{query}", address.replacen(from, to, 1)),
    }
    format!("{address}?{}", parts.join("&"))
}

fn decoded(value: &str) -> String {
    parse(format!("v={value}").as_bytes()).next().map_or(String::new(), |(_, value)| value.into_owned())
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// Another text than `text` wherever there is one.
fn swap_case(text: &str) -> String {
    let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let mut swapped: String = text.chars().map(swap).collect();
    if swapped == text
        && let Some(last) = swapped.pop()
    {
        swapped.push(if last == '0' { '1' } else { '0' });
    }
    swapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_changed_as_they_read_decoded() {
        let changed = |url: &str, tamper| tampered(url, &tamper, &HashMap::new());
        // A state in padded base64 ends in an escape, which is not to be broken.
        assert_eq!(changed("http://a/?state=YQ%3D%3D&code=c", Tamper::Cut("state")), "http://a/?state=YQ%3D&code=c");
        assert_eq!(changed("http://a/?state=aB%2Fc", Tamper::SwapCase("state")), "http://a/?state=Ab%2FC");
        // A state of digits has no case.
        assert_eq!(changed("http://a/?state=1230", Tamper::SwapCase("state")), "http://a/?state=1231");
        assert_eq!(changed("http://a/?iss=http%3A", Tamper::Again("iss")), "http://a/?iss=http%253A");
    }
}
