//! The program, as its users run it, against an authorization server that is honest until it is told to lie.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod book;
mod credentials;
mod device;
mod errors;
mod home;

mod login;
mod logout;
mod profiles;
mod token;
