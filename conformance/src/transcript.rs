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

/// What a subject said of one login.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which login.
    pub flow: String,
    /// The whole message.
    pub message: Value,
}

impl Answer {
    /// Whether it reports a success.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.message["ok"] == true
    }

    /// The class of a refusal.
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

/// Why a case came to no end that can be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The subject does not claim what the case needs.
    NotClaimed(String),
    /// It ended with exit code 89.
    Unimplemented,
    /// It ended with another code, or by a signal, or before it had answered.
    Crash(String),
    /// It began another login where a result was due.
    BeganAgain,
    /// It did not answer in time.
    Silence,
    /// It said what is not in the protocol.
    Unknown(String),
    /// It sent the browser to an address that cannot be opened.
    Nowhere(String),
    /// The shim used a word that the protocol does not have, or answered something else than was asked.
    Shim(String),
    /// The suite's own fault.
    Setup(String),
}

/// What happened in a case.
#[derive(Debug)]
pub struct Transcript {
    /// The log of all requests.
    pub wire: Wire,
    /// What the subject said of its logins, in order.
    pub answers: Vec<Answer>,
    /// Why there is nothing to judge, if so.
    pub trouble: Option<Trouble>,
    /// Everything that the subject wrote to standard output and standard error.
    pub said: String,
    /// What of it came on standard error.
    pub stderr: String,
    /// The first secret in it, if there is one.
    pub leak: Option<Leak>,
    /// Everything that it was told, line by line.
    pub told: String,
    /// What it was told and what it said on standard output, in order.
    pub spoken: Vec<Spoken>,
    /// The name and version it gave itself.
    pub subject: Value,
    /// The switches that the reference client looked at: one that is not among them could not have changed anything.
    pub asked: Vec<&'static str>,
    /// Where the time went.
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

    /// The parameters of the first authorization request, in order.
    #[must_use]
    pub fn request(&self) -> Vec<(String, String)> {
        self.wire.authorization_requests().into_iter().next().map(|request| request.query).unwrap_or_default()
    }
}
