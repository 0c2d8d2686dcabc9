#![doc = include_str!("../README.md")]

mod access;
mod backchannel;
mod begin;
mod callback;
mod cookie;
mod error;
mod failure;
mod guard;
mod introspection;
mod layer;
mod logout;
mod origin;
mod page;
mod patient;
mod pending;
mod provider;
mod return_to;
mod revoke;

mod seal;
mod session;
mod site;
mod store;
mod user;
mod web_login;

pub use access::AccessError;
pub use error::SetupError;
pub use guard::{Access, ApiGuard};
pub use introspection::Introspected;
pub use page::{Page, PageKind};
pub use provider::Provider;
pub use user::{RequireLogin, User};
pub use web_login::WebLogin;
