//! Judges an authorization server by one changed request per probe.
//!
//! A probe is a control that must succeed and one change that must be refused in the stated way. A refusal counts only
//! if its control succeeded. `PROBING.md` explains how to use it.

mod bench;
mod browser;
mod catalogue;
mod command;
mod config;
mod defects;
mod form;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod hostile;
mod http;
mod looks;
mod pairs;
mod reach;
mod run;
mod self_test;
mod show;
mod stop;
mod target;

pub(crate) use self::catalogue::{advice, all};
pub(crate) use self::command::{listed, main};
pub use self::self_test::{SelfTest, self_test};
pub(crate) use self::show::shown;
