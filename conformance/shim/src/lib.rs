//! The adapter with which the conformance suite drives `proofkey`: a child process that speaks the shim protocol
//! (`conformance/PORTING.md`) and uses only the public API of the crate.

mod api;
mod client;
mod config;
mod listener;
mod session;
mod verdict;

pub use session::serve;

/// The README of the workspace, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
