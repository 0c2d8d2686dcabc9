//! Who watches what: the visits to the app go into the log of the wire, and each browser's latest login is told apart
//! from all others, so that a browser sees its own and nobody else's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use axum::middleware::Next;
use axum::response::Response;
use proofkey_authority::{Endpoint, Exchange, Party, Wire};

use crate::cookie;
use crate::note::Note;

const VIEWER: &str = "proofkey_viewer";
/// Logins that are kept to be looked at; one more pushes the oldest out.
const MOST: usize = 256;
/// Visits to the callback in one login that are kept.
const MOST_VISITS: usize = 32;

/// The logins that can be looked at.
pub(crate) struct Watch {
    pub(crate) wire: Wire,
    /// `http://localhost:8091/callback`
    pub(crate) redirect_uri: String,
    /// Whether the servers are our own, whose secrets may be looked at.
    pub(crate) stand_in: bool,
    traces: Mutex<VecDeque<Trace>>,
}

/// A login of one browser, from the button on.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    viewer: String,
    /// Its number in the log, which tells it from the one before.
    pub(crate) since: u64,
    /// The visits to the app, by their numbers in the log.
    pub(crate) visits: Vec<u64>,
    /// What leads from the app's redirect to the rest.
    pub(crate) state: Option<String>,
    /// What the app said about its callbacks.
    pub(crate) notes: Vec<(u64, Note)>,
}

impl Watch {
    pub(crate) fn new(wire: Wire, redirect_uri: &str, stand_in: bool) -> Self {
        Self { wire, redirect_uri: redirect_uri.into(), stand_in, traces: Mutex::default() }
    }

    /// The name of this browser, and the cookie that it needs if it has none.
    pub(crate) fn viewer(headers: &HeaderMap) -> (String, Option<String>) {
        if let Some(viewer) = cookie::read(headers, VIEWER) {
            return (viewer.into(), None);
        }
        // Without entropy nobody is told apart from anybody; the app does not let anybody log in then.
        let viewer = cookie::random().unwrap_or_default();
        let cookie = cookie::set(VIEWER, &viewer);
        (viewer, Some(cookie))
    }

    /// The latest login of this browser.
    pub(crate) fn trace(&self, viewer: &str) -> Option<Trace> {
        self.traces().iter().rev().find(|trace| trace.viewer == viewer).cloned()
    }

    fn begin(&self, viewer: &str, seq: u64) {
        let mut traces = self.traces();
        traces.retain(|trace| trace.viewer != viewer);
        if traces.len() >= MOST {
            traces.pop_front();
        }
        let (viewer, since) = (viewer.to_owned(), seq.saturating_sub(1));
        traces.push_back(Trace { viewer, since, visits: vec![seq], state: None, notes: Vec::new() });
    }

    fn change(&self, viewer: &str, change: impl FnOnce(&mut Trace)) {
        if let Some(trace) = self.traces().iter_mut().rev().find(|trace| trace.viewer == viewer) {
            change(trace);
        }
    }

    fn traces(&self) -> MutexGuard<'_, VecDeque<Trace>> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A visit to the app. Of a real tenant's answer only the names of the parameters are kept.
    fn visit(&self, path: &str, query: &str) -> Exchange {
        let origin = self.redirect_uri.split('/').take(3).collect::<Vec<_>>().join("/");
        let query = if self.stand_in { query.to_owned() } else { names_of(query) };
        let question = if query.is_empty() { "" } else { "?" };
        Exchange::new(Party::Browser, "client", Endpoint::App, "GET", &format!("{origin}{path}{question}{query}"))
    }
}

pub(crate) async fn watch(State(watch): State<Arc<Watch>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let begins = path == "/login";
    if !begins && !watch.redirect_uri.ends_with(&path) || path == "/" {
        return next.run(request).await;
    }
    let (viewer, cookie) = Watch::viewer(request.headers());
    let Some(seq) = watch.wire.record(watch.visit(&path, request.uri().query().unwrap_or_default())) else {
        return next.run(request).await;
    };
    if begins {
        watch.begin(&viewer, seq);
    } else {
        watch.change(&viewer, |trace| {
            if trace.visits.len() < MOST_VISITS {
                trace.visits.push(seq);
            }
        });
    }
    let mut response = next.run(request).await;
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let status = response.status().as_u16();
    let note = response.extensions().get::<Note>().cloned();
    let leads_to = location.as_deref().map(|location| {
        let (place, query) = location.split_once('?').unwrap_or((location, ""));
        if watch.stand_in || query.is_empty() { location.to_owned() } else { format!("{place}?{}", names_of(query)) }
    });
    watch.change(&viewer, |trace| {
        if begins && trace.since + 1 == seq {
            trace.state = location.as_deref().and_then(|location| parameter(location, "state"));
        }
        trace.notes.extend(note.filter(|_| trace.visits.contains(&seq)).map(|note| (seq, note)));
    });
    // At the end: whoever looks on looks again when the log changes.
    watch.wire.answer(Some(seq), |exchange| {
        exchange.status = Some(status);
        exchange.response_headers = leads_to.map(|location| ("location".to_owned(), location)).into_iter().collect();
    });
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A parameter of a URL's query.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn names_of(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| (name, ""));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl Trace {
    /// The exchanges of this login, among all that crossed the wire since it began: each is found by a value that an
    /// earlier one handed on.
    pub(crate) fn exchanges(&self, wire: &Wire) -> Vec<Exchange> {
        let mut known: Vec<String> = self.state.clone().into_iter().collect();
        let mut own = Vec::new();
        for exchange in wire.since(self.since) {
            let visits = self.visits.contains(&exchange.seq);
            if exchange.endpoint == Endpoint::App && !visits || exchange.endpoint == Endpoint::Api {
                continue;
            }
            if visits || threads(&exchange).any(|value| known.contains(&value)) {
                known.extend(handed_on(&exchange));
                own.push(exchange);
            }
        }
        own
    }
}

/// By what a request is known to belong to a login.
fn threads(exchange: &Exchange) -> impl Iterator<Item = String> {
    let named = |(name, _): &&(String, String)| matches!(name.as_str(), "state" | "code" | "login");
    let bearer = exchange.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(String::from);
    exchange.query.iter().chain(&exchange.form).filter(named).map(|(_, value)| value.clone()).chain(bearer)
}

/// What an answer gives to the next request.
fn handed_on(exchange: &Exchange) -> Vec<String> {
    let mut values: Vec<String> = threads(exchange).collect();
    for (name, value) in &exchange.response_headers {
        match name.as_str() {
            "location" => values.extend(["state", "code", "login"].iter().filter_map(|name| parameter(value, name))),
            // The name of a login at a server: it comes back with the form.
            "set-cookie" => {
                let pair = value.split(';').next().and_then(|pair| pair.split_once('='));
                values.extend(pair.filter(|(name, _)| name.ends_with("_login")).map(|(_, id)| id.to_owned()));
            }
            _ => {}
        }
    }
    let answer: serde_json::Value = serde_json::from_slice(&exchange.response_body).unwrap_or_default();
    values.extend(answer["access_token"].as_str().map(String::from));
    values.retain(|value| !value.is_empty());
    values
}
