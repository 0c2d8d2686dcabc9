//! The wire log as messages, requests and answers apart, in the order in which they crossed the wire.

use proofkey_authority::{Exchange, Party};
use proofkey_book::diagram::{Lane, Message};

/// One message.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) message: Message,
    pub(crate) from: Lane,
    pub(crate) to: Lane,
    parameters: Vec<(String, String)>,
    /// All of it.
    pub(crate) text: String,
}

impl Seen {
    /// A parameter of the query, the form, the redirect or the JSON.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

/// Who asks while being asked answers later: an exchange ends where its asker goes on.
pub(crate) fn in_order(exchanges: &[Exchange]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut open: Vec<&Exchange> = Vec::new();
    for exchange in exchanges {
        while let Some(asked) = open.pop_if(|open| asked(open) != asker(exchange)) {
            seen.push(answer(asked));
        }
        seen.push(request(exchange));
        open.push(exchange);
    }
    seen.extend(open.into_iter().rev().map(answer));
    seen
}

fn asker(exchange: &Exchange) -> Lane {
    match exchange.from {
        Party::Browser => Lane::Browser,
        Party::Client => Lane::App,
        Party::Authority => Lane::Server,
    }
}

fn asked(exchange: &Exchange) -> Lane {
    match exchange.to.as_str() {
        "client" => Lane::App,
        "authority" => Lane::Server,
        "google" => Lane::Google,
        other => panic!("nobody in the diagrams is called {other}"),
    }
}

fn request(exchange: &Exchange) -> Seen {
    let mut parameters = [exchange.query.clone(), exchange.form.clone()].concat();
    if let Some(token) = exchange.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        parameters.push(("access_token".into(), token.into()));
    }
    Seen {
        message: Message::Request(asked(exchange), leak(&exchange.method), leak(&exchange.path)),
        from: asker(exchange),
        to: asked(exchange),
        parameters,
        text: format!("{} {:?} {}", exchange.url, exchange.headers, String::from_utf8_lossy(&exchange.body)),
    }
}

fn answer(exchange: &Exchange) -> Seen {
    let mut parameters = Vec::new();
    if let Some((_, query)) = exchange.response_header("location").and_then(|location| location.split_once('?')) {
        // None of the values that are looked for is escaped.
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        parameters.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    if let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(&exchange.response_body) {
        let texts = members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
        parameters.extend(texts);
    }
    Seen {
        message: Message::Answer(asked(exchange), leak(&exchange.path), exchange.status.unwrap()),
        from: asked(exchange),
        to: asker(exchange),
        parameters,
        text: format!("{:?} {}", exchange.response_headers, exchange.response_text()),
    }
}

/// The tables hold texts of the program; a test may let a few of its own live as long.
fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}
