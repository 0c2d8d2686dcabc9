//! Every probe: what is changed, what the server must do, and how to fix one that does not.

mod authorization;
mod client;
mod code;
mod issuer;
mod page;
mod pkce;
mod push;
mod redirect_uri;
mod token;

use super::bench::Bench;
use super::stop::Stop;
use crate::case::Level;

/// One probe: a control that must succeed, and one change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    /// `ROW/what-is-changed`.
    pub(crate) id: &'static str,
    /// The requirement rows, the first one first.
    pub(crate) rows: &'static [&'static str],
    pub(crate) level: Level,
    /// What part of the server it is about.
    pub(crate) group: &'static str,
    /// What is changed.
    pub(crate) about: &'static str,
    /// What the server must do.
    pub(crate) expected: &'static str,
    /// How to fix a server that does not.
    pub(crate) advice: &'static str,
    /// The defects of the self-test that it must find.
    pub(crate) defects: &'static [&'static str],
    pub(crate) run: fn(&mut Bench<'_>) -> Result<(), Stop>,
}

/// The probes, in the order in which they run.
pub(crate) fn all() -> Vec<Probe> {
    [
        pkce::PROBES,
        authorization::PROBES,
        redirect_uri::PROBES,
        code::PROBES,
        client::PROBES,
        token::PROBES,
        issuer::PROBES,
        page::PROBES,
        push::PROBES,
    ]
    .concat()
}

/// How to fix a server that fails the probe of this name.
pub(crate) fn advice(id: &str) -> Option<&'static str> {
    all().iter().find(|probe| probe.id == id).map(|probe| probe.advice)
}
