//! One binary, since to link one takes longer than to run it.
#![allow(clippy::unwrap_used, missing_docs)]

mod callback;
mod compat;
mod discovery;
mod edits;
mod logout;
mod push;
mod request;
mod round_trip;
mod secrets;
mod stored;
mod total;
mod words;
