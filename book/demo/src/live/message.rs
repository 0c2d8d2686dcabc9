//! What crossed the wire, message by message: requests and answers apart, in the order in which they were sent.

use proofkey_authority::Exchange;
use proofkey_book::diagram::{self, Crossing, Lane};
use serde_json::Value;

/// A request or an answer.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) from: Lane,
    pub(super) to: Lane,
    /// The request line, or the status.
    pub(super) line: String,
    pub(super) parameters: Vec<(String, String)>,
    /// The remarks of the server that was asked, with its answer.
    pub(super) notes: Vec<String>,
    /// The number of its exchange.
    pub(super) seq: u64,
    /// As the table of the book names it.
    pub(super) key: diagram::Message,
}

impl Message {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is what the book's table means. The app's last word may be a page or a redirect, a success or not.
    pub(super) fn is(&self, meant: diagram::Message) -> bool {
        use diagram::Message::{Answer, Request};
        match (self.key, meant) {
            (Request(lane, method, path), Request(other_lane, other_method, other_path)) => {
                (lane, method, path) == (other_lane, other_method, other_path)
            }
            (Answer(Lane::App, path, _), Answer(Lane::App, other, _)) if path == "/callback" => path == other,
            (Answer(lane, path, status), Answer(other_lane, other, other_status)) => {
                (lane, path, status / 100) == (other_lane, other, other_status / 100)
            }
            _ => false,
        }
    }
}

/// What crossed the wire, in order.
pub(super) fn in_order(exchanges: &[Exchange], redirect_uri: &str) -> Vec<Message> {
    let read = |crossing: &Crossing<'_>| match crossing.status {
        None => request(crossing, redirect_uri),
        Some(status) => answer(crossing, status, redirect_uri),
    };
    diagram::in_order(exchanges).iter().map(read).collect()
}

fn request(&Crossing { exchange, from, to, .. }: &Crossing<'_>, redirect_uri: &str) -> Message {
    let place = exchange.url.split('?').next().unwrap_or_default();
    Message {
        from,
        to,
        line: format!("{} {place}", exchange.method),
        parameters: diagram::parameters_of(exchange),
        notes: Vec::new(),
        seq: exchange.seq,
        key: diagram::Message::Request(to, method_of(exchange), path_of(exchange, redirect_uri)),
    }
}

fn answer(&Crossing { exchange, from, to, .. }: &Crossing<'_>, status: u16, redirect_uri: &str) -> Message {
    let mut parameters = Vec::new();
    let location = exchange.response_header("location");
    if let Some((_, query)) = location.and_then(|location| location.split_once('?')) {
        parameters.extend(form_urlencoded::parse(query.as_bytes()).into_owned());
    }
    if let Ok(Value::Object(members)) = serde_json::from_slice(&exchange.response_body) {
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), String::from);
        parameters.extend(members.into_iter().map(|(name, value)| (name, text(value))));
    }
    let leads_to = |place: &str| location.is_some_and(|location| location.starts_with(place));
    let path = match from {
        // Whoever is known already is sent back at once: what the table has after the login page.
        Lane::Server if leads_to(redirect_uri) => "/login/callback",
        Lane::Google if location.is_some() => "/signin",
        _ => path_of(exchange, redirect_uri),
    };
    let place = location.and_then(|location| location.split('?').next());
    Message {
        from,
        to,
        line: place.map_or_else(|| format!("HTTP {status}"), |place| format!("HTTP {status}, on to {place}")),
        parameters,
        notes: exchange.notes.clone(),
        seq: exchange.seq,
        key: diagram::Message::Answer(from, path, status),
    }
}

/// The paths that the table has; any other is none of it.
fn path_of(exchange: &Exchange, redirect_uri: &str) -> &'static str {
    let known = diagram::LOGIN.steps.iter().flat_map(|step| step.wire).map(|message| match message {
        diagram::Message::Request(_, _, path) | diagram::Message::Answer(_, path, _) => *path,
    });
    if exchange.to == "client" && redirect_uri.ends_with(&exchange.path) && exchange.path != "/login" {
        return "/callback";
    }
    known.into_iter().find(|path| *path == exchange.path).unwrap_or("")
}

fn method_of(exchange: &Exchange) -> &'static str {
    if exchange.method == "POST" { "POST" } else { "GET" }
}
