//! One binary, since to link one takes longer than to run it.
#![allow(clippy::unwrap_used, missing_docs)]

mod edits;
mod every_error;
mod properties;
mod rfc7636;
