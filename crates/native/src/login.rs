use std::error::Error;
use std::fmt;

use proofkey::token::{BlockingTransport, Transport};
use proofkey::{Identity, Login, LoginError, LoginRequest};

use crate::{NativeLoginError, Opened, Receiver, open_browser};

/// The login of a program on the user's machine, from the browser to the validated identity (RFC 8252).
///
/// The order matters: the receiver is bound first, so that the port belongs to the program before anyone knows it; then
/// the request is made; then the browser opens.
pub struct NativeLogin<'a> {
    login: &'a Login,
    receiver: Receiver,
    request: LoginRequest<'a>,
    open: Box<Open<'a>>,
    announce: Box<Announce<'a>>,
}

type Open<'a> = dyn FnOnce(&str) -> Opened + Send + 'a;
type Announce<'a> = dyn FnOnce(&str, &Opened) + Send + 'a;

impl<'a> NativeLogin<'a> {
    /// Prepares a login whose callback arrives at `receiver`. The redirect URI of `login` is that of the receiver.
    pub fn new(login: &'a Login, receiver: Receiver) -> Self {
        Self {
            login,
            receiver,
            request: login.request(),
            open: Box::new(open_browser),
            announce: Box::new(|url, opened| eprintln!("{opened}\n\n  {url}\n")),
        }
    }

    /// Sets what is asked for: the scope and whatever else [`Login::request`] offers.
    #[must_use]
    pub fn request(mut self, request: LoginRequest<'a>) -> Self {
        self.request = request;
        self
    }

    /// Sets how the browser opens. [`open_browser`] unless set.
    #[must_use]
    pub fn open(mut self, open: impl FnOnce(&str) -> Opened + Send + 'a) -> Self {
        self.open = Box::new(open);
        self
    }

    /// Sets how the user learns the URL, which must always be possible: the browser may not open, or may open in
    /// another profile. Printed to standard error unless set. The URL holds `state`, so it does not belong in a log.
    #[must_use]
    pub fn announce(mut self, announce: impl FnOnce(&str, &Opened) + Send + 'a) -> Self {
        self.announce = Box::new(announce);
        self
    }

    /// Signs the user in. The browser then shows whether that worked, and the port is free.
    ///
    /// If the future is dropped, the port is free at once.
    ///
    /// # Errors
    ///
    /// [`NativeLoginError::TimedOut`], or [`NativeLoginError::Login`] for a step that failed.
    pub async fn run(self, http: &impl Transport) -> Result<Identity, NativeLoginError> {
        let (url, pending) = self.request.start(http).await?.into_parts();
        (self.announce)(&url, &(self.open)(&url));
        let callback = self.receiver.callback(&pending).await?;
        let identity = match self.login.receive(pending, callback) {
            Ok(grant) => self.login.finish(http, grant).await,
            Err(error) => Err(error),
        };
        self.receiver.close(outcome(&identity)).await;
        Ok(identity?)
    }

    /// [`run`](Self::run) with a blocking transport, without an executor.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_blocking(self, http: &impl BlockingTransport) -> Result<Identity, NativeLoginError> {
        let (url, pending) = self.request.start_blocking(http)?.into_parts();
        (self.announce)(&url, &(self.open)(&url));
        let callback = self.receiver.callback_blocking(&pending)?;
        let identity = self.login.receive(pending, callback).and_then(|grant| self.login.finish_blocking(http, grant));
        self.receiver.close_blocking(outcome(&identity));
        Ok(identity?)
    }
}

impl fmt::Debug for NativeLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeLogin")
            .field("login", &self.login)
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}

/// What the closing page tells.
fn outcome(identity: &Result<Identity, LoginError>) -> Result<(), &(dyn Error + Sync)> {
    identity.as_ref().map(drop).map_err(|error| error as _)
}
