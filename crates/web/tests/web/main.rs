//! The login of an application, with browsers that keep its cookies and an authorization server on loopback.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod attacks;
mod backchannel;
mod guard;
mod introspection;
mod login;
mod logout;
mod providers;
mod refresh;
mod setup;
mod store;
mod support;
