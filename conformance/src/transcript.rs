//! What happened in a case: the answers of the subject, the log of the wire, and why there may be nothing to judge.

use std::collections::BTreeMap;

use proofkey_authority::{Leak, Wire};
use serde_json::Value;

use crate::subject::Spoken;
use crate::timings::Timings;

/// How callbacks reach the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As messages on its standard input.
    Stdin,
    /// By HTTP, at its own loopback redirect URI.
    Http,
}

/// An answer of the subject about one login.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The login.
    pub flow: String,
    /// The complete message.
    pub message: Value,
}

impl Answer {
    /// Returns whether it reports a success.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.message["ok"] == true
    }

    /// Returns the class of a refusal.
    #[must_use]
    pub fn class(&self) -> &str {
        self.message["class"].as_str().unwrap_or_default()
    }

    /// Puts the class of the protocol in the place of the subject's own name of an error, which stays as `own_class`.
    pub(crate) fn translate(&mut self, errors: &BTreeMap<String, String>) {
        if let Some(class) = errors.get(self.class()) {
            self.message["own_class"] = self.class().into();
            self.message["class"] = class.as_str().into();
        }
    }
}

/// The reason why a case cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The subject does not claim what the case needs.
    NotClaimed(String),
    /// The subject exited with code 89.
    Unimplemented,
    /// The subject exited with another code, by a signal, or before it answered.
    Crash(String),
    /// The subject began another login where a result was expected.
    BeganAgain,
    /// The subject did not answer in time.
    Silence,
    /// The subject sent something that is not in the protocol.
    Unknown(String),
    /// The subject sent the browser to an address that cannot be opened.
    Nowhere(String),
    /// The shim used a word that is not in the protocol, or answered another message than it received.
    Shim(String),
    /// The suite itself failed.
    Setup(String),
}

/// What happened in a case.
#[derive(Debug)]
pub struct Transcript {
    /// The log of all requests.
    pub wire: Wire,
    /// The answers of the subject, in order.
    pub answers: Vec<Answer>,
    /// The reason why the case cannot be judged, if there is one.
    pub trouble: Option<Trouble>,
    /// Everything that the subject wrote to standard output and standard error.
    pub said: String,
    /// The part that it wrote to standard error.
    pub stderr: String,
    /// The first secret in the output, if there is one.
    pub leak: Option<Leak>,
    /// Every message to the subject, line by line.
    pub told: String,
    /// The messages to the subject and its answers on standard output, in order.
    pub spoken: Vec<Spoken>,
    /// The name, version and language that the subject states.
    pub subject: Value,
    /// The switches that the reference client queried. No other switch could have changed anything.
    pub asked: Vec<&'static str>,
    /// The time by part.
    pub timings: Timings,
}

impl Transcript {
    /// Nothing has happened yet, and `wire` will tell of it.
    pub(crate) fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            answers: Vec::new(),
            trouble: None,
            said: String::new(),
            stderr: String::new(),
            leak: None,
            told: String::new(),
            spoken: Vec::new(),
            subject: Value::Null,
            asked: Vec::new(),
            timings: Timings::default(),
        }
    }

    /// Returns the parameters of the first authorization request, in order.
    #[must_use]
    pub fn request(&self) -> Vec<(String, String)> {
        self.wire.authorization_requests().into_iter().next().map(|request| request.query).unwrap_or_default()
    }
}
