//! The authorization of a program on the user's machine, in one call.

use std::fmt;

use proofkey::token::{BlockingTransport, Transport};
use proofkey_native::{NativeLoginError, Opened, Receiver, open_browser};

use crate::begin::{Authorization, StartedAuthorization};
use crate::error::McpError;
use crate::pending::PendingAuthorization;
use crate::session::Session;

/// The complete authorization of a program on the user's machine: from an MCP server's demand, through the user's
/// browser, to a session.
///
/// Bind the receiver first, and give the client its redirect URI: `client.with_redirect_uri(receiver.redirect_uri().clone())`.
pub struct NativeAuthorization<'a> {
    authorization: Authorization<'a>,
    receiver: Receiver,
    open: Box<Open<'a>>,
    announce: Box<Announce<'a>>,
}

type Open<'a> = dyn FnOnce(&str) -> Opened + Send + 'a;
type Announce<'a> = dyn FnOnce(&str, &Opened) + Send + 'a;

impl<'a> NativeAuthorization<'a> {
    /// Prepares an authorization whose callback arrives at `receiver`.
    pub fn new(authorization: Authorization<'a>, receiver: Receiver) -> Self {
        Self {
            authorization,
            receiver,
            open: Box::new(open_browser),
            announce: Box::new(|url, _| eprintln!("Open this page to give access:\n\n  {url}\n")),
        }
    }

    /// Sets how the browser opens, without waiting for it. The default is [`open_browser`].
    #[must_use]
    pub fn open(mut self, open: impl FnOnce(&str) -> Opened + Send + 'a) -> Self {
        self.open = Box::new(open);
        self
    }

    /// Sets how the URL is shown to the user, with whether the browser was opened. Always show it. By default it is
    /// printed to standard error.
    #[must_use]
    pub fn announce(mut self, announce: impl FnOnce(&str, &Opened) + Send + 'a) -> Self {
        self.announce = Box::new(announce);
        self
    }

    /// Sends the user to the browser, shows the outcome there, and releases the port.
    ///
    /// # Errors
    ///
    /// [`McpError::Native`] when no callback arrived in time, or when the client does not return to the receiver; the
    /// other [`McpError`]s for a step that failed.
    pub async fn run(self, http: &impl Transport) -> Result<Session, McpError> {
        self.check()?;
        let client = self.authorization.client();
        let started = self.authorization.run(http).await?;
        let pending = show(self.open, self.announce, started);
        let callback = self.receiver.callback(pending.pending()).await?;
        let session = client.finish(http, pending, callback).await;
        self.receiver.close(&session).await;
        session
    }

    /// [`run`](Self::run) with a blocking transport, without an executor.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_blocking(self, http: &impl BlockingTransport) -> Result<Session, McpError> {
        self.check()?;
        let client = self.authorization.client();
        let started = self.authorization.run_blocking(http)?;
        let pending = show(self.open, self.announce, started);
        let callback = self.receiver.callback_blocking(pending.pending())?;
        let session = client.finish_blocking(http, pending, callback);
        self.receiver.close_blocking(&session);
        session
    }

    /// A callback that goes elsewhere never arrives.
    fn check(&self) -> Result<(), NativeLoginError> {
        let (expected, found) = (self.receiver.redirect_uri(), self.authorization.client().redirect_uri());
        match expected == found {
            true => Ok(()),
            false => Err(NativeLoginError::RedirectUri { expected: expected.clone(), found: found.clone() }),
        }
    }
}

fn show(open: Box<Open<'_>>, announce: Box<Announce<'_>>, started: StartedAuthorization) -> PendingAuthorization {
    let (url, pending) = started.into_parts();
    let opened = open(&url);
    announce(&url, &opened);
    pending
}

impl fmt::Debug for NativeAuthorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeAuthorization")
            .field("authorization", &self.authorization)
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}
