#![doc = include_str!("../README.md")]

mod address;
mod begin;
mod client;
mod client_id_url;
mod demand;
mod error;
mod finish;
mod json;
#[cfg(feature = "native")]
mod native;
mod pause;
mod pending;
mod refresh;
mod register;
mod registration;
mod resource_metadata;
mod search;
mod server;
mod session;
mod stored;

pub use address::{AddressError, AddressPolicy};
pub use begin::{Authorization, BeginSteps, StartedAuthorization};
pub use client::McpClient;
pub use client_id_url::{ClientIdUrl, ClientIdUrlError};
pub use demand::Demand;
pub use error::{Denial, DocumentError, McpError, RegistrationError, ResourceMetadataError, Stage, Tried};
pub use finish::FinishSteps;
#[cfg(feature = "native")]
pub use native::NativeAuthorization;
pub use pending::PendingAuthorization;
pub use refresh::RefreshSteps;
pub use register::RegistrationRequest;
pub use registration::Registration;
pub use resource_metadata::ResourceMetadata;
pub use server::McpServer;
pub use session::{Next, Session};
pub use stored::StoredAccessError;
