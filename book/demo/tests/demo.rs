//! The demo over HTTP, without a browser: everything that does not need one to be seen.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "demo/api.rs"]
mod api;
#[path = "demo/attacks.rs"]
mod attacks;
#[path = "demo/checks.rs"]
mod checks;
#[path = "demo/fence.rs"]
mod fence;
#[path = "demo/live.rs"]
mod live;
#[path = "demo/login.rs"]
mod login;
#[path = "demo/person.rs"]
mod person;
#[path = "demo/source.rs"]
mod source;
#[path = "demo/start.rs"]
mod start;
#[path = "demo/tenant.rs"]
mod tenant;
