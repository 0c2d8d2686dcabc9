//! A request on its way through the server, and the answer to it.

use crate::encoding::{decode_form, encode_form};
use crate::rule::Rule;
use crate::wire::{Endpoint, Exchange, Fault, Party};

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
            Some(crate::fetch::BROWSER) => Party::Browser,
            Some(crate::fetch::AUTHORITY) => Party::Authority,
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

    /// JSON that anybody may read and keep for a while: metadata and keys.
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

/// A rule that was broken and will not be forgiven.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) rule: Rule,
    pub(crate) detail: String,
}

/// What was noticed while a request was handled.
pub(crate) struct Visit<'a> {
    pub(crate) request: &'a Incoming,
    /// How many requests came to this endpoint before.
    pub(crate) number: usize,
    pub(crate) faults: Vec<Fault>,
    pub(crate) notes: Vec<String>,
    /// Whether a broken rule is forgiven.
    pub(crate) forgives: Box<dyn Fn(Rule) -> bool + 'a>,
    /// Whether a broken rule is the client's fault, and not the lie's.
    pub(crate) blames: Box<dyn Fn(Rule) -> bool + 'a>,
}

impl Visit<'_> {
    /// The client broke a rule: refused by a strict server, written down and forgiven by a witness.
    pub(crate) fn broken(&mut self, rule: Rule, detail: impl Into<String>) -> Result<(), Refusal> {
        let detail = detail.into();
        if (self.blames)(rule) {
            self.faults.push(Fault { rule, detail: detail.clone() });
        }
        if !rule.is_refused() || (self.forgives)(rule) { Ok(()) } else { Err(Refusal { rule, detail }) }
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The value of a parameter; sent without a value it counts as omitted (RFC 6749 section 3.1).
    /// Sent twice it breaks a rule.
    pub(crate) fn parameter(&mut self, pairs: &[(String, String)], name: &str) -> Result<Option<String>, Refusal> {
        let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let first = values.next().filter(|value| !value.is_empty()).cloned();
        if values.next().is_some() {
            self.broken(Rule::ParameterRepeated, format!("the parameter {name} is sent more than once"))?;
        }
        Ok(first)
    }
}

/// An error answer of RFC 6749 section 5.2.
pub(crate) fn oauth_error(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(status, serde_json::json!({"error": error, "error_description": description}).to_string())
}

/// `url` with parameters added to its query.
pub(crate) fn with_query(url: &str, pairs: &[(String, String)]) -> String {
    let query = encode_form(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    with_encoded_query(url, &query)
}

pub(crate) fn with_encoded_query(url: &str, query: &str) -> String {
    match (query.is_empty(), url.contains('?')) {
        (true, _) => url.to_owned(),
        (false, true) => format!("{url}&{query}"),
        (false, false) => format!("{url}?{query}"),
    }
}
