//! The authorization of an MCP client, against servers that keep to the specifications and servers that do not.
#![allow(clippy::unwrap_used, missing_docs, unused_must_use)]

#[cfg(feature = "native")]
#[path = "mcp/agent.rs"]
mod agent;
#[path = "mcp/desk.rs"]
mod desk;
#[path = "mcp/discovery.rs"]
mod discovery;
#[path = "mcp/registration.rs"]
mod registration;
#[path = "mcp/session.rs"]
mod session;
#[path = "mcp/stored.rs"]
mod stored;
#[path = "mcp/tokens.rs"]
mod tokens;
