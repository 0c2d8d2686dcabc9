//! The steps as a page shows them.

use maud::{Markup, html};
use proofkey_book::diagram::{self, LOGIN, Lane};

use super::explain::{explanation, is_secret, remark};
use super::message::Message;
use super::sequence::{Entry, word};
use super::token;
use crate::note::Note;
use crate::watch::Trace;

/// What the login is about: by challenge and code the two journeys are found.
#[derive(Default)]
pub(super) struct Journey {
    /// What the server was asked for, and writes down.
    asked: Vec<(String, String)>,
    challenge: Option<String>,
    code: Option<String>,
    /// The person's name at the server.
    record: Option<String>,
}

/// What the server keeps of a request, and what it binds a code to.
const KEPT: [&str; 7] =
    ["client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"];
const BOUND: [&str; 6] = ["code", "client_id", "redirect_uri", "scope", "nonce", "code_challenge"];

impl Journey {
    pub(super) fn of(messages: &[Message]) -> Self {
        let first = |meant| messages.iter().find(|message: &&Message| message.is(meant));
        let asked = first(diagram::Message::Request(Lane::Server, "GET", "/authorize"));
        // The answer that sends the browser back: it is there when the code is shown for the first time.
        let sent_back = first(diagram::Message::Answer(Lane::Server, "/login/callback", 303));
        let value = |message: Option<&Message>, name: &str| message?.value(name).map(String::from);
        Self {
            asked: asked.map(|message| message.parameters.clone()).unwrap_or_default(),
            challenge: value(first(diagram::Message::Answer(Lane::App, "/login", 303)), "code_challenge"),
            code: value(sent_back, "code"),
            record: sent_back.and_then(|message| {
                let record = message.notes.iter().find_map(|note| note.strip_prefix("the user record is "));
                record.map(String::from)
            }),
        }
    }

    /// These of the parameters that were asked with, and the code if it is among them.
    fn kept(&self, names: &[&str]) -> Vec<(String, String)> {
        let code = self.code.iter().map(|code| ("code".to_owned(), code.clone()));
        let asked = self.asked.iter().cloned();
        code.chain(asked).filter(|(name, _)| names.contains(&name.as_str())).collect()
    }

    fn class(&self, name: &str, value: &str, app: bool) -> Option<&'static str> {
        if self.challenge.as_deref() == Some(value) || name == "code_verifier" && app {
            Some("challenge")
        } else if self.code.as_deref() == Some(value) {
            Some("code")
        } else {
            None
        }
    }
}

/// One `li` of the list.
pub(super) fn entry(entry: &Entry, trace: &Trace, journey: &Journey, stand_in: bool) -> Markup {
    match entry {
        Entry::Step(number, messages) => step(*number, messages, trace, journey, stand_in),
        Entry::Skipped(first, last) => skipped(*first, *last, trace, stand_in),
        Entry::Other(message) => html! {
            li.step.other {
                (lanes(message.from, message.to))
                details.body open {
                    summary {
                        h3 { "Besides: " code { (message.line) } }
                        span.route { (message.from.name()) " → " (message.to.name()) }
                    }
                    (parameters(&message.parameters, message.from == Lane::App, journey))
                }
            }
        },
    }
}

fn step(number: usize, messages: &[Message], trace: &Trace, journey: &Journey, stand_in: bool) -> Markup {
    let Some(step) = LOGIN.steps.get(number) else { return html! {} };
    let has = |class: &str| {
        let mut all = messages.iter().flat_map(|message| message.parameters.iter().map(move |pair| (message, pair)));
        all.any(|(message, (name, value))| journey.class(name, value, message.from == Lane::App) == Some(class))
    };
    html! {
        li.step.inside[step.is_inside()].has-challenge[has("challenge") || matches!(number, 3 | 14)].has-code[has("code") || number == 14] {
            (lanes(step.from, step.to))
            details.body open {
                summary {
                    h3 { span.number { (number + 1) } " " (capital(step.label)) }
                    span.route {
                        @if step.is_inside() { "Inside " (step.from.name()) } @else { (step.from.name()) " → " (step.to.name()) }
                    }
                }
                p { (remark(number)) }
                @for message in messages {
                    p.line { code { (message.line) } }
                    (parameters(&message.parameters, message.from == Lane::App, journey))
                }
                (aside(number, messages, trace, journey, stand_in))
            }
        }
    }
}

