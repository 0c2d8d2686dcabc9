//! What happened in a case: the conversation with the shim and the wire log, in one order, without secrets.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_authority::{Endpoint, Exchange, Masker, Party, Wire};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::subject::Spoken;
use crate::transcript::{Mode, Transcript};

/// Maximum number of events that are kept of one case.
const MAX_EVENTS: usize = 60;

/// Maximum length of a value, in characters.
const MAX_VALUE: usize = 300;

/// Maximum length of standard error, in characters: its end is kept, where a traceback has its reason.
const MAX_STDERR: usize = 8000;

/// Maximum length of an ID token, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// What happened in a case. Secrets are replaced by labels such as `<code 1>`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trace {
    /// How callbacks were delivered: `stdin` or `http`; empty in a probe, which has no client.
    pub mode: String,
    /// The messages and requests, in order.
    pub events: Vec<Event>,
    /// The number of further events, which were left out.
    pub left_out: usize,
    /// The callbacks as the client received them.
    pub callbacks: Vec<String>,
    /// The ID tokens that were issued. They are shown because they are signed with published test keys.
    pub id_tokens: Vec<ShownToken>,
    /// What the shim wrote to standard error.
    pub stderr: String,
}

/// One message of the shim protocol, or one request with its response.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Event {
    /// The sender: `runner`, `client`, `browser`, or the name of an authority.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The message's type, or method and path.
    pub title: String,
    /// Its fields, or parameters.
    pub lines: Vec<String>,
    /// The status and headers of the response; absent for a message, and when there was no response.
    pub answer: Option<String>,
    /// The body of the response.
    pub body: Vec<String>,
    /// The client's faults in it, each with the requirement row.
    pub faults: Vec<String>,
    /// Notes, such as where the server lies.
    pub notes: Vec<String>,
}

/// An ID token in readable form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShownToken {
    /// The label of the token in the events.
    pub label: String,
    /// The token as it was sent.
    pub token: String,
    /// Its header, when it is JSON.
    pub header: Value,
    /// Its claims, when they are JSON.
    pub claims: Value,
}

impl Trace {
    /// The trace of a transcript.
    pub(crate) fn of(transcript: &Transcript, mode: Mode) -> Self {
        let exchanges = transcript.wire.exchanges();
        let masker = &transcript.wire.masker();
        let callbacks = callbacks(&exchanges, &transcript.spoken);
        let id_tokens = exchanges.iter().filter_map(|exchange| id_token(exchange, masker)).collect();
        // A message that was said after the exchange of this number stands behind it.
        let mut spoken = transcript.spoken.iter().peekable();
        let (mut events, mut left_out) = (Vec::new(), 0);
        let mut keep = |event: &dyn Fn() -> Event| {
            if events.len() < MAX_EVENTS { events.push(event()) } else { left_out += 1 }
        };
        for exchange in &exchanges {
            while let Some(message) = spoken.next_if(|message| message.after < exchange.seq) {
                keep(&|| said(message, masker));
            }
            keep(&|| sent(exchange, masker));
        }
        spoken.for_each(|message| keep(&|| said(message, masker)));
        let stderr = masker.mask(&transcript.stderr);
        Self {
            mode: if mode == Mode::Stdin { "stdin" } else { "http" }.to_owned(),
            events,
            left_out,
            callbacks: callbacks.iter().map(|url| shown(url, masker)).collect(),
            id_tokens,
            stderr: end_of(&stderr),
        }
    }

    /// The trace of a log without a conversation: that of a probe.
    pub(crate) fn of_wire(wire: &Wire) -> Self {
        let (exchanges, masker) = (wire.exchanges(), &wire.masker());
        Self {
            events: exchanges.iter().take(MAX_EVENTS).map(|exchange| sent(exchange, masker)).collect(),
            left_out: exchanges.len().saturating_sub(MAX_EVENTS),
            ..Self::default()
        }
    }

    /// Returns the trace as text, indented by `indent`.
    #[must_use]
    pub fn text(&self, indent: &str) -> String {
        let mut text = String::new();
        let mut line = |line: &str| text += &format!("{indent}{line}\n");
        for (number, event) in self.events.iter().enumerate() {
            line(&format!("{:>3}. {} -> {}  {}", number + 1, event.from, event.to, event.title));
            event.lines.iter().for_each(|field| line(&format!("       {field}")));
            if let Some(answer) = &event.answer {
                line(&format!("     <- {answer}"));
            }
            event.body.iter().for_each(|field| line(&format!("        {field}")));
            event.faults.iter().for_each(|fault| line(&format!("      ! the client is at fault: {fault}")));
            event.notes.iter().for_each(|note| line(&format!("      * {note}")));
        }
        if self.left_out > 0 {
            line(&format!("     and {} more", self.left_out));
        }
        text
    }
}

