//! The wire log as messages, requests and answers apart, in the order in which they crossed the wire.

use proofkey_authority::Exchange;
use proofkey_book::diagram::{self, Crossing, Lane, Message};

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

pub(crate) fn in_order(exchanges: &[Exchange]) -> Vec<Seen> {
    for exchange in exchanges {
        assert!(["client", "authority", "google"].contains(&exchange.to.as_str()), "nobody is called {}", exchange.to);
        assert!(exchange.status.is_some(), "{} was not answered", exchange.url);
    }
    diagram::in_order(exchanges)
        .iter()
        .map(|one| one.status.map_or_else(|| request(one), |status| answer(one, status)))
        .collect()
}

fn request(&Crossing { exchange, from, to, .. }: &Crossing<'_>) -> Seen {
    Seen {
        message: Message::Request(to, leak(&exchange.method), leak(&exchange.path)),
        from,
        to,
        parameters: diagram::parameters_of(exchange),
        text: format!("{} {:?} {}", exchange.url, exchange.headers, String::from_utf8_lossy(&exchange.body)),
    }
}

fn answer(&Crossing { exchange, from, to, .. }: &Crossing<'_>, status: u16) -> Seen {
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
        message: Message::Answer(from, leak(&exchange.path), status),
        from,
        to,
        parameters,
        text: format!("{:?} {}", exchange.response_headers, exchange.response_text()),
    }
}

/// The tables hold texts of the program; a test may let a few of its own live as long.
fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}
