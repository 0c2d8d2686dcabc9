//! The handling of a request: the faults that were found, and those that are forgiven.

use crate::message::Incoming;
use crate::rule::Rule;
use crate::wire::Fault;

/// A rule that was broken and will not be forgiven.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) rule: Rule,
    pub(crate) detail: String,
}

/// What was noticed while a request was handled.
pub(crate) struct Visit<'a> {
    pub(crate) request: &'a Incoming,
    /// How many requests came to this endpoint before.
    pub(crate) number: usize,
    /// The thumbprint of the key that the client proved.
    pub(crate) key: Option<String>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) notes: Vec<String>,
    /// Whether a broken rule is forgiven.
    pub(crate) forgives: Box<dyn Fn(Rule) -> bool + 'a>,
    /// Whether a broken rule is the client's fault, and not the lie's.
    pub(crate) blames: Box<dyn Fn(Rule) -> bool + 'a>,
}

impl Visit<'_> {
    /// The client broke a rule: refused by a strict server, written down and forgiven by a witness.
    pub(crate) fn broken(&mut self, rule: Rule, detail: impl Into<String>) -> Result<(), Refusal> {
        let detail = detail.into();
        if (self.blames)(rule) {
            self.faults.push(Fault { rule, detail: detail.clone() });
        }
        if !rule.is_refused() || (self.forgives)(rule) { Ok(()) } else { Err(Refusal { rule, detail }) }
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The value of a parameter; sent without a value it counts as omitted (RFC 6749 section 3.1).
    /// Sent twice it breaks a rule.
    pub(crate) fn parameter(&mut self, pairs: &[(String, String)], name: &str) -> Result<Option<String>, Refusal> {
        let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let first = values.next().filter(|value| !value.is_empty()).cloned();
        if values.next().is_some() {
            self.broken(Rule::ParameterRepeated, format!("the parameter {name} is sent more than once"))?;
        }
        Ok(first)
    }
}