/// What a step shows besides its messages.
fn aside(number: usize, messages: &[Message], trace: &Trace, journey: &Journey, stand_in: bool) -> Markup {
    let refused = match word(trace) {
        Some(Note::Refused(code, meaning)) => Some((*code, meaning.as_str())),
        _ => None,
    };
    match number {
        3 => parameters(&journey.kept(&KEPT), false, journey),
        13 => html! {
            @if let Some(sub) = &journey.record { (parameters(&[("sub".to_owned(), sub.clone())], false, journey)) }
        },
        14 => parameters(&journey.kept(&BOUND), false, journey),
        16 => token::callback_checks(refused.map(|(code, _)| code).filter(|code| code.starts_with("callback_"))),
        18 => html! {
            @if stand_in && let Some(id_token) = messages.iter().find_map(|message| message.value("id_token")) {
                details.journal { summary { "The ID token, taken apart" } (token::taken_apart(id_token)) }
            }
            @if let Some(Note::SignedIn(checks)) = word(trace) { (token::checks(checks)) }
        },
        19 => html! {
            @if let Some((code, meaning)) = refused {
                p.notice { "The app refused: " code { (code) } " – " (meaning) }
            }
        },
        _ => html! {},
    }
}

fn skipped(first: usize, last: usize, trace: &Trace, stand_in: bool) -> Markup {
    let why = match (first, last) {
        (17, _) if !stand_in => {
            "the app asks your tenant, and this page keeps nothing of the answer but the checks on it"
        }
        _ if !stand_in => "these happen between the browser and your tenant, unseen by this page",
        (17, _) => match word(trace) {
            Some(Note::Refused(..)) => "the app sent nothing: a check came first",
            _ => "this did not happen",
        },
        (8, _) => "Google still knows this browser and does not ask again",
        (5, _) => "the person signed in at the server itself, or did not sign in",
        (4, _) => "the server still knows this browser and does not ask again",
        _ => "nobody signed in, so this did not happen",
    };
    html! {
        li.step.skipped {
            div.lanes aria-hidden="true" {}
            div.body {
                p {
                    @if first == last { "Step " (first + 1) } @else { "Steps " (first + 1) " to " (last + 1) }
                    ": " (why) "."
                }
                @if !stand_in && first == 17 && let Some(Note::SignedIn(checks)) = word(trace) { (token::checks(checks)) }
            }
        }
    }
}

fn lanes(from: Lane, to: Lane) -> Markup {
    let place = |lane: Lane| Lane::ALL.iter().position(|other| *other == lane).unwrap_or_default();
    let (from, to) = (place(from), place(to));
    let (low, high) = (from.min(to), from.max(to));
    html! {
        div.lanes aria-hidden="true" {
            @if low == high { span class={ "dot at-" (low) } {} }
            @else { span class={ "arrow span-" (low) "-" (high) @if from < to { " right" } @else { " left" } } {} }
        }
    }
}

fn parameters(pairs: &[(String, String)], of_app: bool, journey: &Journey) -> Markup {
    html! {
        @if !pairs.is_empty() {
            ul.parameters {
                @for (name, value) in pairs {
                    li class=[journey.class(name, value, of_app)] { (parameter(name, value)) }
                }
            }
        }
    }
}

fn parameter(name: &str, value: &str) -> Markup {
    html! {
        @if let Some(text) = explanation(name) {
            span.explained {
                button.name type="button" aria-label={ (name) ": " (text) } { (name) }
                span.tip aria-hidden="true" { (text) }
            }
        } @else { span.name { (name) } }
        @if value.is_empty() { }
        @else if is_secret(name) {
            details.secret {
                summary {
                    span.dots aria-hidden="true" { "••••••••" }
                    " "
                    span.reveal { "reveal" }
                    span.hide { "hide" }
                    span.hidden { " " (name) }
                }
                code { (value) }
            }
        } @else { code.value { (value) } }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
