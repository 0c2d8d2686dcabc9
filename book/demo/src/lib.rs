#![doc = include_str!("../README.md")]

mod app;
mod assets;
mod attack_page;
mod careless;
mod cookie;
mod demo;
mod fence;
mod layout;
mod live;
mod note;
mod play;
mod settings;
mod start_error;
mod watch;

pub use demo::Demo;
pub use settings::{Settings, Tenant};
pub use start_error::StartError;
