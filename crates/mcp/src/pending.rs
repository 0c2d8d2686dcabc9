//! An authorization that waits for its callback.

use std::fmt;
use std::time::SystemTime;

use proofkey::authorize::{AuthorizationServer, CallbackError, Pending, Scope};

use crate::registration::Registration;
use crate::server::McpServer;

/// An authorization that waits for its callback, created by
/// [`McpClient::authorization`](crate::McpClient::authorization) and consumed by
/// [`McpClient::finish`](crate::McpClient::finish).
///
/// It holds `state` and the PKCE verifier, the issuer of the validated metadata, the MCP server and its resource, and
/// the client's registration. A hosted client stores it ([`to_json`](Self::to_json)) in the session of the browser that
/// it redirects.
pub struct PendingAuthorization {
    pub(crate) pending: Pending,
    pub(crate) server: McpServer,
    pub(crate) resource: String,
    pub(crate) scope: Option<Scope>,
    pub(crate) registration: Registration,
    pub(crate) refusals: u32,
    /// `None` after it was stored.
    pub(crate) metadata: Option<Box<AuthorizationServer>>,
}

impl PendingAuthorization {
    /// Returns the MCP server.
    #[must_use]
    pub fn server(&self) -> &McpServer {
        &self.server
    }

    /// Returns the requested scope.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Returns the client's registration. Store a [dynamic](Registration::is_dynamic) one now: it exists whether or not
    /// this authorization succeeds.
    #[must_use]
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Returns the pending login, which a loopback receiver compares callbacks with.
    pub fn pending(&self) -> &Pending {
        &self.pending
    }

    /// Checks whether a callback belongs to this authorization, and does not consume it: see [`Pending::check`].
    ///
    /// # Errors
    ///
    /// [`CallbackError`] for the first check that fails.
    pub fn check(&self, callback: &str, now: SystemTime) -> Result<(), CallbackError> {
        self.pending.check(callback, now)
    }
}

impl fmt::Debug for PendingAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAuthorization")
            .field("server", &self.server)
            .field("resource", &self.resource)
            .field("registration", &self.registration)
            .finish_non_exhaustive()
    }
}