/// What a browser, or a message, brought to the client's redirect URI.
fn callbacks(exchanges: &[Exchange], spoken: &[Spoken]) -> Vec<String> {
    let by_browser = exchanges.iter().filter(|exchange| exchange.endpoint == Endpoint::App).map(|exchange| {
        let has_form = !exchange.form.is_empty();
        let form: Vec<String> = exchange.form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if has_form { format!("POST {} with {}", exchange.url, form.join("&")) } else { exchange.url.clone() }
    });
    let told = spoken.iter().filter(|message| !message.by_subject).filter_map(|message| {
        let message: Value = serde_json::from_str(&message.line).ok()?;
        (message["t"] == "callback").then(|| message["url"].as_str().unwrap_or_default().to_owned())
    });
    by_browser.chain(told).take(MAX_EVENTS).collect()
}

fn id_token(exchange: &Exchange, masker: &Masker) -> Option<ShownToken> {
    let document: Value = serde_json::from_slice(&exchange.response_body).ok()?;
    let token = document.get("id_token")?.as_str().filter(|token| token.len() <= MAX_TOKEN)?.to_owned();
    let part = |number: usize| {
        let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(number)?).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let (header, claims) = (part(0).unwrap_or_default(), part(1).unwrap_or_default());
    Some(ShownToken { label: cut(&masker.mask(&token)), token, header, claims })
}

fn said(message: &Spoken, masker: &Masker) -> Event {
    let (from, to) = if message.by_subject { ("client", "runner") } else { ("runner", "client") };
    let object: BTreeMap<String, Value> = serde_json::from_str(&message.line).unwrap_or_default();
    let title = object.get("t").and_then(Value::as_str).map_or_else(|| shown(&message.line, masker), str::to_owned);
    let lines = object.iter().filter(|(name, value)| *name != "t" && !value.is_null()).map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name} = {}", shown(&value, masker))
    });
    Event { from: from.into(), to: to.into(), title, lines: lines.collect(), ..Event::default() }
}

fn sent(exchange: &Exchange, masker: &Masker) -> Event {
    let from = match exchange.from {
        Party::Browser => "browser",
        Party::Client => "client",
        Party::Authority => "authority",
    };
    let mut lines = Vec::new();
    for (mark, pairs) in [("?", &exchange.query), ("", &exchange.form)] {
        lines.extend(pairs.iter().map(|(name, value)| format!("{mark}{name} = {}", shown(value, masker))));
    }
    for name in ["authorization", "dpop"] {
        lines.extend(exchange.header(name).map(|value| format!("{name}: {}", shown(value, masker))));
    }
    let answer = exchange.status.map(|status| {
        let headers = ["content-type", "location", "www-authenticate", "retry-after"].into_iter().filter_map(|name| {
            exchange.response_header(name).map(|value| format!("  {name}: {}", shown(value, masker)))
        });
        format!("{status}{}", headers.collect::<String>())
    });
    let is_page = exchange.response_header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let body = match (exchange.response_body.is_empty(), is_page) {
        (true, _) => Vec::new(),
        (false, true) => vec!["(a page)".to_owned()],
        (false, false) => vec![shown(&exchange.response_text(), masker)],
    };
    let fault = |fault: &proofkey_authority::Fault| {
        format!("{} ({}): {}", fault.code(), fault.rule.row(), shown(&fault.detail, masker))
    };
    Event {
        from: from.into(),
        to: exchange.to.clone(),
        title: format!("{} {}", exchange.method, shown(&exchange.path, masker)),
        lines,
        answer: answer.or_else(|| Some("no answer".to_owned())),
        body,
        faults: exchange.faults.iter().map(fault).collect(),
        notes: exchange.notes.iter().map(|note| shown(note, masker)).collect(),
    }
}

/// Masked first and cut afterwards, so that no half of a secret is left; control characters escaped.
fn shown(value: &str, masker: &Masker) -> String {
    cut(&masker.mask(value))
}

fn cut(text: &str) -> String {
    if text.len() <= MAX_VALUE && !text.contains(char::is_control) {
        return text.to_owned();
    }
    let length = text.chars().count();
    let shown = text.chars().take(MAX_VALUE).map(|character| {
        if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
    });
    let shown: String = shown.collect();
    if length <= MAX_VALUE { shown } else { format!("{shown}… ({length} characters)") }
}

fn end_of(text: &str) -> String {
    let length = text.chars().count();
    if length <= MAX_STDERR {
        return text.to_owned();
    }
    let end: String = text.chars().skip(length - MAX_STDERR).collect();
    format!("({} characters before)\n{end}", length - MAX_STDERR)
}
