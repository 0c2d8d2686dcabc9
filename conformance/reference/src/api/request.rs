//! The relevant parts of a request to the API.

use serde_json::{Map, Value};

use crate::config::{self, Unimplemented};

pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(super) fn read(message: &Map<String, Value>) -> Result<Self, Unimplemented> {
        config::known(message, "request", &["t", "id", "method", "url", "headers"])?;
        let headers = message.get("headers").and_then(Value::as_array).into_iter().flatten();
        let headers = headers.filter_map(|field| Some((field[0].as_str()?.to_owned(), field[1].as_str()?.to_owned())));
        Ok(Self {
            method: config::text(message, "method")?.unwrap_or_default(),
            url: config::text(message, "url")?.unwrap_or_default(),
            headers: headers.collect(),
        })
    }

    /// The values of the header fields of this name.
    pub(super) fn fields<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
