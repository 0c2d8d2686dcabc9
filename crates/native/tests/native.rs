//! The receiver and the login, against browsers, an authorization server and whoever else finds the port.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "native/api.rs"]
mod api;
#[path = "native/browser.rs"]
mod browser;
#[path = "native/issuer.rs"]
mod issuer;
#[cfg(all(unix, feature = "file"))]
#[path = "native/keyring.rs"]
mod keyring;
#[path = "native/login.rs"]
mod login;
#[cfg(all(unix, feature = "file"))]
#[path = "native/processes.rs"]
mod processes;
#[path = "native/receiver.rs"]
mod receiver;
#[path = "native/session.rs"]
mod session;
#[cfg(all(unix, feature = "file"))]
#[path = "native/store.rs"]
mod store;
#[path = "native/tasks.rs"]
mod tasks;
#[path = "native/users.rs"]
mod users;
