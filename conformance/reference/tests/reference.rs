//! The reference client against an authority, from outside: over the protocol only.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "reference/binary.rs"]
mod binary;
#[path = "reference/drive.rs"]
mod drive;
#[path = "reference/further.rs"]
mod further;
#[path = "reference/honest.rs"]
mod honest;
#[path = "reference/identity.rs"]
mod identity;
#[path = "reference/listener.rs"]
mod listener;
#[path = "reference/overlooked.rs"]
mod overlooked;
#[path = "reference/overlooked_token.rs"]
mod overlooked_token;
#[path = "reference/porting.rs"]
mod porting;
#[path = "reference/requests.rs"]
mod requests;
#[path = "reference/several.rs"]
mod several;
#[path = "reference/sources.rs"]
mod sources;
#[path = "reference/tls.rs"]
mod tls;
