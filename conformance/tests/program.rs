//! The program: its subcommands, what a client's author is told, and that nothing is left behind.
#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(unix)]

mod program {
    mod api;
    mod contained;
    mod junit;
    mod reports;
    mod serve;
    mod shims;
    pub(crate) mod support;
}
