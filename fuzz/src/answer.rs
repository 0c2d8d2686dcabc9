//! An answer as a server may make it, and what other libraries read in it.

use http::Response;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const STATUSES: [u16; 11] = [200, 201, 204, 302, 400, 401, 403, 428, 429, 500, 503];
const TYPES: [&str; 5] =
    ["application/json", "application/json; charset=utf-8", "text/html", "application/x-www-form-urlencoded", ""];

/// An answer, and what is known of its server: a place in [`COMPATS`](crate::login::COMPATS). Its first octet chooses
/// the status and whether there is a header besides, the second the media type and the place. The value of the header
/// is the first line of what follows, the body is the rest.
pub fn answer(data: &[u8]) -> Option<(Response<&[u8]>, usize)> {
    let (&[status, media_type], mut body) = data.split_first_chunk::<2>()?;
    let (media_type, known) = (usize::from(media_type) % 5, usize::from(media_type) / 5);
    let mut builder = Response::builder().status(STATUSES[usize::from(status & 0x7f) % 11]);
    if status & 0x80 != 0 {
        let end = body.iter().position(|octet| *octet == b'\n')?;
        builder = builder.header("www-authenticate", &body[..end]).header("retry-after", &body[..end]);
        body = &body[end + 1..];
    }
    let response = builder.header("content-type", TYPES[media_type]).body(body).ok()?;
    Some((response, known % crate::login::COMPATS.len()))
}

/// The members of the document in an answer. Left out are a `null`, and a number that fits no type.
pub fn document(response: &Response<&[u8]>) -> Map<String, Value> {
    let body = response.body();
    if response.headers()["content-type"].as_bytes() == TYPES[3].as_bytes() {
        let pairs = form_urlencoded::parse(body);
        return pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    }
    members(body)
}

/// The members of a JSON document, however deep one of them is. Left out are a `null`, and what fits no type.
pub fn members(body: &[u8]) -> Map<String, Value> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(body).unwrap_or_default();
    let value = |(name, value): (_, &RawValue)| Some((name, serde_json::from_str(value.get()).ok()?));
    members.into_iter().filter_map(value).filter(|(_, value): &(_, Value)| !value.is_null()).collect()
}

/// Whether there is a member that is no empty string: such a one counts as absent where it is optional.
pub fn has(document: &Map<String, Value>, name: &str) -> bool {
    document.get(name).is_some_and(|value| value != "")
}

/// A member that is a string; the empty one when it is none.
pub fn text<'a>(document: &'a Map<String, Value>, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What may be shown of a server's words (RFC 6749 sections 4.1.2.1 and 5.2).
pub fn permitted(text: &str, most: usize) -> String {
    let is_permitted = |c: char| (' '..='~').contains(&c) && c != '"' && c != '\\';
    text.chars().take(most).map(|c| if is_permitted(c) { c } else { '?' }).collect()
}
