//! The demo, as a person sees it.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "demo/attacks.rs"]
mod attacks;
// What stops each attack is the same with a browser and without.
#[path = "../../demo/tests/demo/checks.rs"]
mod checks;
#[path = "demo/login.rs"]
mod login;
#[path = "demo/looks.rs"]
mod looks;
#[path = "demo/person.rs"]
mod person;
