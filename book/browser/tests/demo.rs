//! The demo, as a person sees it.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "demo/attacks.rs"]
mod attacks;
#[path = "demo/login.rs"]
mod login;
#[path = "demo/looks.rs"]
mod looks;
#[path = "demo/person.rs"]
mod person;
