use std::fmt;

use proofkey::token::{BlockingTransport, Transport};
use proofkey::{Identity, Login, LoginRequest};

use crate::{Announcement, NativeLoginError, Opened, Receiver, open_browser};

/// The login of a program on the user's machine, from the browser to the validated identity (RFC 8252), by OpenID
/// Connect. Plain OAuth has no identity: see [`Receiver`].
///
/// The order matters: the receiver is bound first, so that no other program can take the port; then the request is
/// built; then the browser opens.
pub struct NativeLogin<'a> {
    login: &'a Login,
    receiver: Receiver,
    request: LoginRequest<'a>,
    open: Box<Open<'a>>,
    announce: Box<Announce<'a>>,
}

type Open<'a> = dyn FnOnce(&str) -> Opened + Send + 'a;
type Announce<'a> = dyn FnOnce(&Announcement<'_>) + Send + 'a;

impl<'a> NativeLogin<'a> {
    /// Prepares a login whose callback arrives at `receiver`. The redirect URI of `login` is that of the receiver, or
    /// one with a private-use scheme, whose callbacks arrive through [`Receiver::handle`].
    pub fn new(login: &'a Login, receiver: Receiver) -> Self {
        Self {
            login,
            receiver,
            request: login.request(),
            open: Box::new(open_browser),
            announce: Box::new(|announcement| eprintln!("{announcement}")),
        }
    }

    /// Sets the authorization request: the scope, and the other parameters that [`Login::request`] offers.
    #[must_use]
    pub fn request(mut self, request: LoginRequest<'a>) -> Self {
        self.request = request;
        self
    }

    /// Sets how the browser opens, without waiting for it. The default is [`open_browser`].
    #[must_use]
    pub fn open(mut self, open: impl FnOnce(&str) -> Opened + Send + 'a) -> Self {
        self.open = Box::new(open);
        self
    }

    /// Sets how the URL is shown to the user. Always show it: the browser may not open, or may open in another
    /// profile. By default it is printed to standard error.
    #[must_use]
    pub fn announce(mut self, announce: impl FnOnce(&Announcement<'_>) + Send + 'a) -> Self {
        self.announce = Box::new(announce);
        self
    }

    /// Signs the user in, shows the outcome in the browser, and releases the port. Dropping the future releases the
    /// port at once.
    ///
    /// # Errors
    ///
    /// [`NativeLoginError::RedirectUri`] if the login does not return to the receiver, before the browser opens;
    /// [`NativeLoginError::TimedOut`]; or [`NativeLoginError::Login`] for a step that failed.
    pub async fn run(self, http: &impl Transport) -> Result<Identity, NativeLoginError> {
        self.receiver.serves(self.login.redirect_uri())?;
        let (url, pending) = self.request.start(http).await?.into_parts();
        let (opened, port) = ((self.open)(&url), self.receiver.port());
        (self.announce)(&Announcement { url: &url, port, opened });
        let callback = self.receiver.callback(&pending).await?;
        let identity = match self.login.receive(pending, callback) {
            Ok(grant) => self.login.finish(http, grant).await,
            Err(error) => Err(error),
        };
        self.receiver.close(&identity).await;
        Ok(identity?)
    }

    /// [`run`](Self::run) with a blocking transport, without an executor.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_blocking(self, http: &impl BlockingTransport) -> Result<Identity, NativeLoginError> {
        self.receiver.serves(self.login.redirect_uri())?;
        let (url, pending) = self.request.start_blocking(http)?.into_parts();
        let (opened, port) = ((self.open)(&url), self.receiver.port());
        (self.announce)(&Announcement { url: &url, port, opened });
        let callback = self.receiver.callback_blocking(&pending)?;
        let identity = self.login.receive(pending, callback).and_then(|grant| self.login.finish_blocking(http, grant));
        self.receiver.close_blocking(&identity);
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
