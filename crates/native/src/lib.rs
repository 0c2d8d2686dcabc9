#![doc = include_str!("../README.md")]

mod announcement;
mod browser;
mod error;
mod host;
mod listeners;
mod login;
mod page;
mod receiver;
mod request;
mod serve;
mod shared;

pub use announcement::Announcement;
pub use browser::{Opened, open_browser};
pub use error::{BindError, NativeLoginError};
pub use host::LoopbackHost;
pub use login::NativeLogin;
pub use page::Pages;
pub use receiver::{CallbackHandle, Receiver, ReceiverBuilder};
