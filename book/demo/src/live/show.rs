//! The steps as a page shows them.

use maud::{Markup, html};
use proofkey_book::diagram::{LOGIN, Lane};

use super::explain::{explanation, is_secret, remark};
use super::message::Message;
use super::sequence::{Entry, word};
use super::token;
use crate::note::Note;
use crate::watch::Trace;

/// What the login is about: by these values the two journeys are found.
#[derive(Default)]
pub(super) struct Journey {
    challenge: Option<String>,
    code: Option<String>,
}

impl Journey {
    pub(super) fn of(messages: &[Message]) -> Self {
        let first = |name: &str, from: Lane, to: Lane| {
            let mut sent = messages.iter().filter(|message| message.from == from && message.to == to);
            sent.find_map(|message| message.value(name)).map(String::from)
        };
        Self {
            challenge: first("code_challenge", Lane::App, Lane::Browser),
            code: first("code", Lane::Browser, Lane::App),
        }
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
                div.body {
                    h3 { "Besides: " code { (message.line) } }
                    p.route { (message.from.name()) " → " (message.to.name()) }
                    (parameters(message, journey))
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
        li.step.inside[step.is_inside()].has-challenge[has("challenge") || number == 3].has-code[has("code") || number == 14] {
            (lanes(step.from, step.to))
            div.body {
                h3 { span.number { (number + 1) } " " (capital(step.label)) }
                p.route {
                    @if step.is_inside() { "Inside " (step.from.name()) } @else { (step.from.name()) " → " (step.to.name()) }
                }
                p { (remark(number)) }
                @for message in messages {
                    p.line { code { (message.line) } }
                    (parameters(message, journey))
                }
                (aside(number, messages, trace, stand_in))
            }
        }
    }
}

/// What a step shows besides its messages.
fn aside(number: usize, messages: &[Message], trace: &Trace, stand_in: bool) -> Markup {
    let refused = match word(trace) {
        Some(Note::Refused(code, meaning)) => Some((*code, meaning.as_str())),
        _ => None,
    };
    match number {
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
        _ if !stand_in => "these happen between the browser and your tenant; this page keeps nothing of them",
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
            div.body {
                p {
                    @if first == last { "Step " (first + 1) } @else { "Steps " (first + 1) " to " (last + 1) }
                    ": " (why) "."
                }
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

fn parameters(message: &Message, journey: &Journey) -> Markup {
    html! {
        @if !message.parameters.is_empty() {
            ul.parameters {
                @for (name, value) in &message.parameters {
                    li class=[journey.class(name, value, message.from == Lane::App)] { (parameter(name, value)) }
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
                summary { span aria-hidden="true" { "••••••••" } " " span.reveal { "reveal" span.hidden { " " (name) } } }
                code { (value) }
            }
        } @else { code.value { (value) } }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
