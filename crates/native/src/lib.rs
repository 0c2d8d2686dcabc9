#![doc = include_str!("../README.md")]

mod announcement;
mod browser;
mod credentials;
mod error;
mod host;
mod listeners;
mod login;
mod page;
mod receiver;
mod request;
mod serve;
mod session;
mod shared;
mod store;

pub use announcement::Announcement;
pub use browser::{Opened, open_browser, open_browser_without};
pub use credentials::Credentials;
pub use error::{BindError, NativeLoginError};
pub use host::LoopbackHost;
pub use login::NativeLogin;
pub use page::Pages;
pub use receiver::{CallbackHandle, Receiver, ReceiverBuilder};
pub use session::{BlockingSession, Requests, Session, SessionClient, SessionError, SessionStatus, SignedOut};
pub use store::{EndReason, MemoryStore, Record, Revision, StoreError, StoreKey, StoreLock, TokenStore};
#[cfg(feature = "file")]
pub use store::{FileStore, Keyring, KeyringError, KeyringStore};
