#![doc = include_str!("../README.md")]

pub use defects::{DEFECTS, Defect, Defects, UnknownDefect};
pub use session::{Ended, serve};

mod authorize;
mod base64url;
mod callback;
mod claims;
mod client;
mod client_auth;
mod config;
mod context;
mod defects;
mod device;
mod discovery;
mod endpoint;
mod failure;
mod foolish_keys;
mod form;
mod http;
mod id_token;
mod json;
mod jwt;
mod keys;
mod listener;
mod logout;
mod machine;
mod provider;
mod push;
mod random;
mod refresh;
mod revoke;
mod session;
mod signature;
mod token;
mod token_response;
mod userinfo;
