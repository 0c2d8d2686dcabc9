//! What crossed the wire, as the lanes see it: requests and answers apart.

use proofkey_authority::{Exchange, Party};

use super::Lane;

/// A request or its answer, on the way from one lane to another.
#[derive(Debug, Clone, Copy)]
pub struct Crossing<'a> {
    /// The exchange that it is one half of.
    pub exchange: &'a Exchange,
    /// Who sent it.
    pub from: Lane,
    /// Who got it.
    pub to: Lane,
    /// The status of an answer; none of a request.
    pub status: Option<u16>,
}

/// Requests and answers in the order in which they crossed the wire. What was not answered yet is a request alone.
///
/// Who asks while being asked answers later: an exchange ends where its asker goes on.
#[must_use]
pub fn in_order(exchanges: &[Exchange]) -> Vec<Crossing<'_>> {
    let mut crossings = Vec::with_capacity(2 * exchanges.len());
    let mut open: Vec<Crossing<'_>> = Vec::new();
    for exchange in exchanges {
        let request = Crossing { exchange, from: asker(exchange), to: asked(exchange), status: None };
        while let Some(earlier) = open.pop_if(|earlier| earlier.to != request.from) {
            crossings.extend(earlier.answer());
        }
        crossings.push(request);
        open.push(request);
    }
    crossings.extend(open.iter().rev().filter_map(Crossing::answer));
    crossings
}

impl Crossing<'_> {
    fn answer(&self) -> Option<Self> {
        let status = self.exchange.status?;
        Some(Self { from: self.to, to: self.from, status: Some(status), ..*self })
    }
}

/// What a request says: its query, its form and its access token.
#[must_use]
pub fn parameters_of(request: &Exchange) -> Vec<(String, String)> {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let token = bearer.map(|token| ("access_token".to_owned(), token.to_owned()));
    request.query.iter().chain(&request.form).cloned().chain(token).collect()
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
        "google" => Lane::Google,
        _ => Lane::Server,
    }
}
