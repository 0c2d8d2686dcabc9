//! HTTP messages that an authority receives or sends, or that browsers send.

use crate::encoding::decode_form;
use crate::wire::{Endpoint, Exchange, Party};

/// What a [`Browser`](crate::Browser) calls itself.
pub(crate) const BROWSER: &str = "proofkey-browser";
/// What an authority calls itself when it is a client.
pub(crate) const AUTHORITY: &str = "proofkey-authority";

/// A request as it was received, from wiremock or from the listener beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The query as it stands in the request line, without the question mark.
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        decode_form(self.query.as_bytes())
    }

    pub(crate) fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|kind| {
            kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
    }

    pub(crate) fn form_pairs(&self) -> Vec<(String, String)> {
        decode_form(&self.body)
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter(|(key, _)| key == "cookie")
            .flat_map(|(_, value)| value.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Browsers and authorities of this crate say who they are; all others are clients.
    pub(crate) fn party(&self) -> Party {
        match self.header("user-agent") {
            Some(BROWSER) => Party::Browser,
            Some(AUTHORITY) => Party::Authority,
            Some(agent) if agent.starts_with("Mozilla/") => Party::Browser,
            _ => Party::Client,
        }
    }

    /// The beginning of a log entry.
    pub(crate) fn exchange(&self, base: &str, to: &str, endpoint: Endpoint) -> Exchange {
        let question = if self.query.is_empty() { "" } else { "?" };
        Exchange {
            seq: 0,
            from: self.party(),
            to: to.into(),
            endpoint,
            method: self.method.clone(),
            url: format!("{base}{}{question}{}", self.path, self.query),
            path: self.path.clone(),
            query: self.query_pairs(),
            headers: self.headers.clone(),
            form: if self.is_form() { self.form_pairs() } else { Vec::new() },
            body: self.body.iter().copied().take(Exchange::BODY_LIMIT).collect(),
            status: None,
            response_headers: Vec::new(),
            response_body: Vec::new(),
            faults: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// JSON that no cache may keep (RFC 6749 section 5.1).
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self::public_json(status, body).header("cache-control", "no-store").header("pragma", "no-cache")
    }

    /// JSON that may be cached: metadata and keys.
    pub(crate) fn public_json(status: u16, body: String) -> Self {
        Self { status, headers: vec![("content-type".into(), "application/json".into())], body: body.into_bytes() }
    }

    /// A redirect of the browser. After a form 303, so that a password is not posted again (RFC 9700
    /// section 4.12).
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::new(status)
            .header("location", location)
            .header("cache-control", "no-store")
            .header("referrer-policy", "no-referrer")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn set_header(&mut self, name: &str, value: String) {
        self.remove_header(name);
        self.headers.push((name.to_ascii_lowercase(), value));
    }

    pub(crate) fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }
}

/// An error answer of RFC 6749 section 5.2.
pub(crate) fn oauth_error(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(status, serde_json::json!({"error": error, "error_description": description}).to_string())
}

/// A request to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Outgoing {
    pub(crate) fn get(url: &str) -> Self {
        Self { method: "GET".into(), url: url.into(), headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn post_form(url: &str, form: String) -> Self {
        Self { method: "POST".into(), body: form, ..Self::get(url) }
            .header("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// The response to it.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
